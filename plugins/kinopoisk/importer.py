"""Kinopoisk: a table of ratings to ten, with the Russian and the original title."""

from functools import partial

from movietracker.pluginapi import (
    ImportRow,
    Member,
    Rows,
    TableImporter,
    TableRow,
    content_id,
    known_day,
    rating_on_ten,
    read_dated_table,
    release_year,
    row_of_each,
)


class KinopoiskImporter(TableImporter):
    """A rating says that a title was seen, not when."""

    name = "kinopoisk"
    label = "Kinopoisk"
    columns = frozenset({"id", "nameeng", "namerus", "rating", "year"})

    def rows_of(self, member: Member) -> Rows:
        """A row for each line."""
        return row_of_each(read_dated_table(member, "date"), partial(_row, member))


def _row(member: Member, row: TableRow) -> ImportRow:
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
        added_on=known_day(row.get("date")),
    )
