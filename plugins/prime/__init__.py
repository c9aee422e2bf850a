"""Importing what scripts take from the watch history of Prime Video."""

from collections.abc import Callable

from movietracker.pluginapi import Importer, hookimpl


@hookimpl
def register_importers(register: Callable[[Importer], None]) -> None:
    """Offer the importer."""
    from .importer import PrimeImporter  # commands that import nothing start without it

    register(PrimeImporter())
