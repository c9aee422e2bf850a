"""What the rows of all of Letterboxd's files have in common."""

from collections.abc import Mapping
from typing import Any

from movietracker.pluginapi import ImportRow, Member, TableRow, partial_date

SOURCE = "letterboxd"


def film_row(member: Member, row: TableRow, title: Mapping[str, Any], **facts: Any) -> ImportRow:
    """A row of a film; ``Date`` is when Letterboxd was told, not when the film was watched."""
    added_on = partial_date(row.get("date"))
    return ImportRow(source=SOURCE, where=member.at(row.line), added_on=added_on, **title, **facts)
