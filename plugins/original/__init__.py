"""Importing documents of the original backend, and the table of its script."""

from collections.abc import Callable

from movietracker.pluginapi import Importer, hookimpl

from .importer import OriginalImporter


@hookimpl
def register_importers(register: Callable[[Importer], None]) -> None:
    """Offer the importer."""
    register(OriginalImporter())
