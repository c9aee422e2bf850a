"""Importing lists that people keep by hand."""

from collections.abc import Callable

from movietracker.pluginapi import Importer, hookimpl

from .importer import HandwrittenImporter


@hookimpl
def register_importers(register: Callable[[Importer], None]) -> None:
    """Offer the importer."""
    register(HandwrittenImporter())
