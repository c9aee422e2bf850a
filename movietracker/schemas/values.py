"""What a value may be, said once: for requests, sync actions, backup documents, responses and the OpenAPI document.

A check is a plain function, because an import runs a million of them: it returns the value as it is stored, or raises
Fault with the end of a sentence that begins with the name of the field, such as "must be true or false".
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from ..models.movie import MAX_NOTE_LENGTH, MAX_TAG_LENGTH, MEDIA_TYPES, STATUSES
from ..text import fold

Check = Callable[[Any], Any]

MAX_SECONDS = 10_000_000_000
"""Beyond this a time is in milliseconds (older clients send those); as seconds it would be the year 2286."""

MAX_NAME_LENGTH = 200
UNSEEN = "must have a character that can be seen"
MAX_SIGNED = 2**63 - 1
MAX_WHOLE = 2**53 - 1
"""The largest whole number that a JavaScript client can hold."""

_IMDB_ID = re.compile("tt[0-9]{7,17}")
_VIEWING_ID = re.compile("[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_VOTE_WORDS = {"upvote": True, "downvote": False}
_HUGE = 1e308


class Fault(ValueError):
    """A value that cannot be; the message says why."""


class Value(NamedTuple):
    """A kind of value: its check, its JSON Schema, and an example."""

    check: Check
    schema: Mapping[str, Any]
    example: Any


def text(
    example: str = "text", *, low: int = 0, high: int | None = None, trim: bool = False, seen: bool = False
) -> Value:
    """Text of so many characters, after ``trim`` has removed white space at its ends; ``seen``: one of them shows."""

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise Fault("must be text")
        if "\x00" in value:
            raise Fault("must not contain NUL characters")  # PostgreSQL cannot store them
        if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
            raise Fault("must be Unicode text")  # half a character, which no database stores
        taken = value.strip() if trim else value
        if len(taken) < low or (high is not None and len(taken) > high):
            raise Fault(f"must have {low} to {high} characters")
        if seen and is_unseen(taken):
            raise Fault(UNSEEN)
        return taken

    bounds = {"minLength": low or None, "maxLength": high}
    return Value(check, {"type": "string", **{name: each for name, each in bounds.items() if each}}, example)


def number(example: float, low: float | None = None, high: float | None = None) -> Value:
    """A finite number between two others."""
    return _ranged("number", _number, example, low, high)


def whole(example: int, low: int | None = None, high: int | None = None) -> Value:
    """A whole number between two others."""
    return _ranged("integer", _whole, example, low, high)


def one_of(words: Sequence[str], example: str) -> Value:
    """One of these words."""

    def check(value: Any) -> str:
        if value not in words:
            raise Fault(f"must be one of: {', '.join(words)}")
        return str(value)

    return Value(check, {"type": "string", "enum": list(words)}, example)


def normal_form(name: str) -> str:
    """The form in which names are stored and compared: trimmed, in Unicode NFC, so that what looks equal is."""
    return unicodedata.normalize("NFC", name.strip())


@lru_cache(maxsize=1000)  # the same few people recommend everything
def _stored_name(given: str, most: int) -> str:
    name = normal_form(TEXT.check(given))
    if not name:
        raise Fault("must not be empty")
    if len(name) > most:
        raise Fault(f"must have at most {most} characters")
    return name


def _name(value: Any, most: int = MAX_NAME_LENGTH) -> str:
    if not isinstance(value, str):
        raise Fault("must be text")
    return _stored_name(value, most)


def _tag(value: Any) -> str:
    tag = _name(value, MAX_TAG_LENGTH)
    if is_unseen(tag):
        raise Fault(UNSEEN)
    return tag


def is_unseen(name: str) -> bool:
    """Whether a name has no character that anyone can see."""
    return fold(f"x{name}") == "x"  # by itself it would be left as it is


def _name_or_id(value: Any) -> str | int:
    taken: str | int = ID.check(value) if type(value) is int else _name(value)
    return taken


def moment(earliest: float = 0) -> Value:
    """A time in Unix seconds, not before this one; milliseconds, which older clients send, are turned into seconds."""

    def check(value: Any) -> float:
        seconds = _number(value)
        if seconds > MAX_SECONDS:
            seconds /= 1000
        if not earliest <= seconds <= MAX_SECONDS:
            raise Fault("must be a time in Unix seconds")
        return seconds + 0.0  # -0.0, which PostgreSQL and SQLite write differently, is 0.0

    return Value(check, {"type": "number", "minimum": earliest, "description": "Unix seconds"}, 1767225600.25)


def _flag(value: Any) -> bool:
    if value is True or value is False:
        return value
    raise Fault("must be true or false")


def _vote(value: Any) -> bool:
    if value is True or value is False:
        return value
    if isinstance(value, str) and value.lower() in _VOTE_WORDS:
        return _VOTE_WORDS[value.lower()]
    if isinstance(value, int | float) and value in (0, 1):
        return bool(value)
    raise Fault('must be a vote: true, false, 1, 0, "upvote" or "downvote"')


def _imdb_id(value: Any) -> str:
    if not isinstance(value, str) or not is_imdb_id(value):
        raise Fault("must be an IMDb id: tt and 7 or more digits")
    return value


def _viewing_id(value: Any) -> str:
    if not isinstance(value, str) or _VIEWING_ID.fullmatch(value) is None:
        raise Fault("must be a UUID")
    return value


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Fault("must be an object")
    return value


def is_imdb_id(given: str) -> bool:
    """Whether this is an IMDb title id: tt and 7 or more digits."""
    return _IMDB_ID.fullmatch(given) is not None


def _number(value: Any) -> float:
    if (type(value) is float or type(value) is int) and -_HUGE <= value <= _HUGE:
        return float(value)
    raise Fault("must be a number")


def _whole(value: Any) -> int:
    _number(value)
    taken = int(value)
    if taken != value:
        raise Fault("must be a whole number")
    return taken


def _ranged(kind: str, read: Check, example: float, low: float | None, high: float | None) -> Value:
    def check(value: Any) -> Any:
        taken = read(value)
        if (low is not None and taken < low) or (high is not None and taken > high):
            raise Fault(f"must be between {low} and {high}")
        return taken

    bounds = {name: each for name, each in (("minimum", low), ("maximum", high)) if each is not None}
    return Value(check, {"type": kind, **bounds}, example)


TEXT = text()
NUMBER = number(1.0)
WHOLE = whole(1)
FLAG = Value(_flag, {"type": "boolean"}, True)
OBJECT = Value(_object, {"type": "object"}, {})
MOMENT = moment()

NAME = Value(_name, {"type": "string", "minLength": 1, "maxLength": MAX_NAME_LENGTH}, "Anna")
UUID = text("6f1c2f0a-6d5e-4a55-9a0e-0c2f1c3f7b11", low=1, high=36)
VIEWING_ID = Value(
    _viewing_id, {"type": "string", "pattern": f"^{_VIEWING_ID.pattern}$"}, "3c5d0a52-5a0e-4d8e-9e27-0f2a6c1b7d90"
)
ID = whole(10000001, 1, MAX_WHOLE)
NAME_OR_ID = Value(_name_or_id, {"anyOf": [NAME.schema, ID.schema]}, "Anna")
COLOR = text("#0a84ff", low=1, high=32)
EMOJI = text("🎬", high=32)
ICON = text("list", low=1, high=64)
POSITION = whole(0, -(2**31), 2**31 - 1)
QUICK_KEY = text("oscar", low=1, high=32)

IMDB_ID = Value(_imdb_id, {"type": "string", "pattern": f"^{_IMDB_ID.pattern}$"}, "tt0133093")
MEDIA_TYPE = one_of(MEDIA_TYPES, "movie")
STATUS = one_of(STATUSES, "watched")
RATING = number(8.5, 1, 10)
NOTE = text("watch it with the sound up", high=MAX_NOTE_LENGTH, trim=True)
TAG = Value(_tag, {"type": "string", "minLength": 1, "maxLength": MAX_TAG_LENGTH}, "film noir")
VOTE = Value(
    _vote,
    {
        "anyOf": [
            {"type": "boolean"},
            {"type": "integer", "enum": [0, 1]},
            {"type": "string", "enum": list(_VOTE_WORDS)},
        ]
    },
    True,
)

PASSWORD = text("a long secret", low=8, high=1024)
EMAIL = text("anna@example.com", low=1, high=254)
USERNAME = text("anna", low=1, high=100, trim=True, seen=True)
