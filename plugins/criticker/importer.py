"""Criticker's export of ratings, as CSV or XML, on a scale to 10 or to 100 that the whole file shows."""

from collections.abc import Iterator
from functools import partial
from itertools import islice

from movietracker.pluginapi import (
    MAX_ROWS,
    BaseImporter,
    BrokenRow,
    Member,
    Rows,
    TableRow,
    XmlItem,
    best_rating,
    columns_of,
    imdb_id,
    known_day,
    read_table,
    read_xml,
    row_of_each,
    text_head,
)

from .rows import Film, row_of

_COLUMNS = frozenset({"score", "film name", "imdb id"})
_SCALES = (10, 100)


class CritickerImporter(BaseImporter):
    """Reads both forms."""

    name = "criticker"
    label = "Criticker"

    def reads(self, member: Member) -> bool:
        """Whether a member has Criticker's columns or its root element."""
        return _is_table(member) or _is_xml(member)

    def rows_of(self, member: Member) -> Rows:
        """A row for each film."""
        films = _of_table if _is_table(member) else _of_xml
        counted = islice(films(member), MAX_ROWS)
        best = best_rating((each.rating for each in counted if isinstance(each, Film)), _SCALES)
        return row_of_each(films(member), partial(row_of, best))


def _is_table(member: Member) -> bool:
    return set(columns_of(member)) >= _COLUMNS


def _is_xml(member: Member) -> bool:
    return "<recentratings" in text_head(member)


def _of_table(member: Member) -> Iterator[Film | BrokenRow]:
    for row in read_table(member):
        yield row if isinstance(row, BrokenRow) else _film(member, row)


def _film(member: Member, row: TableRow) -> Film:
    return Film(
        member.at(row.line),
        row.get("film name"),
        row.get("year"),
        imdb_id(row.get("imdb id")),
        row.get("score"),
        row.get("mini review"),
        known_day(row.get("date rated")),
        row.get("url"),
    )


def _of_xml(member: Member) -> Iterator[Film | BrokenRow]:
    for item in read_xml(member, "film"):
        yield item if isinstance(item, BrokenRow) else _element(item)


def _element(film: XmlItem) -> Film:
    return Film(
        film.where,
        film.get("filmname"),
        "",
        imdb_id(film.get("imdbid")),
        film.get("rating"),
        film.get("quote"),
        known_day(film.get("reviewdate")),
        film.get("filmlink", "url"),
    )
