"""Importing what Letterboxd exports."""

from collections.abc import Callable

from movietracker.pluginapi import Importer, hookimpl


@hookimpl
def register_importers(register: Callable[[Importer], None]) -> None:
    """Offer the importer."""
    from .importer import LetterboxdImporter  # commands that import nothing start without it

    register(LetterboxdImporter())
