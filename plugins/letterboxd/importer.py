"""Letterboxd's export of any age: the ZIP archive, or single files of it; and what other trackers write for its import.

No file names a title by an id of another database. The address in the diary and in reviews is that of the entry, in all
other files that of the film. The film's own rating is in ratings.csv, that of a viewing in the diary.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from movietracker.pluginapi import (
    BaseImporter,
    ImportRow,
    Member,
    Places,
    Rows,
    TableRow,
    Upload,
    columns_of,
    content_id,
    partial_date,
    phrase,
    plain_text,
    rating_on_ten,
    read_dated_table,
    release_year,
    row_of_each,
    words_of,
)

from .importable import importable_rows, is_importable
from .lists import is_list, list_rows
from .rows import SOURCE, film_row

_FILM = {"date", "name", "year"}
_ADDRESS = "letterboxd uri"
_FILM_PAGE = re.compile(r"https?://(?:www\.)?letterboxd\.com/film/")


class LetterboxdImporter(BaseImporter):
    """Reads the files of an export, those with films before those with viewings."""

    name = "letterboxd"
    label = "Letterboxd"

    def reads(self, member: Member) -> bool:
        """Whether a member has the columns of Letterboxd's films or lists, or those that it imports."""
        return _ADDRESS in columns_of(member) or is_list(member) or is_importable(member)

    def rows(self, upload: Upload) -> Rows:
        """The rows of all files but those that were deleted."""
        parts = [(_part_of(member), member) for member in upload.members if not _is_within(member, "deleted")]
        for part, read in _PARTS.items():
            for found, member in parts:
                if found == part:
                    yield from read(member)


def _part_of(member: Member) -> str | None:
    """Which part of the export a member is, by its columns; those of films alone are alike, and told apart by name."""
    if is_list(member):
        return "list"
    if is_importable(member):
        return "importable"
    columns = set(columns_of(member))
    if not columns >= _FILM:
        return None
    if "watched date" in columns:
        return "reviews" if "review" in columns else "diary"
    if "rating" in columns:
        return "ratings"
    name = member.name.lower()
    if _is_within(member, "likes"):
        return "likes"
    return next((part for part in ("watchlist", "watched") if part in name), "films")


def _is_within(member: Member, folder: str) -> bool:
    return folder in member.name.lower().split("/")[:-1]


def _films(part: str, **facts: Any) -> Callable[[Member], Rows]:
    """A reader of a file of films, each row of which states the same."""

    def read(member: Member) -> Rows:
        def made(row: TableRow) -> ImportRow:
            title = _title_of(row)
            rating = rating_on_ten(row.get("rating"), 5)
            return film_row(member, row, title, row_id=_row_id(part, row), rating=rating, **facts)

        return row_of_each(read_dated_table(member, "date"), made)

    return read


def _viewings(part: str) -> Callable[[Member], Rows]:
    """A reader of the diary or the reviews; a review without a day is of no viewing."""

    def read(member: Member) -> Rows:
        places = Places()

        def made(row: TableRow) -> ImportRow:
            day = partial_date(row.get("watched date"))
            entry = row.get(_ADDRESS)
            if not entry or _FILM_PAGE.match(entry):
                entry = places.id_of(row.get("name"), row.get("year"), day)
            return film_row(
                member,
                row,
                _title_of(row),
                row_id=f"{part}:{entry}",
                is_viewing=part == "diary" or day is not None,
                viewing_id=entry,
                watched_on=day,
                viewing_rating=rating_on_ten(row.get("rating"), 5),
                review=plain_text(row.get("review")) or None,
                tags=words_of(row.get("tags")),
                status="watched",
                needs_review=_doubt(member, row),
            )

        return row_of_each(read_dated_table(member, "watched date", "date"), made)

    return read


def _title_of(row: TableRow) -> Mapping[str, Any]:
    address = row.get(_ADDRESS)
    is_of_film = address and ("watched date" not in row.cells or _FILM_PAGE.match(address))
    return {
        "title": row.get("name") or None,
        "year": release_year(row.get("year")),
        "other_ids": ((SOURCE, address),) if is_of_film else (),
    }


def _row_id(part: str, row: TableRow) -> str:
    return f"{part}:{row.get(_ADDRESS) or content_id(row.get('name'), row.get('year'))}"


def _doubt(member: Member, row: TableRow) -> str | None:
    if _is_within(member, "orphaned") or not row.get(_ADDRESS):
        return phrase("title_removed", tracker="Letterboxd")
    return None


# Films come first, since only their rows say which film an address is.
_PARTS: Mapping[str, Callable[[Member], Rows]] = {
    "watched": _films("watched", status="watched"),
    "ratings": _films("ratings", status="watched"),
    "watchlist": _films("watchlist", status="toWatch"),
    "likes": _films("likes", liked=True),
    "films": _films("films", needs_review=phrase("watched_or_wanted")),
    "diary": _viewings("diary"),
    "reviews": _viewings("reviews"),
    "list": list_rows,
    "importable": importable_rows,
}
