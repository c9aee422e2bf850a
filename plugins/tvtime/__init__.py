"""Importing what TV Time exported, and what programs saved of it."""

from collections.abc import Callable

from movietracker.pluginapi import Importer, hookimpl


@hookimpl
def register_importers(register: Callable[[Importer], None]) -> None:
    """Offer the importer."""
    from .importer import TVTimeImporter  # commands that import nothing start without it

    register(TVTimeImporter())
