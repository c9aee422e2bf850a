"""Letterboxd's lists: two lines about the list, then its titles.

The first line is empty, or ``Letterboxd list export v7``; names and values of the list follow; the descriptions, of the
list and of each title, are HTML.
"""

from collections.abc import Sequence
from pathlib import PurePosixPath

from movietracker.pluginapi import (
    BrokenRow,
    ImportRow,
    ListPlace,
    Member,
    MemberDamaged,
    Rows,
    TableRow,
    columns_of,
    content_id,
    leading_rows,
    numeric_id,
    plain_text,
    read_table,
    release_year,
    row_of_each,
)

from .rows import SOURCE, film_row

_ABOUT = ("date", "name", "tags", "url", "description")
_TITLES = ("position", "name", "url")


def is_list(member: Member) -> bool:
    """Whether a member has the columns of a list."""
    return bool(columns_of(member, _ABOUT) == _ABOUT or columns_of(member, _TITLES))


def list_rows(member: Member) -> Rows:
    """The titles of a list, with what is said of each."""
    try:
        about = _about(leading_rows(member, _TITLES))
    except MemberDamaged as error:
        yield BrokenRow(member.label, error.reason)
        return
    name = about.get("name") or PurePosixPath(member.name).stem
    description = plain_text(about.get("description", "")) or None

    def made(row: TableRow) -> ImportRow:
        address, title = row.get("url"), row.get("name")
        named = {
            "title": title or None,
            "year": release_year(row.get("year")),
            "other_ids": ((SOURCE, address),) if address else (),
        }
        return film_row(
            member,
            row,
            named,
            row_id=f"list:{content_id(name, address or (title, row.get('year')))}",
            list_place=ListPlace(name, numeric_id(row.get("position")), description),
            note=plain_text(row.get("description")) or None,
        )

    yield from row_of_each(read_table(member, _TITLES), made)


def _about(rows: Sequence[Sequence[str]]) -> dict[str, str]:
    """What is said of the list itself."""
    for place, row in enumerate(rows[:-1]):
        if tuple(cell.strip().lower() for cell in row) == _ABOUT:
            return dict(zip(_ABOUT, (cell.strip() for cell in rows[place + 1]), strict=False))
    return {}
