"""Kinopoisk: a table of ratings to ten, with the Russian and the original title."""

from collections.abc import Iterator

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
    known_day,
    rating_on_ten,
    read_table,
    release_year,
)

_COLUMNS = {"id", "nameeng", "namerus", "rating", "year"}


class KinopoiskImporter:
    """A rating says that a title was seen, not when."""

    name = "kinopoisk"
    label = "Kinopoisk"
    priority = 50

    def recognizes(self, upload: Upload) -> bool:
        """Whether a member has the columns of Kinopoisk."""
        return any(map(_is_table, upload.members))

    def rows(self, upload: Upload) -> Iterator[ImportRow | BrokenRow]:
        """The rows of all tables."""
        for member in filter(_is_table, upload.members):
            order = date_order(row.get("date") for row in read_table(member) if isinstance(row, TableRow))
            for row in read_table(member):
                yield row if isinstance(row, BrokenRow) else _row(member, row, order)


def _is_table(member: Member) -> bool:
    return set(columns_of(member)) >= _COLUMNS


def _row(member: Member, row: TableRow, order: DateOrder) -> ImportRow:
    number = row.get("id")
    return ImportRow(
        source="kinopoisk",
        row_id=number or content_id(row.get("nameeng"), row.get("namerus"), row.get("year")),
        where=member.at(row.line),
        kind="tv" if "/series/" in row.get("link") else "movie" if "/film/" in row.get("link") else None,
        title=row.get("namerus", "nameeng") or None,
        original_title=row.get("nameeng") or None,
        year=release_year(row.get("year")),
        other_ids=(("kinopoisk", number),) if number else (),
        rating=rating_on_ten(row.get("rating"), 10),
        status="watched",
        added_on=known_day(order.read(row.get("date")) or ""),
    )
