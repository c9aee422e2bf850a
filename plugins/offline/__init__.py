"""The built-in plugin ``offline``: metadata without keys and without a network.

It searches an SQLite index of files in the format of IMDb's public datasets: the deployer's own
(``movietracker catalogue load FOLDER``), or the small sample in ``sample/``, which adds plots.
"""

from collections.abc import Callable

import click

from movietracker.pluginapi import MetadataProvider, PluginContext, hookimpl

from .commands import catalogue
from .provider import OfflineProvider


@hookimpl
def register_metadata_providers(register: Callable[[MetadataProvider], None], context: PluginContext) -> None:
    """Register the provider, which opens its index on first use."""
    register(OfflineProvider(context.instance_path))


@hookimpl
def register_commands(cli: click.Group) -> None:
    """Add ``movietracker catalogue``."""
    cli.add_command(catalogue)
