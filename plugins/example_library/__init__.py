"""An example library, for whoever wants to look around before they add a title of their own."""

from collections.abc import Callable

from movietracker.pluginapi import Importer, hookimpl


@hookimpl
def register_importers(register: Callable[[Importer], None]) -> None:
    """Offer the importer."""
    from .importer import ExampleImporter  # commands that import nothing start without it

    register(ExampleImporter())
