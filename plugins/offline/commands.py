"""``movietracker catalogue``: load, info and reset."""

import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext

from .loader import Report
from .store import CatalogueError, CatalogueStore
from .tsv import DatasetError


@click.group()
def catalogue() -> None:
    """The offline catalog of movies and series."""


@catalogue.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@with_appcontext
def load(folder: Path) -> None:
    """Load IMDb's dataset files (title.basics.tsv.gz and so on) from FOLDER.

    title.basics is required; title.ratings adds popularity, title.crew and name.basics directors, writers and people,
    title.principals casts, title.episode numbers of seasons. IMDb has no plots; a file title.plots.tsv with the columns
    tconst and plot adds them. The present catalog stays in use until all files are read.
    """
    store = _store()
    with _plain_errors("The present catalog stays in use."):
        with _progress() as report:
            store.load(folder, report)
        facts = store.facts()
    click.echo(f"Loaded {facts['movies']:,} films, {facts['series']:,} series and {facts['people']:,} people.")


@catalogue.command()
@click.option("--json", "as_json", is_flag=True, help="As a JSON object.")
@with_appcontext
def info(as_json: bool) -> None:
    """Show which catalog is in use."""
    store = _store()
    with _plain_errors():
        facts = store.facts()
    if as_json:
        click.echo(json.dumps(_described(store, facts), indent=2))
        return
    source = "the sample shipped with movietracker" if facts["source"] == "sample" else f"loaded from {facts['folder']}"
    made = datetime.fromtimestamp(facts["created_at"], UTC)
    click.echo(f"Source:  {source}")
    click.echo(f"Titles:  {facts['movies']:,} films, {facts['series']:,} series")
    click.echo(f"People:  {facts['people']:,}")
    click.echo(f"Made:    {made:%Y-%m-%d %H:%M} UTC")
    click.echo(f"File:    {store.path} ({store.path.stat().st_size / 1e6:,.1f} MB)")


@catalogue.command()
@with_appcontext
def reset() -> None:
    """Go back to the sample shipped with movietracker."""
    with _plain_errors("The present catalog stays in use."):
        _store().reset()
    click.echo("The sample is in use again.")


@contextmanager
def _progress() -> Iterator[Report]:
    """Show a bar per step on a terminal, and print a line per finished step elsewhere."""
    if not sys.stdout.isatty():
        yield lambda step, _, remark: click.echo(f"{step}: {remark}") if remark else None
        return
    from rich import progress  # slow to import

    columns = (progress.BarColumn(), progress.TaskProgressColumn(), progress.TimeElapsedColumn())
    with progress.Progress("{task.description}", *columns, "{task.fields[remark]}") as bars:
        tasks: dict[str, progress.TaskID] = {}

        def report(step: str, fraction: float | None, remark: str) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step, total=None, remark="")
            total = None if fraction is None else 1.0
            bars.update(tasks[step], total=total, completed=fraction, remark=remark)

        yield report


def _store() -> CatalogueStore:
    return CatalogueStore(Path(current_app.instance_path))


def _described(store: CatalogueStore, facts: dict[str, Any]) -> dict[str, Any]:
    names = ("source", "folder", "created_at", "movies", "series", "people", "schema_version")
    lines = {name.removeprefix("lines:"): number for name, number in facts.items() if name.startswith("lines:")}
    return {name: facts.get(name) for name in names} | {
        "titles": facts["movies"] + facts["series"],
        "lines": lines,
        "path": str(store.path),
        "size_bytes": store.path.stat().st_size,
    }


@contextmanager
def _plain_errors(consolation: str = "") -> Iterator[None]:
    """Turn foreseeable errors into one plain sentence and exit code 1."""
    try:
        yield
    except (CatalogueError, DatasetError) as error:
        raise click.ClickException(f"{error} {consolation}".rstrip()) from error
    except sqlite3.Error as error:
        if error.sqlite_errorname == "SQLITE_INTERRUPT":  # Ctrl-C during a statement
            raise click.Abort from None
        raise click.ClickException(f"The catalogue could not be written: {error}. {consolation}".rstrip()) from error
    except OSError as error:
        raise click.ClickException(f"{error.strerror or error}: {error.filename}. {consolation}".rstrip()) from error
