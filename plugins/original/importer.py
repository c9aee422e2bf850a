"""The original backend's documents of versions 1 and 2, and the table ``Name,Watched,Recommended By`` of its script.

Documents of version 1 name recommenders by the ids of the file's people, which may stand behind the titles.
"""

import re
from collections.abc import Iterator
from typing import Any

from movietracker.pluginapi import (
    BrokenRow,
    DateOrder,
    ImportRow,
    Member,
    TableRow,
    Upload,
    columns_of,
    content_id,
    date_order,
    imdb_id,
    is_yes,
    json_keys,
    known_day,
    read_json,
    read_table,
)

from .documents import SOURCE, Names, rows_of_movie

_TABLE = {"name", "watched", "recommended by"}
_OF_MOVIES = {"recommendations", "watch_history", "status"}
_YEAR_BEHIND = re.compile(r"(.+?)\s*\(([12][0-9]{3})\)")

Rows = Iterator[ImportRow | BrokenRow]


class OriginalImporter:
    """Reads titles with votes, viewings and lists; rankings and details are for ``POST /api/backup/import``."""

    name = SOURCE
    label = "The original backend"
    priority = 50

    def recognizes(self, upload: Upload) -> bool:
        """Whether a member is a document or the table."""
        return any(_is_document(member) or _is_table(member) for member in upload.members)

    def rows(self, upload: Upload) -> Rows:
        """The rows of all documents and tables."""
        for member in upload.members:
            if _is_document(member):
                yield from _of_document(member)
            elif _is_table(member):
                yield from _of_table(member)


def _is_table(member: Member) -> bool:
    return set(columns_of(member)) - {""} == _TABLE


def _is_document(member: Member) -> bool:
    keys = json_keys(member)
    movies = keys.get("movies", frozenset())
    return ("imdb_id" in movies and not _OF_MOVIES.isdisjoint(movies)) or {"version", "movies", "people"} <= keys.keys()


def _of_document(member: Member) -> Rows:
    names = Names()
    for item in read_json(member, "people", "lists"):
        if not isinstance(item, BrokenRow):
            names.add(item.section, item.value)
    for item in read_json(member, "movies"):
        if isinstance(item, BrokenRow):
            yield item
        elif not isinstance(item.value, dict) or imdb_id(item.value.get("imdb_id")) is None:
            yield BrokenRow(item.where, "has no IMDb id")
        else:
            yield from rows_of_movie(item.value, item.where, names)


def _of_table(member: Member) -> Rows:
    order = date_order(row.get("watched") for row in read_table(member) if isinstance(row, TableRow))
    for row in read_table(member):
        yield row if isinstance(row, BrokenRow) else _row(member, row, order)


def _row(member: Member, row: TableRow, order: DateOrder) -> ImportRow:
    day = known_day(order.read(row.get("watched")) or "")
    is_seen = day is not None or is_yes(row.get("watched")) or row.get("watched").lower() == "watched"
    named = _YEAR_BEHIND.fullmatch(row.get("name"))
    facts: dict[str, Any] = {"title": named[1], "year": int(named[2])} if named else {"title": row.get("name") or None}
    return ImportRow(
        source=SOURCE,
        row_id=f"table:{content_id(row.get('name'), row.get('watched'), row.get('recommended by'))}",
        where=member.at(row.line),
        is_viewing=day is not None,
        watched_on=day,
        status="watched" if is_seen else "toWatch",
        told_by=row.get("recommended by") or None,
        **facts,
    )
