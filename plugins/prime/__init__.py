"""Importing what scripts take from the watch history of Prime Video."""

from collections.abc import Callable

from movietracker.pluginapi import Importer, hookimpl

from .importer import PrimeImporter


@hookimpl
def register_importers(register: Callable[[Importer], None]) -> None:
    """Offer the importer."""
    register(PrimeImporter())
