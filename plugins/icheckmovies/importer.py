"""iCheckMovies: a table of films checked, favorite, disliked and wanted.

Files in Windows-1252 have lost letters of titles, so a title is matched by its IMDb id.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from movietracker.pluginapi import (
    ImportRow,
    Member,
    Rows,
    TableImporter,
    TableRow,
    imdb_id,
    is_no,
    known_day,
    read_dated_table,
    release_year,
    rows_of_each,
)


class ICheckMoviesImporter(TableImporter):
    """Reads a row as one fact or two: a film can be both checked and wanted."""

    name = "icheckmovies"
    label = "iCheckMovies"
    columns = frozenset({"title", "imdburl", "checked", "favorite", "watchlist"})

    def rows_of(self, member: Member) -> Rows:
        """The rows of each line."""
        return rows_of_each(read_dated_table(member, "checked"), partial(_rows, member))


def _rows(member: Member, row: TableRow) -> Iterator[ImportRow]:
    number = imdb_id(row.get("imdburl").rstrip("/").rpartition("/")[2])
    key = number or f"{row.get('title')} {row.get('year')}"
    facts: dict[str, Any] = {
        "source": "icheckmovies",
        "where": member.at(row.line),
        "title": row.get("title") or None,
        "original_title": row.get("akatitle") or None,
        "year": release_year(row.get("year")),
        "imdb_id": number,
    }
    is_checked, is_wanted = _is_set(row.get("checked")), _is_set(row.get("watchlist"))
    if is_wanted:
        yield ImportRow(row_id=f"wish:{key}", status="toWatch", **facts)
    if is_checked or not is_wanted:
        yield ImportRow(
            row_id=f"check:{key}",
            status="watched" if is_checked else None,
            liked=True if _is_set(row.get("favorite")) else False if _is_set(row.get("disliked")) else None,
            added_on=known_day(row.get("checked")),
            **facts,
        )


def _is_set(cell: str) -> bool:
    """Whether a cell says yes, or when, in whatever way."""
    return bool(cell) and not is_no(cell)
