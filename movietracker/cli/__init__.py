"""The command line. ``movietracker X`` and ``flask --app movietracker X`` are the same commands.

A new command is a line in COMMANDS; plugins add theirs through ``register_commands``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

import click
from flask import Flask
from flask.cli import AppGroup, FlaskGroup

from .._version import __version__
from ..errors import PluginError, Problem, SettingsError
from ..plugin_manager import PluginManager, load_plugins
from ..settings import CORE_SETTINGS, SettingsSource
from .lazy import LazyCommand, make_app

COMMANDS = (
    LazyCommand("serve", "movietracker.cli.serve:serve", "Prepare the instance and serve the API until it is stopped."),
    LazyCommand("users", "movietracker.cli.users:users", "Create, list and change accounts."),
    LazyCommand(
        "plugins", "movietracker.cli.plugins:plugins", "Show the plugins, metadata providers and backup destinations."
    ),
    LazyCommand("db", "movietracker.cli.db:db", "Migrate the database, or move it."),
    LazyCommand("backup", "movietracker.cli.backup:backup", "Make, list, check, restore and remove backups."),
    LazyCommand(
        "enrich", "movietracker.cli.enrich:enrich_command", "Look up titles that are stored without details, now."
    ),
    LazyCommand(
        "doctor", "movietracker.cli.doctor:doctor", "Check settings, keys, database and folders, and say what to mend."
    ),
)


def init_app(app: Flask, plugins: PluginManager) -> None:
    """Add our commands and those of the plugins; raises PluginError for a name that is taken."""
    for command in (*COMMANDS, *_commands_of(plugins).values()):
        app.cli.add_command(command)


def main() -> None:
    """Run the ``movietracker`` command line."""
    os.umask(0o077)  # what is written is a household's data and secrets
    try:
        _Program().main(prog_name="movietracker")
    except (SettingsError, PluginError, Problem) as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)


class _Program(FlaskGroup):
    """Flask's own group, bound to our application, which it need not make to list the commands."""

    def __init__(self) -> None:
        version = click.version_option(__version__, prog_name="movietracker")
        super().__init__(
            create_app=make_app,
            add_version_option=False,
            load_dotenv=False,  # settings.py reads .env, and says so when something in it is wrong
            help="Who told me to watch this, and should I trust them?",
        )
        version(self)
        self.params = [option for option in self.params if option.name not in ("app", "debug")]
        for command in COMMANDS:
            self.add_command(command)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, those of plugins too."""
        return sorted(self._listed())

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of commands."""
        rows = [(name, command.get_short_help_str(limit=80)) for name, command in sorted(self._listed().items())]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def _listed(self) -> Mapping[str, click.Command]:
        try:
            source = SettingsSource()
            plugins = load_plugins(source.read(CORE_SETTINGS), source.instance_path)
            return {**self.commands, **_commands_of(plugins)}
        except (SettingsError, PluginError) as error:
            click.echo(f"Error: {error}\n", err=True)  # help is there all the same
            return self.commands


class _PluginCommands(AppGroup):
    """Collects the commands of plugins; each name is given once."""

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Take a command, whose name must be new."""
        name = name or cmd.name
        if name in self.commands or name in {command.name for command in COMMANDS}:
            raise ValueError(f"there is a command named {name} already")
        super().add_command(cmd, name)


def _commands_of(plugins: PluginManager) -> Mapping[str, click.Command]:
    collected = _PluginCommands("plugins")
    plugins.register_commands(collected)
    return collected.commands
