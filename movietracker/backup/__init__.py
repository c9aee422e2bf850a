"""Backups: the document, where it goes, and the proof that it restores."""
