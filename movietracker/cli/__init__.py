"""The command line. ``movietracker X`` and ``flask --app movietracker X`` are the same commands.

A new command is a line in COMMANDS; plugins add theirs through ``register_commands``.
"""

import os
import sys
from collections.abc import Mapping
from typing import Any, cast

import click
from flask import Flask
from flask.cli import AppGroup, FlaskGroup
from werkzeug.utils import import_string

from .._version import __version__
from ..errors import PluginError, Problem, SettingsError
from ..plugin.manager import PluginManager, load_plugins
from ..settings import CORE_SETTINGS
from ..settings_source import SettingsSource


class LazyCommand(click.Command):
    """A placeholder for the command or group at ``target`` (``module:name``); help shows ``summary``.

    It is imported when it is called, so that ``movietracker --help`` starts quickly.
    """

    def __init__(self, name: str, target: str, summary: str) -> None:
        super().__init__(name, help=summary)
        self.target = target

    def load(self) -> click.Command:
        """Import the command."""
        return cast(click.Command, import_string(self.target))

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Return the context of the imported command, so that it runs instead of this one."""
        return self.load().make_context(info_name, args, parent, **extra)


COMMANDS = (
    LazyCommand("serve", "movietracker.cli.serve:serve", "Prepare the instance and serve the API until it is stopped."),
    LazyCommand("users", "movietracker.cli.users:users", "Create, list and change accounts."),
    LazyCommand(
        "plugins", "movietracker.cli.plugins:plugins", "Show the plugins, metadata providers and backup destinations."
    ),
    LazyCommand("db", "movietracker.cli.db:db", "Migrate the database, or move it."),
    LazyCommand("backup", "movietracker.cli.backup:backup", "Create, list, verify, restore and remove backups."),
    LazyCommand("adopt", "movietracker.cli.adopt:adopt_command", "Bring in an installation of the original backend."),
    LazyCommand("enrich", "movietracker.cli.enrich:enrich_command", "Fetch missing details of stored titles now."),
    LazyCommand(
        "import",
        "movietracker.cli.importing:import_command",
        "Bring in the files of another tracker, or take them back.",
    ),
    LazyCommand("export", "movietracker.cli.export:export", "Write a user's library for other programs."),
    LazyCommand("stats", "movietracker.cli.stats:stats", "Show what a user's library says in figures."),
    LazyCommand("trust", "movietracker.cli.trust:trust_command", "Show how right each recommender of a user was."),
    LazyCommand("queue", "movietracker.cli.trust:queue_command", "Show what a user should watch next, and why."),
    LazyCommand(
        "doctor", "movietracker.cli.doctor:doctor", "Check settings, keys, database and folders, and say what to fix."
    ),
)


def init_app(app: Flask, plugins: PluginManager) -> None:
    """Add our commands and those of the plugins; raises PluginError for a duplicate name."""
    for command in (*COMMANDS, *_commands_of(plugins).values()):
        app.cli.add_command(command)


def make_app() -> Flask:
    """Create an application; imported by name, because the factory imports the command line."""
    return cast(Flask, import_string("movietracker:create_app")())


def main() -> None:
    """Run the ``movietracker`` command line."""
    os.umask(0o077)  # files contain personal data and secrets
    try:
        _Program().main(prog_name="movietracker")
    except (SettingsError, PluginError, Problem) as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)


class _Program(FlaskGroup):
    """Flask's group, bound to our application; it lists the commands without creating the application."""

    def __init__(self) -> None:
        version = click.version_option(__version__, prog_name="movietracker")
        super().__init__(
            create_app=make_app,
            add_version_option=False,
            load_dotenv=False,  # settings.py reads .env, and reports errors in it
            help="Who told me to watch this, and should I trust them?",
        )
        version(self)
        self.params = [option for option in self.params if option.name not in ("app", "debug")]
        for command in COMMANDS:
            self.add_command(command)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, including those of plugins."""
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
            click.echo(f"Error: {error}\n", err=True)  # but still show the help
            return self.commands


class _PluginCommands(AppGroup):
    """Collects the commands of plugins under unique names."""

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Add a command; raises ValueError if its name is taken."""
        name = name or cmd.name
        if name in self.commands or name in {command.name for command in COMMANDS}:
            raise ValueError(f"there is a command named {name} already")
        super().add_command(cmd, name)


def _commands_of(plugins: PluginManager) -> Mapping[str, click.Command]:
    collected = _PluginCommands("plugins")
    plugins.register_commands(collected)
    return collected.commands
