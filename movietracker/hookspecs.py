"""The hooks that plugins may implement: one function and one sentence each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    import click
    import flask

    from .contracts import BackupDestination, MetadataProvider
    from .events import LibraryChanged
    from .plugin_context import PluginContext
    from .settings import Setting

hookspec = pluggy.HookspecMarker("movietracker")


@hookspec
def register_settings(register: Callable[[Setting], None]) -> None:
    """Declare the settings that the plugin reads from its context."""


@hookspec
def register_metadata_providers(register: Callable[[MetadataProvider], None], context: PluginContext) -> None:
    """Offer metadata providers; METADATA_PROVIDERS chooses among them and orders them."""


@hookspec
def register_backup_destinations(register: Callable[[BackupDestination], None], context: PluginContext) -> None:
    """Offer backup destinations; BACKUP_DESTINATIONS chooses among them and orders them."""


@hookspec
def register_commands(cli: click.Group) -> None:
    """Add commands or groups to the ``movietracker`` command line."""


@hookspec
def register_blueprints(register: Callable[[flask.Blueprint], None], context: PluginContext) -> None:
    """Add Flask blueprints to the application."""


@hookspec
def library_changed(event: LibraryChanged) -> None:
    """Hear of a committed change of a user's library; exceptions are logged and change nothing."""
