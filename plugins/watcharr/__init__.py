"""Importing what Watcharr exports."""

from collections.abc import Callable

from movietracker.pluginapi import Importer, hookimpl

from .importer import WatcharrImporter


@hookimpl
def register_importers(register: Callable[[Importer], None]) -> None:
    """Offer the importer."""
    register(WatcharrImporter())
