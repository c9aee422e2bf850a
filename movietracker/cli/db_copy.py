"""``movietracker db copy``."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from sqlalchemy import URL, Engine

from ..database import open_engine, read_url
from ..services.database_copy import TableCopy, copy_database
from .progress import progress


@click.command("copy")
@click.option("--from", "source", metavar="URL", required=True, help="The database to copy; it is only read.")
@click.option("--to", "target", metavar="URL", required=True, help="An empty, migrated database to copy it to.")
def copy_command(source: str, target: str) -> None:
    """Copy an installation from one database to another, SQLite or PostgreSQL.

    Stop the server first: what is written to the source while it is copied stays behind. URLs are like DATABASE_URL:
    sqlite:////srv/movietracker/instance/app.db, or postgresql://user:password@host/name. The copy happens entirely or
    not at all; counts and checksums of each table are compared before it is kept.
    """
    engines = _open(source, "--from"), _open(target, "--to")
    try:
        if engines[0].url == engines[1].url:
            raise click.ClickException("Source and target are the same database.")
        for copied in _copy(*engines):
            click.echo(f"{copied.name:<20} {copied.rows:>10} rows  {copied.checksum[:16]}")
    finally:
        for engine in engines:
            engine.dispose()
    click.echo(f"Copied to {_place(engines[1].url)}; set DATABASE_URL to it.")


def _open(written: str, option: str) -> Engine:
    url = read_url(written, option)
    if url.get_backend_name() == "sqlite":
        # SQLite would make the file, and call it an empty database.
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


def _place(url: URL) -> str:
    return url.database or "" if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)
