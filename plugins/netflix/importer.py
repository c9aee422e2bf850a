"""Netflix: the viewing history of a profile, and the tables of the full archive.

The history is a title and a day, in the language and the order of days and months of the account. An episode shows by
the word for its season, in some of those languages.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from movietracker.pluginapi import (
    BaseImporter,
    ImportRow,
    Kind,
    Member,
    Places,
    Rows,
    TableRow,
    Upload,
    columns_of,
    content_id,
    known_day,
    phrase,
    rating_on_ten,
    read_dated_table,
    read_table,
    rows_of_each,
)

_PARTS = {
    "history": {"title", "date"},
    "activity": {"title", "profile name", "supplemental video type"},
    "ratings": {"title name", "profile name", "thumbs value"},
    "wishes": {"title name", "profile name", "utc title add date"},
}
_DATES = ("date", "start time", "starttime", "event utc ts", "utc title add date")
_NO_VIEWING = re.compile(r"_hook_|^(?:Season \d+ )?Clip(?: \d+)?:|\((?:Official )?(?:Teaser )?Trailer(?: \d+)?\)\s*$")
_AUTOPLAYED = "Autoplayed: user action: None;"
_CONTINUED = "Not latest view"
_SEASON = re.compile(
    r":\s*(?:[\w.'’]+\s){0,2}?(?:season|series|part|chapter|episode|volume|book|limited series|staffel|teil|folge|"
    r"saison|partie|épisode|temporada|parte|capítulo|episodio|stagione|seizoen|sæson|säsong|sesong|kausi|sezon|sezonul|сезон|"
    r"シーズン|시즌|mini-?series|miniserie)\b[^:]*:|"
    r"\((?:episode|folge|épisode|episodio|episódio|capítulo) [0-9]+\)\s*$",
    re.IGNORECASE,
)


class NetflixImporter(BaseImporter):
    """Reads the history, and of the archive what was watched, rated and wanted."""

    name = "netflix"
    label = "Netflix"

    def reads(self, member: Member) -> bool:
        """Whether a member has the columns of one of the tables."""
        return _part_of(member) is not None

    def rows(self, upload: Upload) -> Rows:
        """The rows of all tables."""
        has_profiles = _has_profiles(upload)
        for member in upload.members:
            if part := _part_of(member):
                made = partial(_rows, member, _READERS[part], Places(), has_profiles)
                yield from rows_of_each(read_dated_table(member, *_DATES), made)


def _part_of(member: Member) -> str | None:
    columns = set(columns_of(member)) - {""}
    if columns == _PARTS["history"]:
        return "history"
    return next((part for part, wanted in _PARTS.items() if part != "history" and wanted <= columns), None)


def _has_profiles(upload: Upload) -> bool:
    """Whether the rows are of several profiles."""
    names = (name for member in upload.members for name in _profiles(member))
    first = next(names, None)
    return any(name != first for name in names)


def _profiles(member: Member) -> Iterator[str]:
    if _part_of(member) in (None, "history"):
        return
    for row in read_table(member):
        if isinstance(row, TableRow) and (name := row.get("profile name")):
            yield name


def _rows(member: Member, read: "Reader", places: Places, has_profiles: bool, row: TableRow) -> Iterator[ImportRow]:
    facts = read(row, places)
    if facts and has_profiles:
        facts["needs_review"] = phrase("of_profile", profile=row.get("profile name"))
    if facts:
        yield ImportRow(source="netflix", where=member.at(row.line), **facts)


def _of_history(row: TableRow, places: Places) -> dict[str, Any]:
    return _viewing(row.get("title"), known_day(row.get("date")), places)


def _of_activity(row: TableRow, places: Places) -> dict[str, Any]:
    facts = _viewing(row.get("title"), known_day(row.get("start time", "starttime")), places)
    if _is_no_viewing(row):
        facts["kind"] = "other"
    return facts


def _is_no_viewing(row: TableRow) -> bool:
    """Whether this was a trailer or the like, began by itself, or was gone on with later: then that is the viewing."""
    began_alone = _AUTOPLAYED in row.get("attributes") or row.get("latest bookmark") == _CONTINUED
    return bool(row.get("supplemental video type")) or began_alone or _NO_VIEWING.search(row.get("title")) is not None


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
        "needs_review": phrase("perhaps_an_episode") if is_doubtful else None,
    }


def _of_ratings(row: TableRow, places: Places) -> dict[str, Any]:
    """Stars, else thumbs (1 down, 2 up, 3 twice up); none for 0 and less: taken back, not interested, not seen."""
    stars, thumbs = rating_on_ten(row.get("star value"), 5), row.get("thumbs value")
    if stars is None and (row.get("star value") or thumbs not in ("1", "2", "3")):
        return {}
    return {
        "row_id": f"rating:{content_id(row.get('profile name'), row.get('title name'))}",
        "title": row.get("title name") or None,
        "rating": stars,
        "liked": thumbs != "1" if stars is None else None,
        "status": "watched",
        "added_on": known_day(row.get("event utc ts")),
    }


def _of_wishes(row: TableRow, places: Places) -> dict[str, Any]:
    return {
        "row_id": f"wish:{content_id(row.get('profile name'), row.get('title name'))}",
        "title": row.get("title name") or None,
        "status": "toWatch",
        "added_on": known_day(row.get("utc title add date")),
    }


Reader = Callable[[TableRow, Places], dict[str, Any]]
_READERS: Mapping[str, Reader] = {
    "history": _of_history,
    "activity": _of_activity,
    "ratings": _of_ratings,
    "wishes": _of_wishes,
}
