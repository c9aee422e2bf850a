"""Netflix: the viewing history of a profile, and the tables of the full archive.

The history is a title and a day, in the language and the order of days and months of the account. An episode shows by
the word for its season, in some of those languages.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from movietracker.pluginapi import (
    BrokenRow,
    DateOrder,
    ImportRow,
    Kind,
    Member,
    Places,
    TableRow,
    Upload,
    columns_of,
    content_id,
    date_order,
    known_day,
    rating_on_ten,
    read_table,
)

_PARTS = {
    "history": {"title", "date"},
    "activity": {"title", "profile name", "supplemental video type"},
    "ratings": {"title name", "profile name", "thumbs value"},
    "wishes": {"title name", "profile name", "utc title add date"},
}
_SEASON = re.compile(
    r":\s*(?:[\w.'’]+\s){0,2}?(?:season|series|part|chapter|episode|volume|book|limited series|staffel|teil|folge|"
    r"saison|partie|épisode|temporada|parte|capítulo|episodio|stagione|seizoen|sæson|säsong|sesong|kausi|sezon|sezonul|сезон|"
    r"シーズン|시즌|mini-?series|miniserie)\b[^:]*:",
    re.IGNORECASE,
)

Rows = Iterator[ImportRow | BrokenRow]


class NetflixImporter:
    """Reads the history, and of the archive what was watched, rated and wanted."""

    name = "netflix"
    label = "Netflix"
    priority = 50

    def recognizes(self, upload: Upload) -> bool:
        """Whether a member has the columns of one of the tables."""
        return any(_part_of(member) is not None for member in upload.members)

    def rows(self, upload: Upload) -> Rows:
        """The rows of all tables."""
        profiles = {name for member in upload.members for name in _profiles(member)}
        for member in upload.members:
            if part := _part_of(member):
                yield from _rows(member, _READERS[part], has_profiles=len(profiles) > 1)


def _part_of(member: Member) -> str | None:
    columns = set(columns_of(member)) - {""}
    if columns == _PARTS["history"]:
        return "history"
    return next((part for part, wanted in _PARTS.items() if part != "history" and wanted <= columns), None)


def _profiles(member: Member) -> Iterator[str]:
    if _part_of(member) in (None, "history"):
        return
    for row in read_table(member):
        if isinstance(row, TableRow) and (name := row.get("profile name")):
            yield name


def _rows(member: Member, read: "Reader", *, has_profiles: bool) -> Rows:
    order = date_order(row.get("date") for row in read_table(member) if isinstance(row, TableRow))
    places = Places()
    for row in read_table(member):
        if isinstance(row, BrokenRow):
            yield row
            continue
        facts = read(row, order, places)
        if has_profiles:
            facts["needs_review"] = f"is of the profile {row.get('profile name')}"
        yield ImportRow(source="netflix", where=member.at(row.line), **facts)


def _of_history(row: TableRow, order: DateOrder, places: Places) -> dict[str, Any]:
    return _viewing(row.get("title"), known_day(order.read(row.get("date")) or ""), places)


def _of_activity(row: TableRow, order: DateOrder, places: Places) -> dict[str, Any]:
    facts = _viewing(row.get("title"), known_day(row.get("start time", "starttime")), places)
    if row.get("supplemental video type"):
        facts["kind"] = "other"  # trailers and the like
    return facts


def _viewing(title: str, day: str | None, places: Places) -> dict[str, Any]:
    kind: Kind | None = "episode" if _SEASON.search(title) else None
    is_doubtful = kind is None and title.count(":") > 1
    return {
        "row_id": f"viewing:{places.id_of(title, day)}",
        "title": title or None,
        "kind": kind,
        "is_viewing": True,
        "watched_on": day,
        "status": "watched",
        "needs_review": "may be an episode" if is_doubtful else None,
    }


def _of_ratings(row: TableRow, order: DateOrder, places: Places) -> dict[str, Any]:
    thumbs = row.get("thumbs value")
    return {
        "row_id": f"rating:{content_id(row.get('profile name'), row.get('title name'))}",
        "title": row.get("title name") or None,
        "rating": rating_on_ten(row.get("star value"), 5),
        "liked": None if thumbs not in ("1", "2", "3") else thumbs != "1",
        "status": "watched",
        "added_on": known_day(row.get("event utc ts")),
    }


def _of_wishes(row: TableRow, order: DateOrder, places: Places) -> dict[str, Any]:
    return {
        "row_id": f"wish:{content_id(row.get('profile name'), row.get('title name'))}",
        "title": row.get("title name") or None,
        "status": "toWatch",
        "added_on": known_day(row.get("utc title add date")),
    }


Reader = Callable[[TableRow, DateOrder, Places], dict[str, Any]]
_READERS: Mapping[str, Reader] = {
    "history": _of_history,
    "activity": _of_activity,
    "ratings": _of_ratings,
    "wishes": _of_wishes,
}
