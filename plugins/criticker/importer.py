"""Criticker's export of ratings, as CSV or XML, on a scale to 10 or to 100 that the whole file shows."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, iterparse

from movietracker.pluginapi import (
    BaseImporter,
    BrokenRow,
    Member,
    MemberDamaged,
    Rows,
    TableRow,
    best_rating,
    columns_of,
    imdb_id,
    known_day,
    phrase,
    read_table,
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
        best = best_rating((each.rating for each in films(member) if isinstance(each, Film)), _SCALES)
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
    """The films of XML, one after the other; entities and document types are refused."""
    count = 0
    try:
        with member.open() as stream:
            for _, element in iterparse(stream, events=("end",), forbid_dtd=True):
                if element.tag == "film":
                    count += 1
                    yield _element(element, f"{member.label}, film {count}")
                    element.clear()
    except MemberDamaged as error:
        yield BrokenRow(member.label, error.reason)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        yield BrokenRow(member.label, phrase("invalid_xml", count=count))


def _element(film: Any, where: str) -> Film:
    """The film of an element, which the safe parser gives without a type."""

    def get(name: str) -> str:
        return (film.findtext(name) or "").strip()

    address = get("filmlink") or get("url")
    day = known_day(get("reviewdate"))
    return Film(where, get("filmname"), "", imdb_id(get("imdbid")), get("rating"), get("quote"), day, address)
