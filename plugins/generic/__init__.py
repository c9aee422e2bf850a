"""Importing tables and JSON of a documented form."""

from collections.abc import Callable

from movietracker.pluginapi import Importer, hookimpl

from .importer import GenericImporter


@hookimpl
def register_importers(register: Callable[[Importer], None]) -> None:
    """Offer the importer."""
    register(GenericImporter())
