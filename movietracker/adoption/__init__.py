"""Adopting an installation of the original backend: its accounts with their libraries, from its SQLite file."""
