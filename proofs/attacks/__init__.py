"""Attacks on a running server, each with the bound on what it may cost."""
