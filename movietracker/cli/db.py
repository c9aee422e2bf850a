"""Flask-Migrate's commands with plain errors, and our own for the database as a whole."""

import sys
from pathlib import Path

import click
from click.core import ParameterSource
from flask_migrate.cli import db as flask_migrate_group
from sqlalchemy import Engine

from ..database import open_engine, read_url
from ..services.database_copy import TableCopy, copy_database
from ..sync.upkeep import mark_restored
from .plain import PlainGroup, database_place
from .progress import progress

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
    required=True,
    envvar="DATABASE_URL",
    show_envvar=True,
    help="An empty, migrated database to copy it to.",
)
@click.pass_context
def copy_command(context: click.Context, source: str, target: str) -> None:
    """Copy an installation from one database to another, SQLite or PostgreSQL.

    Stop the server first: writes to the source during the copy are lost. URLs are like DATABASE_URL:
    sqlite:////srv/movietracker/instance/app.db, or postgresql://user:password@host/name. One with a password belongs
    into the environment, or into a line of standard input for "-", since other users can see arguments. The copy is all
    or nothing; counts and checksums of each table are compared before the commit.
    """
    engines = tuple(_open(context, *given) for given in (("source", source, "--from"), ("target", target, "--to")))
    try:
        if engines[0].url == engines[1].url:
            raise click.ClickException("Source and target are the same database.")
        for copied in _copy(*engines):
            click.echo(f"{copied.name:<20} {copied.rows:>10} rows  {copied.checksum[:16]}")
    finally:
        for engine in engines:
            engine.dispose()
    click.echo(f"Copied to {database_place(engines[1].url)}; set DATABASE_URL to it.")


def _open(context: click.Context, parameter: str, written: str, option: str) -> Engine:
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
        # SQLite would create the file, an empty database.
        if not url.database:
            raise click.ClickException(f"{option} names no file.")
        if not Path(url.database).is_file():
            raise click.ClickException(f"{option}: there is no file {url.database}.")
        url = url.set(database=str(Path(url.database).resolve()))
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
