"""Importing what TV Time exported, and what programs saved of it."""

from collections.abc import Callable

from movietracker.pluginapi import Importer, hookimpl

from .importer import TVTimeImporter


@hookimpl
def register_importers(register: Callable[[Importer], None]) -> None:
    """Offer the importer."""
    register(TVTimeImporter())
