"""Importing our own document and those of the original backend, and the table of its script."""

from collections.abc import Callable

from movietracker.pluginapi import Importer, hookimpl


@hookimpl
def register_importers(register: Callable[[Importer], None]) -> None:
    """Offer the importer."""
    from .importer import OriginalImporter  # commands that import nothing start without it

    register(OriginalImporter())
