"""Whether a row is what its contract says; importers are third-party code, and their files anyone's."""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

from ..phrases import Phrase, phrase
from ..plugin.importers import ImportRow, ListPlace, Recommender
from ..schemas.dates import PARTIAL_DATE, WATCHED_AT
from ..schemas.values import Fault, is_imdb_id
from ..uploads.cells import MAX_NUMERIC_ID
from ..uploads.tables import MAX_CELL_LENGTH

MAX_NAME_LENGTH = 500
MAX_PARTS = 1_000

Check = Callable[[Any], bool]


def fault_of_row(row: ImportRow) -> Phrase | None:
    """Why a row cannot be used, as a phrase; None if it can."""
    if not (row.title or row.imdb_id or row.tmdb_id or row.tvdb_id or row.other_ids):
        return phrase("without_title_or_id")
    if isinstance(row.title, str) and "\n" in row.title:  # no tracker's titles have several lines
        return phrase("title_of_several_lines")
    for value, (name, is_valid) in zip(_VALUES(row), _CHECKS.items(), strict=True):
        if value is not None and value != () and not is_valid(value):
            return phrase("invalid_field", field=name.replace("_", " "))
    return None


def _is_name(value: Any) -> bool:
    return _is_text(value) and 0 < len(value) <= MAX_NAME_LENGTH


def _is_text(value: Any) -> bool:
    if not isinstance(value, str) or len(value) > MAX_CELL_LENGTH or "\0" in value:
        return False
    return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)


def _is_rating(value: Any) -> bool:
    return isinstance(value, float) and 1 <= value <= 10


def _is_id(value: Any) -> bool:
    return type(value) is int and 0 < value <= MAX_NUMERIC_ID


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _one_of(*words: str) -> Check:
    return lambda value: value in words


def _each(is_valid: Check) -> Check:
    return lambda value: isinstance(value, tuple) and len(value) <= MAX_PARTS and all(map(is_valid, value))


def _passes(check: Callable[[Any], Any]) -> Check:
    def is_valid(value: Any) -> bool:
        try:
            check(value)
        except Fault:
            return False
        return True

    return is_valid


_is_moment = _passes(WATCHED_AT.check)


def _is_place(value: Any) -> bool:
    if not isinstance(value, ListPlace) or not _is_name(value.name):
        return False
    has_position = value.position is None or _is_id(value.position)
    has_position = has_position and isinstance(value.is_status, bool)
    return has_position and (value.description is None or _is_text(value.description))


def _is_recommender(value: Any) -> bool:
    if not isinstance(value, Recommender) or not isinstance(value.vote, bool):
        return False
    has_moment = value.told_at is None or _is_moment(value.told_at)
    is_said = _is_name(value.name) and _is_text(value.written_as) and (value.note is None or _is_text(value.note))
    return has_moment and is_said


def _is_other_id(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(map(_is_name, value))


_CHECKS: Mapping[str, Check] = {
    "source": _is_name,
    "row_id": _is_name,
    "where": _is_text,
    "kind": _one_of("movie", "tv", "episode", "other"),
    "title": _is_name,
    "original_title": _is_name,
    "year": lambda value: type(value) is int and 1800 <= value <= 2999,
    "imdb_id": lambda value: isinstance(value, str) and is_imdb_id(value),
    "tmdb_id": _is_id,
    "tvdb_id": _is_id,
    "other_ids": _each(_is_other_id),
    "is_viewing": _is_flag,
    "viewing_id": _is_name,
    "is_counted": _is_flag,
    "watched_on": _passes(PARTIAL_DATE.check),
    "watched_at": _is_moment,
    "viewing_rating": _is_rating,
    "review": _is_text,
    "rating": _is_rating,
    "liked": _is_flag,
    "note": _is_text,
    "tags": _each(_is_text),
    "status": _one_of("toWatch", "watched"),
    "added_on": _passes(PARTIAL_DATE.check),
    "added_at": _is_moment,
    "list_place": _is_place,
    "told_by": _is_text,
    "asides": _each(_is_text),
    "heading": _is_text,
    "recommended_by": _each(_is_recommender),
    "needs_review": _is_text,
}

_VALUES = attrgetter(*_CHECKS)
