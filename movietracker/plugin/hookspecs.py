"""The hooks that plugins may implement: one function and one sentence each."""

from collections.abc import Callable
from pathlib import Path

import click
import flask
import pluggy

from ..setting_types import Setting
from .context import PluginContext
from .destinations import BackupDestination
from .events import LibraryChanged
from .importers import Importer
from .providers import MetadataProvider

hookspec = pluggy.HookspecMarker("movietracker")


@hookspec
def register_settings(register: Callable[[Setting], None]) -> None:
    """Declare the settings that the plugin reads from its context."""


@hookspec
def register_metadata_providers(register: Callable[[MetadataProvider], None], context: PluginContext) -> None:
    """Register metadata providers; METADATA_PROVIDERS selects and orders them."""


@hookspec
def register_backup_destinations(register: Callable[[BackupDestination], None], context: PluginContext) -> None:
    """Register backup destinations; BACKUP_DESTINATIONS selects and orders them."""


@hookspec
def register_importers(register: Callable[[Importer], None], context: PluginContext) -> None:
    """Register importers of other trackers' files."""


@hookspec
def register_commands(cli: click.Group) -> None:
    """Add commands or groups to the ``movietracker`` command line."""


@hookspec
def register_blueprints(register: Callable[[flask.Blueprint], None], context: PluginContext) -> None:
    """Add Flask blueprints to the application."""


@hookspec
def register_web_clients(register: Callable[[Path], None]) -> None:
    """Register the folder of a built single-page client, which is served at / unless WEB_ROOT is set."""


@hookspec
def library_changed(event: LibraryChanged) -> None:
    """Receive a committed change of a user's library; exceptions are logged and have no other effect."""
