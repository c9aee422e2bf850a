"""IMDb's exports of ratings, watchlists and lists, with the headers of all years since 2012.

A list has a column Position, ratings have none. Nothing in a file tells a watchlist from another list but its name. The
date of a rating is not that of watching; a rating in a list says that the title was seen.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from movietracker.pluginapi import (
    BrokenRow,
    DateOrder,
    ImportRow,
    ListPlace,
    Member,
    TableRow,
    Upload,
    columns_of,
    date_order,
    imdb_id,
    kind_of,
    numeric_id,
    rating_on_ten,
    read_table,
    release_year,
)

_DATES = ("date rated", "date added", "created")
_LIST_ID = re.compile("ls[0-9]{6,}")

Rows = Iterator[ImportRow | BrokenRow]


class ImdbImporter:
    """Reads ratings before lists, by the names of their columns."""

    name = "imdb"
    label = "IMDb"
    priority = 50

    def recognizes(self, upload: Upload) -> bool:
        """Whether a member has IMDb's ids and kinds of titles."""
        return any(map(_is_of_imdb, upload.members))

    def rows(self, upload: Upload) -> Rows:
        """The rows of all tables of titles."""
        for member in sorted(filter(_is_of_imdb, upload.members), key=_is_list):
            order = date_order(row.get(*_DATES) for row in read_table(member) if isinstance(row, TableRow))
            facts_of = _ListFacts(member) if _is_list(member) else _rated
            for row in read_table(member):
                yield row if isinstance(row, BrokenRow) else self._row(member, row, order, **facts_of(row))

    def _row(self, member: Member, row: TableRow, order: DateOrder, **facts: Any) -> ImportRow:
        return ImportRow(
            source=self.name,
            where=member.at(row.line),
            kind=kind_of(row.get("title type")),
            title=row.get("title") or None,
            original_title=row.get("original title") or None,
            year=release_year(row.get("year")),
            imdb_id=imdb_id(row.get("const")),
            rating=_rating(row),
            added_on=order.read(row.get(*_DATES)),
            **facts,
        )


class _ListFacts:
    """What a row says beyond the title, by the list that it stands in."""

    def __init__(self, member: Member) -> None:
        self._list = PurePosixPath(member.name).stem
        self._is_other = _LIST_ID.search(self._list) is not None
        is_plain = self._is_other or "watchlist" in self._list.lower()
        self._doubt = None if is_plain else "the file does not say which list it is, and is taken for the watchlist"

    def __call__(self, row: TableRow) -> dict[str, Any]:
        const = imdb_id(row.get("const")) or row.get("title")
        facts: dict[str, Any] = {"note": row.get("description") or None, "needs_review": self._doubt}
        if self._is_other:
            place = ListPlace(self._list, numeric_id(row.get("position")))
            return facts | {"row_id": f"list:{self._list}:{const}", "list_place": place, "status": _seen(row)}
        return facts | {"row_id": f"watchlist:{const}", "status": "toWatch"}


def _rated(row: TableRow) -> dict[str, Any]:
    return {"row_id": f"rating:{imdb_id(row.get('const')) or row.get('title')}", "status": _seen(row)}


def _seen(row: TableRow) -> str | None:
    return "watched" if _rating(row) else None


def _rating(row: TableRow) -> float | None:
    return rating_on_ten(row.get("your rating", "you rated"), 10)


def _is_of_imdb(member: Member) -> bool:
    return {"const", "title type"} <= set(columns_of(member))


def _is_list(member: Member) -> bool:
    return "position" in columns_of(member)
