"""What a value in a backup document may be: one small function a kind, which answers the value as it is stored.

Each raises Fault with the end of a sentence that begins with the place, such as "must be true or false".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from marshmallow import ValidationError

from ..errors import Invalid
from ..models.movie import MEDIA_TYPES, STATUSES
from ..schemas.fields import MAX_SECONDS, VoteType, is_imdb_id
from ..services.names import normalise_name

Check = Callable[[Any], Any]

MAX_POSITION = 2**31 - 1

_VOTE = VoteType()


class Fault(ValueError):
    """A value that cannot be; the message says why."""


def text(value: Any, *, low: int = 0, high: int) -> str:
    """Text of so many characters, without NUL, which PostgreSQL cannot store."""
    if not isinstance(value, str):
        raise Fault("must be text")
    if not low <= len(value) <= high:
        raise Fault(f"must have {low} to {high} characters")
    if "\x00" in value:
        raise Fault("must not contain NUL characters")
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        raise Fault("must be Unicode text")  # half a character, which no database stores
    return value


def name(value: Any) -> str:
    """The name of a person or list, as it is stored: trimmed, in Unicode NFC."""
    return _normal_name(text(value, high=10_000))


@lru_cache(maxsize=1000)  # the same few people recommend everything
def _normal_name(given: str) -> str:
    try:
        return normalise_name(given)
    except Invalid as problem:
        raise Fault(*(problem.errors or {})["name"]) from None


def color(value: Any) -> str:
    """A colour, such as #0a84ff."""
    return text(value, low=1, high=32)


def emoji(value: Any) -> str:
    """An emoji, or some."""
    return text(value, high=32)


def icon(value: Any) -> str:
    """The name of an icon."""
    return text(value, low=1, high=64)


def list_id(value: Any) -> str:
    """The id of a list."""
    return text(value, low=1, high=36)


def quick_key(value: Any) -> str:
    """The key of a quick recommender."""
    return text(value, low=1, high=32)


def imdb_id(value: Any) -> str:
    """An IMDb title id."""
    if not isinstance(value, str) or not is_imdb_id(value):
        raise Fault("must be an IMDb id: tt and 7 or more digits")
    return value


def moment(value: Any) -> float:
    """Unix time in seconds; milliseconds, which older clients wrote, become seconds."""
    number = _number(value)
    if number > MAX_SECONDS:
        number /= 1000
    if not 0 <= number <= MAX_SECONDS:
        raise Fault("must be a time in Unix seconds")
    return number


def rating(value: Any) -> float:
    """How much the user liked it."""
    number = _number(value)
    if not 1 <= number <= 10:
        raise Fault("must be between 1 and 10")
    return number


def position(value: Any) -> int:
    """Where a list stands."""
    number = _number(value)
    if number != int(number):
        raise Fault("must be a whole number")
    if not -MAX_POSITION <= number + 1 <= MAX_POSITION + 1:
        raise Fault(f"must be between {-MAX_POSITION - 1} and {MAX_POSITION}")
    return int(number)


def flag(value: Any) -> bool:
    """true or false; older servers also wrote 1 and 0."""
    if isinstance(value, bool | int) and value in (0, 1):
        return bool(value)
    raise Fault("must be true or false")


def vote(value: Any) -> bool:
    """For or against, in any of the contract's spellings."""
    if isinstance(value, bool):
        return value
    try:
        return bool(_VOTE.deserialize(value))
    except ValidationError:
        raise Fault('must be a vote: true, false, 1, 0, "upvote" or "downvote"') from None


def status(value: Any) -> str:
    """What became of a title."""
    return _one_of(value, STATUSES)


def media_type(value: Any) -> str:
    """A movie or a series."""
    return _one_of(value, MEDIA_TYPES)


def metadata(value: Any) -> dict[str, Any]:
    """What a provider said of a title, as documents of version 1 hold it."""
    if not isinstance(value, dict):
        raise Fault("must be an object")
    return value


def _one_of(value: Any, words: tuple[str, ...]) -> str:
    if value not in words:
        raise Fault(f"must be one of: {', '.join(words)}")
    return str(value)


def _number(value: Any) -> float:
    if type(value) is float or type(value) is int:
        number = float(value)
        if math.isfinite(number):
            return number
    raise Fault("must be a number")
