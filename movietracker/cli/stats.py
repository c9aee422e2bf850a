"""``movietracker stats``: what a library says in figures."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import click
from flask.cli import with_appcontext

from ..schemas.fields import load
from ..schemas.stats import StatsQuerySchema
from ..services.accounts import find_account
from ..services.transactions import library_read
from ..trust.stats import read_stats
from .plain import PlainCommand, as_json_option, echo, echo_json
from .tables import show_table

ROWS = 10
"""The most rows that a table shows."""

_GROUP = ("titles", "watched", "viewings", "liked", "average_rating")
_RECOMMENDER = ("name", "asked", "watched", "liked", "liked_share", "median_days")


@click.command("stats", cls=PlainCommand)
@click.argument("user")
@click.option("--year", help="Only what was watched in this year.")
@click.option("--tz", default="UTC", show_default=True, help="Time zone in which viewings have their days.")
@as_json_option
@with_appcontext
def stats(user: str, year: str | None, tz: str, as_json: bool) -> None:
    """Show what a user's library says in figures.

    USER is an email address, username or id.
    """
    query = load(StatsQuerySchema, {"tz": tz} | ({} if year is None else {"year": year}))
    with library_read(find_account(user).id) as read:
        found = read_stats(read, query.get("year"), ZoneInfo(query["tz"]))
    if as_json:
        echo_json(found)
        return
    _show_totals(found)
    _show("Genres", found["genres"], ("genre", *_GROUP))
    _show("Decades", found["decades"], ("decade", *_GROUP))
    _show("Directors", found["directors"], ("director", *_GROUP))
    _show("Recommenders", found["recommenders"], _RECOMMENDER)


def _show_totals(found: Mapping[str, Any]) -> None:
    titles, ratings, unknown = found["titles"], found["ratings"], found["unknown_runtimes"]
    kinds = titles["by_media_type"]
    echo(f"Titles: {titles['total']} (films: {kinds['movie']}, series: {kinds['tv']})")
    echo(f"Viewings: {found['viewings']} (of unknown length: {unknown})")
    echo(f"Hours: {found['hours']}")
    echo(f"Ratings: {ratings['count']}" + (f" (average: {ratings['average']})" if ratings["count"] else ""))
    for name in ("first", "last", "best", "longest"):
        if title := found[name]:
            watched_on = f", watched on {title['watched_on']}" if title["watched_on"] else ""
            echo(f"{name.capitalize()}: {title['title']} ({title['year'] or 'year unknown'}){watched_on}")


def _show(heading: str, rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> None:
    """Print a table of the first rows, if there are any."""
    if rows:
        columns = [(name.replace("_", " "), number > 0) for number, name in enumerate(names)]
        shown = [["" if row[name] is None else str(row[name]) for name in names] for row in rows[:ROWS]]
        show_table(heading, columns, shown)
