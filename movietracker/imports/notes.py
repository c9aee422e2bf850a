"""What rows say in words, and whether that is about a viewing or a recommendation."""

import re
from collections import Counter

from ..models.movie import MAX_NOTE_LENGTH
from ..plugin.importers import ImportRow
from ..schemas.importing import ReportCount

CUT = "…"
"""What a note ends with that was too long."""


def own_note(row: ImportRow) -> str | None:
    """What the note of a row says beside the names of recommenders that were found in it."""
    found_in = {told.written_as for told in row.recommended_by}
    note = row.note or ""
    parts = note.split("; ") if row.asides else [note]  # with asides, the note repeats them
    return "; ".join(part for part in parts if part not in found_in) or None


def texts_of(row: ImportRow) -> list[str]:
    """What a row says of a viewing."""
    return [text for text in (row.review, own_note(row)) if text]


def says(note: str, text: str) -> bool:
    """Whether a note has a text as lines of its own, the last one perhaps cut."""
    if f"\n{text}\n" in f"\n{note}\n":
        return True
    kept = note.removesuffix(CUT)
    begins = (0, *(found.end() for found in re.finditer("\n", kept)))
    return kept != note and any(text.startswith(kept[begin:] or note) for begin in begins)


def has_note_on_seen(row: ImportRow) -> bool:
    """Whether a row has a note on a title that was seen, which is one on a viewing."""
    return row.status == "watched" and own_note(row) is not None


def takes_note(row: ImportRow) -> bool:
    """Whether a viewing or a recommendation takes the note of a row."""
    is_of_viewing = row.is_viewing or row.review or has_note_on_seen(row)
    return bool(is_of_viewing or any(told.note is None for told in row.recommended_by))


def cut(note: str | None, counts: Counter[ReportCount]) -> str | None:
    """A note as it is stored, of MAX_NOTE_LENGTH characters at most; None if it is blank."""
    if note is None or not note.strip():
        return None
    if len(note) <= MAX_NOTE_LENGTH:
        return note
    counts["notes_cut"] += 1
    return note[: MAX_NOTE_LENGTH - len(CUT)].rstrip() + CUT
