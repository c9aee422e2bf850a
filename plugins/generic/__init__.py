"""Importing tables and JSON of a documented form, and our own plain CSV files."""

from collections.abc import Callable

from movietracker.pluginapi import Importer, hookimpl


@hookimpl
def register_importers(register: Callable[[Importer], None]) -> None:
    """Offer the importers."""
    from .exported import ExportImporter
    from .importer import GenericImporter  # commands that import nothing start without it

    register(GenericImporter())
    register(ExportImporter())
