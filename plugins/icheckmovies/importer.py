"""iCheckMovies: a table of films checked, favorite, disliked and wanted.

Files in Windows-1252 have lost letters of titles, so a title is matched by its IMDb id.
"""

from collections.abc import Iterator
from typing import Any

from movietracker.pluginapi import (
    BrokenRow,
    ImportRow,
    Member,
    TableRow,
    Upload,
    columns_of,
    imdb_id,
    is_yes,
    known_day,
    partial_date,
    read_table,
    release_year,
)

_COLUMNS = {"title", "imdburl", "checked", "favorite", "watchlist"}


class ICheckMoviesImporter:
    """Reads a row as one fact or two: a film can be both checked and wanted."""

    name = "icheckmovies"
    label = "iCheckMovies"
    priority = 50

    def recognizes(self, upload: Upload) -> bool:
        """Whether a member has the columns of iCheckMovies."""
        return any(map(_is_table, upload.members))

    def rows(self, upload: Upload) -> Iterator[ImportRow | BrokenRow]:
        """The rows of all tables."""
        for member in filter(_is_table, upload.members):
            for row in read_table(member):
                if isinstance(row, BrokenRow):
                    yield row
                else:
                    yield from _rows(member, row)


def _is_table(member: Member) -> bool:
    return set(columns_of(member)) >= _COLUMNS


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
    """Whether a cell says yes, or when."""
    return is_yes(cell) or partial_date(cell) is not None
