"""Proofs with real processes; each is a script that prints its figures, and a test runs its short form."""
