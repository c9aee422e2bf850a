"""Our own document, those of the original backend of versions 1 and 2, and the table of its script.

The table is ``Name,Watched,Recommended By``. Documents of version 1 name recommenders by the ids of the file's people,
which may stand behind the titles.
"""

from functools import partial

from movietracker.pluginapi import (
    BaseImporter,
    BrokenRow,
    ImportRow,
    JsonItem,
    Member,
    Rows,
    TableOrder,
    TableRow,
    columns_of,
    content_id,
    imdb_id,
    is_yes,
    json_keys,
    known_day,
    phrase,
    read_json,
    read_table,
    row_of_each,
    rows_of_each,
    title_and_year,
)

from .documents import SOURCE, Names, rows_of_movie

_TABLE = {"name", "watched", "recommended by"}
_OF_MOVIES = {"recommendations", "watch_history", "status"}


class OriginalImporter(BaseImporter):
    """Reads titles with votes, viewings, marks and lists; rankings and details are for ``POST /api/backup/import``."""

    name = SOURCE
    label = "movietracker (JSON), or the original backend"

    def reads(self, member: Member) -> bool:
        """Whether a member is a document or the table."""
        return _is_document(member) or _is_table(member)

    def rows_of(self, member: Member) -> Rows:
        """The rows of a document or table."""
        if _is_document(member):
            return _of_document(member)
        return row_of_each(read_table(member), partial(_row, member, TableOrder(member, "watched")))


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
    yield from rows_of_each(read_json(member, "movies"), partial(_of_movie, names))


def _of_movie(names: Names, item: JsonItem) -> Rows:
    if not isinstance(item.value, dict) or imdb_id(item.value.get("imdb_id")) is None:
        yield BrokenRow(item.where, phrase("without_imdb_id"))
    else:
        yield from rows_of_movie(item.value, item.where, names)


def _row(member: Member, order: TableOrder, row: TableRow) -> ImportRow:
    day = known_day(order.read(row.get("watched")) or "")
    is_seen = day is not None or is_yes(row.get("watched")) or row.get("watched").lower() == "watched"
    title, year = title_and_year(row.get("name"))
    return ImportRow(
        source=SOURCE,
        row_id=f"table:{content_id(row.get('name'), row.get('watched'), row.get('recommended by'))}",
        where=member.at(row.line),
        title=title,
        year=year,
        is_viewing=day is not None,
        watched_on=day,
        status="watched" if is_seen else "toWatch",
        told_by=row.get("recommended by") or None,
    )
