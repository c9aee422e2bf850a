"""Importing what Simkl exports."""

from collections.abc import Callable

from movietracker.pluginapi import Importer, hookimpl

from .importer import SimklImporter


@hookimpl
def register_importers(register: Callable[[Importer], None]) -> None:
    """Offer the importer."""
    register(SimklImporter())
