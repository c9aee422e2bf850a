"""Movary's export: a table each of plays, ratings and wishes, which hold nothing but films."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from movietracker.pluginapi import (
    BaseImporter,
    ImportRow,
    Member,
    Places,
    Rows,
    TableRow,
    columns_of,
    content_id,
    imdb_id,
    known_day,
    numeric_id,
    partial_date,
    rating_on_ten,
    read_dated_table,
    release_year,
    row_of_each,
)

_FILM = {"title", "year", "tmdbid", "imdbid"}
_PARTS = {"history": "watchedat", "ratings": "userrating", "watchlist": "addedat"}


class MovaryImporter(BaseImporter):
    """Reads the three tables, in files of any name."""

    name = "movary"
    label = "Movary"

    def reads(self, member: Member) -> bool:
        """Whether a member has the columns of one of the tables."""
        return _part_of(member) is not None

    def rows_of(self, member: Member) -> Rows:
        """A row for each line; those of the history are plays, so that equal ones with a day are several."""
        return row_of_each(
            read_dated_table(member, *_PARTS.values()), partial(_row, member, _part_of(member) or "", Places())
        )


def _part_of(member: Member) -> str | None:
    columns = set(columns_of(member))
    return next((part for part, column in _PARTS.items() if {*_FILM, column} <= columns), None)


def _row(member: Member, part: str, places: Places, row: TableRow) -> ImportRow:
    film = row.get("tmdbid") or row.get("imdbid") or content_id(row.get("title"), row.get("year"))
    day = row.get("watchedat")
    return ImportRow(
        source=MovaryImporter.name,
        row_id=f"{part}:{places.id_of(film, day) if day else film}",
        where=member.at(row.line),
        kind="movie",
        title=row.get("title") or None,
        year=release_year(row.get("year")),
        imdb_id=imdb_id(row.get("imdbid")),
        tmdb_id=numeric_id(row.get("tmdbid")),
        **_FACTS[part](row),
    )


def _play(row: TableRow) -> dict[str, Any]:
    review = row.get("comment") or None
    return {"is_viewing": True, "status": "watched", "watched_on": partial_date(row.get("watchedat")), "review": review}


def _rating(row: TableRow) -> dict[str, Any]:
    return {"rating": rating_on_ten(row.get("userrating"), 10), "status": "watched"}


def _wish(row: TableRow) -> dict[str, Any]:
    return {"status": "toWatch", "added_on": known_day(row.get("addedat"))}


_FACTS: Mapping[str, Callable[[TableRow], dict[str, Any]]] = {
    "history": _play,
    "ratings": _rating,
    "watchlist": _wish,
}
