"""The tables of an original installation: which columns are read, and what they may hold, as imports check it."""

from contextlib import suppress
from itertools import chain
from typing import Any, NamedTuple

import orjson

from ..schemas import values
from ..schemas.fields import checks_of
from ..schemas.movie import WatchFields
from ..schemas.values import Check, Fault

MAX_DEPTH = 32
"""Levels of the details of a title; in a document they stand some levels deep, and it has a limit, too."""

_WORDS = {"true": 1, "false": 0}
_WATCH = checks_of(WatchFields)


def _loose(check: Check) -> Check:
    """The same check, for a number that may be stored as text."""

    def read(value: Any) -> Any:
        if isinstance(value, str):
            word = value.strip().lower()
            with suppress(ValueError):  # the check says what is wrong
                value = _WORDS[word] if word in _WORDS else float(word)
        return check(value)

    return read


def _flag(value: Any) -> bool:
    taken: bool = values.FLAG.check(bool(value) if value in (0, 1) else value)
    return taken


def _anything(value: Any) -> Any:
    return value


def _is_flat(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        inner = [each.values() if isinstance(each, dict) else each for each in level if isinstance(each, dict | list)]
        level = list(chain.from_iterable(inner))
    return not level


def _json_object(value: Any) -> dict[str, Any] | None:
    try:
        parsed = orjson.loads(value)
    except (ValueError, TypeError):
        raise Fault("is broken JSON") from None
    if parsed is None:
        return None
    if not _is_flat(parsed):
        raise Fault(f"must not be nested more than {MAX_DEPTH} levels deep")
    checked: dict[str, Any] = values.OBJECT.check(parsed)
    return checked or None


_MOMENT = _loose(values.MOMENT.check)
_IMDB_ID = values.IMDB_ID.check


class TableForm(NamedTuple):
    """The columns of a table that are read, with their checks; those that name a row, and those it needs."""

    columns: dict[str, Check]
    key: tuple[str, ...]
    required: tuple[str, ...]


FORMS = {
    "people": TableForm(
        {
            "id": _anything,
            "name": values.NAME.check,
            "is_trusted": _loose(_flag),
            "color": values.COLOR.check,
            "emoji": values.EMOJI.check,
            "quick_key": values.QUICK_KEY.check,
            "last_modified": _MOMENT,
        },
        ("id", "name"),
        ("name",),
    ),
    "custom_lists": TableForm(
        {
            "id": values.UUID.check,
            "name": values.NAME.check,
            "color": values.COLOR.check,
            "icon": values.ICON.check,
            "position": _loose(values.POSITION.check),
            "created_at": _MOMENT,
            "last_modified": _MOMENT,
        },
        ("id",),
        ("id", "name"),
    ),
    "movies": TableForm(
        {
            "imdb_id": _IMDB_ID,
            "media_type": values.MEDIA_TYPE.check,
            "tmdb_data": _json_object,
            "omdb_data": _json_object,
            "last_modified": _MOMENT,
        },
        ("imdb_id",),
        ("imdb_id",),
    ),
    "movie_status": TableForm(
        {
            "imdb_id": _IMDB_ID,
            "status": values.one_of([*values.STATUS.schema["enum"], "questionable"], "toWatch").check,
            "custom_list_id": values.UUID.check,
        },
        ("imdb_id",),
        ("imdb_id", "status"),
    ),
    "watch_history": TableForm(
        {
            "imdb_id": _IMDB_ID,
            "date_watched": _loose(_WATCH["date_watched"].check),
            "my_rating": _loose(values.RATING.check),
        },
        ("imdb_id",),
        ("imdb_id",),
    ),
    "recommendations": TableForm(
        {
            "id": _anything,
            "imdb_id": _IMDB_ID,
            "person_id": _anything,
            "person": values.NAME.check,
            "date_recommended": _MOMENT,
            "vote_type": _loose(values.VOTE.check),
        },
        ("id", "imdb_id"),
        ("imdb_id",),
    ),
    "movie_rankings": TableForm(
        {
            "imdb_id": _IMDB_ID,
            "liked": _loose(_flag),
            "position": _loose(values.whole(1, 1, values.MAX_WHOLE).check),
            "ranked_at": _MOMENT,
        },
        ("imdb_id",),
        ("imdb_id", "liked", "position"),
    ),
}
"""The tables of a library, in the order in which they are reported."""

ACCOUNT_COLUMNS = ("id", "email", "username", "hashed_password", "created_at", "is_active", "backup_enabled")
MOMENT, FLAG = _MOMENT, _loose(_flag)
