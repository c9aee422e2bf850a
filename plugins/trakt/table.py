"""Trakt's CSV: a line for each fact, with the columns of its export, or with those that its importer takes."""

from collections.abc import Collection, Iterator
from functools import partial
from typing import Any

from movietracker.pluginapi import (
    ImportRow,
    Member,
    Places,
    Rows,
    TableRow,
    content_id,
    imdb_id,
    kind_of,
    known_day,
    numeric_id,
    rating_on_ten,
    read_dated_table,
    release_year,
    rows_of_each,
    when_watched,
)

from .titles import SOURCE

_EXPORT = {"type", "action", "title", "trakt", "watched_at", "listed_at", "rated_at"}
_IMPORT = {"imdb_id", "type", "watched_at", "watchlisted_at", "rated_at"}
_DATES = ("watched_at", "listed_at", "watchlisted_at", "rated_at")
_WATCHED = {"history", "watch", "watched", "scrobble", "checkin"}


def is_table(columns: Collection[str]) -> bool:
    """Whether these are the columns of Trakt's CSV."""
    return set(columns) >= _EXPORT or set(columns) >= _IMPORT


def table_rows(member: Member) -> Rows:
    """The rows of the table; equal rows with a moment are several viewings."""
    return rows_of_each(read_dated_table(member, *_DATES), partial(_rows, member, Places()))


def _rows(member: Member, places: Places, row: TableRow) -> Iterator[ImportRow]:
    """The row of a line, unless its action says nothing of a library, as that a title was collected."""
    facts = _facts(row)
    if row.get("action") and not facts:
        return
    said = (*(row.cells.get(name) for name in _IDENTITY), *facts.values())
    is_dated = "watched_at" in facts or "watched_on" in facts
    yield ImportRow(
        source=SOURCE,
        row_id=f"table:{places.id_of(*said) if is_dated else content_id(*said)}",
        where=member.at(row.line),
        kind="episode" if row.get("season") or row.get("episode") else kind_of(row.get("type")),
        title=row.get("title") or None,
        year=release_year(row.get("year")),
        imdb_id=imdb_id(row.get("imdb", "imdb_id")),
        tmdb_id=numeric_id(row.get("tmdb", "tmdb_id")),
        tvdb_id=numeric_id(row.get("tvdb", "tvdb_id")),
        other_ids=((SOURCE, f"{row.get('type')}/{row.get('trakt')}"),) if row.get("trakt") else (),
        **facts,
    )


_IDENTITY = ("type", "action", "title", "year", "trakt", "imdb", "imdb_id", "tmdb", "tvdb", "season", "episode")


def _facts(row: TableRow) -> dict[str, Any]:
    """What a line states: that a title was watched, is wanted, is rated, or several of them."""
    action = row.get("action").lower()
    watched_at, listed_at = row.get("watched_at"), row.get("listed_at", "watchlisted_at")
    facts: dict[str, Any] = {}
    if watched_at or action in _WATCHED:
        facts = {"is_viewing": True, "status": "watched"} | when_watched(watched_at)
    elif action == "watchlist" or (listed_at and not action):
        facts = {"status": "toWatch", "added_on": known_day(listed_at)}
    elif action in ("favorite", "favorites"):
        facts = {"liked": True, "added_on": known_day(listed_at)}
    if (rating := rating_on_ten(row.get("rating"), 10)) is not None:
        facts = {"status": "watched", "added_on": known_day(row.get("rated_at"))} | facts | {"rating": rating}
    return facts
