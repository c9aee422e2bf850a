"""Flask-Migrate's commands with plain errors, and our own for the database as a whole."""

import sys
from pathlib import Path

import click
from click.core import ParameterSource
from flask_migrate.cli import db as flask_migrate_group
from sqlalchemy import Engine

from ..database import open_engine, read_url
from ..services.database_copy import TableCopy, copy_database
from ..settings import CORE_SETTINGS
from ..settings_source import SettingsSource
from ..sync.upkeep import mark_restored
from .plain import PlainGroup, database_place
from .progress import progress

_HERE = Path()
_DATABASE_URL = next(setting for setting in CORE_SETTINGS if setting.name == "DATABASE_URL")

db = PlainGroup(
    "db",
    commands=dict(flask_migrate_group.commands),
    params=flask_migrate_group.params,
    callback=flask_migrate_group.callback,
    help="Migrate the database, or move it.",
)


@db.command("mark-restored")
def mark_restored_command() -> None:
    """Tell syncing clients that the database was restored to an earlier state.

    Run it once after a restore. Clients that pull by time start over; those that pull by cursor notice without it.
    """
    count = mark_restored()
    click.echo(f"Marked {count} {'library' if count == 1 else 'libraries'} as restored; clients will start over.")


@db.command("copy", with_appcontext=False)
@click.option(
    "--from",
    "source",
    metavar="URL",
    required=True,
    envvar="SOURCE_DATABASE_URL",
    show_envvar=True,
    help="The database to copy; it is only read.",
)
@click.option(
    "--to",
    "target",
    metavar="URL",
    help="An empty, migrated database to copy it to; without it, the one of the setting DATABASE_URL.",
)
@click.pass_context
def copy_command(context: click.Context, source: str, target: str | None) -> None:
    """Copy an installation from one database to another, SQLite or PostgreSQL.

    Stop the server first: writes to the source during the copy are lost. URLs are like DATABASE_URL:
    sqlite:////srv/movietracker/instance/app.db, or postgresql://user:password@host/name. One with a password belongs
    into the environment, or into a line of standard input for "-", since other users can see arguments. The copy is all
    or nothing; counts and checksums of each table are compared before the commit.
    """
    folder = _HERE
    if target is None:
        settings = SettingsSource()
        target, folder = settings.value_of(_DATABASE_URL), settings.instance_path
    if not target:
        raise click.UsageError("Missing option '--to'; DATABASE_URL is not set.")
    engines = _open(context, "source", source, "--from"), _open(context, "target", target, "--to", folder)
    try:
        if engines[0].url == engines[1].url:
            raise click.ClickException("Source and target are the same database.")
        for copied in _copy(*engines):
            click.echo(f"{copied.name:<20} {copied.rows:>10} rows  {copied.checksum[:16]}")
    finally:
        for engine in engines:
            engine.dispose()
    click.echo(f"Copied to {database_place(engines[1].url)}; set DATABASE_URL to it.")


def _open(context: click.Context, parameter: str, written: str, option: str, folder: Path = _HERE) -> Engine:
    url = read_url(sys.stdin.readline().strip() if written == "-" else written, option)
    is_argument = written != "-" and context.get_parameter_source(parameter) is ParameterSource.COMMANDLINE
    if is_argument and (url.password or "password" in url.query):
        variable = {"--from": "SOURCE_DATABASE_URL", "--to": "DATABASE_URL"}[option]
        click.echo(
            f"Warning: other users of this machine can see the password in {option} while the command runs; set "
            f"{variable} instead, or give {option} - and write the URL to standard input.",
            err=True,
        )
    if url.get_backend_name() == "sqlite":
        path = (folder / (url.database or "")).resolve()
        if not path.is_file():  # SQLite would create it, an empty database
            raise click.ClickException(f"{option}: there is no file {path}.")
        url = url.set(database=str(path))
    return open_engine(url)


def _copy(source: Engine, target: Engine) -> list[TableCopy]:
    with progress("Copying", "rows") as show:
        bar = sys.stderr.isatty()
        said: set[str] = set()

        def report(table: str, done: int, total: int) -> None:
            if not bar and table not in said:
                click.echo(f"{table}: {total} rows", err=True)
            said.add(table)
            show(done, total)

        return copy_database(source, target, report)
