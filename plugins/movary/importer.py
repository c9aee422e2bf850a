"""Movary's export: a table each of plays, ratings and wishes, which hold nothing but films."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from movietracker.pluginapi import (
    BrokenRow,
    ImportRow,
    Member,
    Places,
    TableRow,
    Upload,
    columns_of,
    content_id,
    imdb_id,
    known_day,
    numeric_id,
    partial_date,
    rating_on_ten,
    read_table,
    release_year,
)

_FILM = {"title", "year", "tmdbid", "imdbid"}
_PARTS = {"history": "watchedat", "ratings": "userrating", "watchlist": "addedat"}

Rows = Iterator[ImportRow | BrokenRow]


class MovaryImporter:
    """Reads the three tables, in files of any name."""

    name = "movary"
    label = "Movary"
    priority = 50

    def recognizes(self, upload: Upload) -> bool:
        """Whether a member has the columns of one of the tables."""
        return any(_part_of(member) is not None for member in upload.members)

    def rows(self, upload: Upload) -> Rows:
        """The rows of all tables."""
        for member in upload.members:
            if part := _part_of(member):
                yield from _rows(member, part, _FACTS[part])


def _part_of(member: Member) -> str | None:
    columns = set(columns_of(member))
    return next((part for part, column in _PARTS.items() if {*_FILM, column} <= columns), None)


def _rows(member: Member, part: str, facts: Callable[[TableRow], dict[str, Any]]) -> Rows:
    """Each line of the history is a play, so that equal ones with a day are several."""
    places = Places()
    for row in read_table(member):
        if isinstance(row, BrokenRow):
            yield row
            continue
        film = row.get("tmdbid") or row.get("imdbid") or content_id(row.get("title"), row.get("year"))
        day = row.get("watchedat")
        yield ImportRow(
            source=MovaryImporter.name,
            row_id=f"{part}:{places.id_of(film, day) if day else film}",
            where=member.at(row.line),
            kind="movie",
            title=row.get("title") or None,
            year=release_year(row.get("year")),
            imdb_id=imdb_id(row.get("imdbid")),
            tmdb_id=numeric_id(row.get("tmdbid")),
            **facts(row),
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
