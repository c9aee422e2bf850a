"""Base classes of tests that every implementation of a protocol inherits."""
