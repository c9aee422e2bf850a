"""What the stored details and ratings of a title say; clients may send any JSON as such, so all is read with care."""

import math
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from ..plugin.providers import ID_BITS
from ..services.quota import MAX_GENRE, MAX_GENRES
from ..text import fold_key

MAX_MINUTES = 6000
"""Beyond this a runtime is a mistake; the longest film that was shown in a cinema has 5,220 minutes."""

MAX_EPISODES = 100_000
MAX_NAMES = 20
MAX_NAME = 200

_MINUTES = re.compile(r"(?:([0-9]{1,3}) ?h(?:ours?)? ?)?(?:([0-9]{1,4}) ?m(?:in)?)?", re.IGNORECASE)


class PublicRating(NamedTuple):
    """What the public thinks of a title: 0 to 10, by so many votes (0 when that is not known)."""

    value: float
    votes: int


class Facts(NamedTuple):
    """What is known of a title; ``genres`` are names by folded key, ``runtime`` is in minutes, of a series' episode."""

    genres: Mapping[str, str] = {}
    directors: tuple[str, ...] = ()
    runtime: int | None = None
    episodes: int | None = None
    tmdb: PublicRating | None = None
    imdb: PublicRating | None = None
    tmdb_id: int | None = None


NOTHING = Facts()

_Counted = tuple[Mapping[str, str], tuple[str, ...], int | None, int | None]


def facts_of(tmdb_data: str | None, omdb_data: str | None) -> Facts:
    """The facts in the details and the ratings of a title, both JSON text; those of the details come first."""
    details, ratings = _parsed(tmdb_data), _parsed(omdb_data)
    if not details and not ratings:
        return NOTHING
    return Facts(
        *_counted(details, ratings),
        _public_rating(details.get("voteAverage"), details.get("voteCount")),
        _public_rating(ratings.get("imdbRating"), ratings.get("imdbVotes")),
        _tmdb_id(details.get("tmdbId")),
    )


def counted_facts_of(tmdb_data: str | None, omdb_data: str | None) -> Facts:
    """The same facts without public ratings and TMDB's id, which takes half the time."""
    details = _parsed(tmdb_data)
    found = _counted(details, {})
    genres, directors, runtime, _ = found
    if omdb_data is not None and not (genres and directors and runtime):
        found = _counted(details, _parsed(omdb_data))
    return Facts(*found)


def _counted(details: Mapping[str, Any], ratings: Mapping[str, Any]) -> _Counted:
    return (
        _genres(details) or _genres(ratings),
        _people(details.get("director")) or _people(ratings.get("director")),
        _minutes(details.get("runtime")) or _minutes(ratings.get("runtime")),
        _count(details.get("numberOfEpisodes"), MAX_EPISODES) or None,
    )


def _parsed(text: str | None) -> Mapping[str, Any]:
    parsed = orjson.loads(text) if text else None
    return parsed if isinstance(parsed, dict) else {}


def _genres(data: Mapping[str, Any]) -> Mapping[str, str]:
    listed = data.get("genres")
    if not isinstance(listed, list):
        return NOTHING.genres
    return _named_genres(tuple([text[:MAX_NAME] for text in listed[:MAX_GENRES] if isinstance(text, str)]))


@lru_cache(1024)  # a library has few genres, and few sets of them
def _named_genres(texts: tuple[str, ...]) -> Mapping[str, str]:
    named = {fold_key(name): name for name in _clean(texts)}
    return {key: name for key, name in named.items() if 0 < len(key) <= MAX_GENRE}


def _people(value: Any) -> tuple[str, ...]:
    """The names in a text, between commas."""
    return _named_people(value[: MAX_NAMES * MAX_NAME]) if isinstance(value, str) else ()


@lru_cache(1024)
def _named_people(text: str) -> tuple[str, ...]:
    return _clean(text.split(","))


def _clean(values: Iterable[str]) -> tuple[str, ...]:
    texts = [value.strip() for value in values]
    return tuple(dict.fromkeys([text for text in texts if 0 < len(text) <= MAX_NAME and text != "N/A"]))[:MAX_NAMES]


def _minutes(value: Any) -> int | None:
    """A runtime, which is a number of minutes, or a text such as ``136 min`` or ``2h 16m``."""
    if isinstance(value, str):
        found = _MINUTES.fullmatch(value.strip())
        hours, minutes = found.groups() if found else (None, None)
        return _count(60 * int(hours or 0) + int(minutes or 0), MAX_MINUTES) or None
    return _count(value, MAX_MINUTES) or None


def _count(value: Any, most: int) -> int:
    """A whole number from 0, which may be a text such as ``2,100,000``; 0 for anything else."""
    if value is None or (type(value) is int and 0 <= value <= most):
        return value or 0
    if isinstance(value, str) and len(value) <= 20:
        digits = value.replace(",", "")
        value = int(digits) if digits.isascii() and digits.isdigit() else None
    number = _number(value)
    return int(number) if number is not None and 0 <= number <= most else 0


def _public_rating(value: Any, votes: Any) -> PublicRating | None:
    number = _number(value)
    return None if number is None or not 0 < number <= 10 else PublicRating(number, _count(votes, 10**10))


def _tmdb_id(value: Any) -> int | None:
    """An id of TMDB's own numbering; those of other providers have a namespace above it."""
    return value if type(value) is int and 0 < value < 1 << ID_BITS else None


def _number(value: Any) -> float | None:
    """A finite number, not a flag."""
    is_number = type(value) in (int, float) and math.isfinite(value)
    return float(value) if is_number and abs(value) < 1e15 else None
