"""Importing what IMDb exports."""

from collections.abc import Callable

from movietracker.pluginapi import Importer, hookimpl

from .importer import ImdbImporter


@hookimpl
def register_importers(register: Callable[[Importer], None]) -> None:
    """Offer the importer."""
    register(ImdbImporter())
