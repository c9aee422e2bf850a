"""Rows of titles in a list that somebody keeps by hand; without a sign that one was seen, it is wanted."""

from collections.abc import Mapping, Sequence
from typing import Literal

from movietracker.pluginapi import (
    ImportRow,
    content_id,
    fold_words,
    imdb_id,
    kind_of,
    numeric_id,
    release_year,
    words_of,
)

from .columns import Columns, Scale, seen_of
from .entries import Entry, read_entry, tells

SOURCE = "handwritten"
_SEEN = frozenset(("watched", "seen", "done", "finished", "gesehen", "vus", "visti"))
_NOT_SEEN = frozenset(("to", "not", "un", "yet", "want", "wants", "wanted", "never", "should", "nicht", "noch"))


def row_of_entry(entry: Entry, where: str, headings: Sequence[str] = (), **told: str | None) -> ImportRow:
    """The row of a line; ``told`` may be its told_by and note."""
    heading, told_by = _heading(headings), told.get("told_by")
    is_seen = entry.seen if entry.seen is not None else any(map(_speaks_of_seen, headings))
    named = (entry.title, entry.year, entry.imdb_id, entry.tmdb_id, entry.watched_on)
    return ImportRow(
        source=SOURCE,
        row_id=content_id(*named, heading, told_by, *entry.asides),
        where=where,
        kind=entry.kind,
        title=entry.title or None,
        year=entry.year,
        imdb_id=entry.imdb_id,
        tmdb_id=entry.tmdb_id,
        is_viewing=entry.watched_on is not None,
        watched_on=entry.watched_on,
        rating=entry.rating,
        note=told.get("note") or "; ".join(entry.asides) or None,
        tags=entry.tags,
        status=_status(is_seen or entry.watched_on is not None),
        told_by=told_by,
        asides=tuple(entry.asides),
        heading=heading,
        needs_review=entry.needs_review,
    )


def row_of_cells(
    cells: Mapping[str, str], where: str, columns: Columns, scale: Scale, headings: Sequence[str] = ()
) -> ImportRow:
    """The row of a table."""
    entry = _entry_of(cells, columns)
    entry.imdb_id = imdb_id(columns.get(cells, "imdb")) or entry.imdb_id
    entry.tmdb_id = numeric_id(columns.get(cells, "tmdb")) or entry.tmdb_id
    entry.kind = kind_of(columns.get(cells, "kind")) or entry.kind
    entry.rating = scale.rating(columns.get(cells, "rating")) or entry.rating
    entry.tags = words_of(columns.get(cells, "tags")) or entry.tags
    for meaning in ("status", "watched", *(("date",) if columns.is_of_club else ())):
        cell = columns.get(cells, meaning)
        seen, day = seen_of(cell, scale.order)
        entry.needs_review = entry.needs_review or scale.order.doubt(cell)
        entry.seen = entry.seen if seen is None else seen
        entry.watched_on = day or entry.watched_on
    if entry.seen is None and entry.rating is not None:
        entry.seen = True
    told_by, note = columns.told_by(cells), columns.get(cells, "note")
    return row_of_entry(entry, where, headings, told_by=told_by, note=note)


def _entry_of(cells: Mapping[str, str], columns: Columns) -> Entry:
    """The title of a row, which may have its year and more behind it, unless there is a column for the year."""
    title, year = columns.get(cells, "title"), release_year(columns.get(cells, "year"))
    if year is not None:
        return Entry(title, year)
    return read_entry(title)


def _heading(headings: Sequence[str]) -> str | None:
    """The innermost heading that speaks of recommending, else the innermost one."""
    return next(filter(tells, reversed(headings)), headings[-1] if headings else None)


def _speaks_of_seen(heading: str) -> bool:
    words = set(fold_words(heading))
    return not words.isdisjoint(_SEEN) and words.isdisjoint(_NOT_SEEN)


def _status(is_seen: bool) -> Literal["toWatch", "watched"]:
    return "watched" if is_seen else "toWatch"
