"""Importing what Watcharr exports."""

from collections.abc import Callable

from movietracker.pluginapi import Importer, hookimpl


@hookimpl
def register_importers(register: Callable[[Importer], None]) -> None:
    """Offer the importer."""
    from .importer import WatcharrImporter  # commands that import nothing start without it

    register(WatcharrImporter())
