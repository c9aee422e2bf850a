"""Backups: the document of a library (``document/``), and the copies of it at destinations (``catalog/``)."""
