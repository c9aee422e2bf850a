"""IMDb's exports of ratings, watchlists and lists, with the headers of all years since 2012.

A list has a column Position, ratings have none. Nothing in a file tells a watchlist from another list but its name. The
date of a rating is not that of watching; a rating in a list says that the title was seen.
"""

import re
from collections.abc import Callable
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from movietracker.pluginapi import (
    ImportRow,
    ListPlace,
    Member,
    Rows,
    TableImporter,
    TableRow,
    Upload,
    columns_of,
    imdb_id,
    kind_of,
    numeric_id,
    partial_date,
    phrase,
    rating_on_ten,
    read_dated_table,
    release_year,
    row_of_each,
)

_DATES = ("date rated", "date added", "created")
_MAX_KIND_LENGTH = 50
_LIST_ID = re.compile("ls[0-9]{6,}")
_NUMBERED = re.compile(f"^{_LIST_ID.pattern} - ")


class ImdbImporter(TableImporter):
    """Reads ratings before lists, by the names of their columns."""

    name = "imdb"
    label = "IMDb"
    columns = frozenset({"const", "title type"})

    def rows(self, upload: Upload) -> Rows:
        """The rows of all tables, those of ratings first."""
        return super().rows(Upload(sorted(upload.members, key=_is_list)))

    def rows_of(self, member: Member) -> Rows:
        """A row for each line."""
        facts_of = _ListFacts(member) if _is_list(member) else _rated
        return row_of_each(read_dated_table(member, *_DATES), partial(_row, member, facts_of))


def _row(member: Member, facts_of: Callable[[TableRow], dict[str, Any]], row: TableRow) -> ImportRow:
    word, facts = row.get("title type"), facts_of(row)
    kind = kind_of(word)
    if word and kind is None:
        facts["needs_review"] = phrase("kind_unknown", kind=word[:_MAX_KIND_LENGTH])
    return ImportRow(
        source=ImdbImporter.name,
        where=member.at(row.line),
        kind=kind,
        title=row.get("title") or None,
        original_title=row.get("original title") or None,
        year=release_year(row.get("year")),
        imdb_id=imdb_id(row.get("const")),
        rating=_rating(row),
        added_on=partial_date(row.get(*_DATES)),
        **facts,
    )


class _ListFacts:
    """What a row says beyond the title, by the list that it stands in."""

    def __init__(self, member: Member) -> None:
        self._list = PurePosixPath(member.name).stem
        self._name = _NUMBERED.sub("", self._list)
        self._is_other = _LIST_ID.search(self._list) is not None
        is_plain = self._is_other or "watchlist" in self._list.lower()
        self._doubt = None if is_plain else phrase("taken_for_watchlist")

    def __call__(self, row: TableRow) -> dict[str, Any]:
        const = imdb_id(row.get("const")) or row.get("title")
        facts: dict[str, Any] = {"note": row.get("description") or None, "needs_review": self._doubt}
        if self._is_other:
            place = ListPlace(self._name, numeric_id(row.get("position")))
            return facts | {"row_id": f"list:{self._list}:{const}", "list_place": place, "status": _seen(row)}
        return facts | {"row_id": f"watchlist:{const}", "status": "toWatch"}


def _rated(row: TableRow) -> dict[str, Any]:
    return {"row_id": f"rating:{imdb_id(row.get('const')) or row.get('title')}", "status": _seen(row)}


def _seen(row: TableRow) -> str | None:
    return "watched" if _rating(row) else None


def _rating(row: TableRow) -> float | None:
    return rating_on_ten(row.get("your rating", "you rated"), 10)


def _is_list(member: Member) -> bool:
    return "position" in columns_of(member)
