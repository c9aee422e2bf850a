"""What browser scripts take from the watch history of Prime Video: several headers, in the language of the page."""

import re
from functools import partial

from movietracker.pluginapi import (
    BaseImporter,
    ImportRow,
    Member,
    Places,
    Rows,
    TableOrder,
    TableRow,
    columns_of,
    kind_of,
    known_day,
    moment_of,
    read_table,
    row_of_each,
)

_DATE = (
    *("date watched", "datum angesehen", "fecha vista", "fecha de visualización"),
    *("date regardée", "data assistida", "data de visualização", "觀看日期"),
)
_TYPE = ("type", "typ", "tipo", "類型")
_TITLE = ("title", "titel", "título", "titre", "標題")
_EPISODE = ("episode title", "episode", "folge", "folgentitel", "episodio", "épisode", "episódio", "集")
_MILLISECONDS = re.compile("[0-9]{12,13}")
_UTC = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}")


class PrimeImporter(BaseImporter):
    """Reads the tables with a column for the type; those of title and date alone are like Netflix's, and read by it."""

    name = "prime"
    label = "Prime Video (scripts)"

    def reads(self, member: Member) -> bool:
        """Whether a member has the columns of a script."""
        columns = set(columns_of(member))
        return not any(columns.isdisjoint(names) for names in (_DATE, _TYPE, _TITLE))

    def rows_of(self, member: Member) -> Rows:
        """A row for each line."""
        return row_of_each(read_table(member), partial(_row, member, TableOrder(member, *_DATE), Places()))


def _row(member: Member, order: TableOrder, places: Places, row: TableRow) -> ImportRow:
    kind = kind_of(row.get(*_TYPE))
    if row.get(*_EPISODE) or kind == "tv":
        kind = "episode"  # nobody watches a series on one day
    moment = _moment(row.get(*_DATE))
    return ImportRow(
        source="prime",
        row_id=places.id_of(row.get(*_TITLE), row.get(*_EPISODE), row.get(*_DATE)),
        where=member.at(row.line),
        kind=kind,
        title=row.get(*_TITLE) or None,
        is_viewing=True,
        watched_at=moment,
        watched_on=None if moment is not None else known_day(order.read(row.get(*_DATE)) or ""),
        status="watched",
    )


def _moment(text: str) -> float | None:
    """A moment in ISO form or in milliseconds; one without its distance from UTC, to the millisecond, is in UTC."""
    if _MILLISECONDS.fullmatch(text):
        return int(text) / 1000
    return moment_of(f"{text}Z" if _UTC.fullmatch(text) else text)
