"""The REST API: one blueprint per file."""
