"""Importing what iCheckMovies exports."""

from collections.abc import Callable

from movietracker.pluginapi import Importer, hookimpl

from .importer import ICheckMoviesImporter


@hookimpl
def register_importers(register: Callable[[Importer], None]) -> None:
    """Offer the importer."""
    register(ICheckMoviesImporter())
