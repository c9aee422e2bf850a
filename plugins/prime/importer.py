"""What browser scripts take from the watch history of Prime Video: several headers, in English and German."""

import re
from collections.abc import Iterator

from movietracker.pluginapi import (
    BrokenRow,
    DateOrder,
    ImportRow,
    Member,
    Places,
    TableRow,
    Upload,
    columns_of,
    date_order,
    kind_of,
    known_day,
    moment_of,
    read_table,
)

_HEADERS = ({"date watched", "type", "title"}, {"datum angesehen", "typ", "titel"})
_DATE = ("date watched", "datum angesehen")
_EPISODE = ("episode title", "episode", "folge", "folgentitel")
_MILLISECONDS = re.compile("[0-9]{12,13}")

Rows = Iterator[ImportRow | BrokenRow]


class PrimeImporter:
    """Reads the tables with a column for the type; those of title and date alone are like Netflix's, and read by it."""

    name = "prime"
    label = "Prime Video (scripts)"
    priority = 50

    def recognizes(self, upload: Upload) -> bool:
        """Whether a member has the columns of a script."""
        return any(map(_is_history, upload.members))

    def rows(self, upload: Upload) -> Rows:
        """The rows of all tables."""
        for member in filter(_is_history, upload.members):
            order = date_order(row.get(*_DATE) for row in read_table(member) if isinstance(row, TableRow))
            places = Places()
            for row in read_table(member):
                yield row if isinstance(row, BrokenRow) else _row(member, row, order, places)


def _is_history(member: Member) -> bool:
    return any(header <= set(columns_of(member)) for header in _HEADERS)


def _row(member: Member, row: TableRow, order: DateOrder, places: Places) -> ImportRow:
    kind = kind_of(row.get("type", "typ"))
    if row.get(*_EPISODE) or kind == "tv":
        kind = "episode"  # nobody watches a series on one day
    moment = _moment(row.get(*_DATE))
    return ImportRow(
        source="prime",
        row_id=places.id_of(row.get("title", "titel"), row.get(*_EPISODE), row.get(*_DATE)),
        where=member.at(row.line),
        kind=kind,
        title=row.get("title", "titel") or None,
        is_viewing=True,
        watched_at=moment,
        watched_on=None if moment is not None else known_day(order.read(row.get(*_DATE)) or ""),
        status="watched",
    )


def _moment(text: str) -> float | None:
    """A moment in ISO form or in milliseconds."""
    return int(text) / 1000 if _MILLISECONDS.fullmatch(text) else moment_of(text)
