"""Reads single fields of TMDB's answers: what is null, empty, missing or of a wrong type becomes None."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]

# Ids of providers fit in 40 bits (the rest of a public id says whose it is).
MAX_ID = 2**40 - 1
IMAGES = "https://image.tmdb.org/t/p"


def text(item: Json, *names: str) -> str | None:
    """The first of these fields that holds text, white space around it removed."""
    for name in names:
        value = item.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return None


def count(item: Json, name: str) -> int | None:
    """A whole number from 0; a float such as 12.0 counts as one."""
    value = number(item, name)
    return int(value) if value is not None and value >= 0 and value == int(value) else None


def number(item: Json, name: str) -> float | None:
    """A finite number."""
    value = item.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def score(item: Json, name: str) -> float | None:
    """A score from 0 to 10."""
    value = number(item, name)
    return value if value is not None and 0 <= value <= 10 else None


def identifier(item: Json) -> int | None:
    """The item's ``id``, when it is one."""
    value = item.get("id")
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_ID else None


def year(item: Json, *names: str) -> str | None:
    """The year of the first of these dates (YYYY-MM-DD) that is one."""
    for name in names:
        found = re.match(r"([12]\d{3})-\d{2}", text(item, name) or "")
        if found:
            return found[1]
    return None


def imdb_id(item: Json) -> str | None:
    """The item's ``imdb_id``, when it names a title."""
    value = text(item, "imdb_id")
    return value if value and is_imdb_id(value) else None


def is_imdb_id(value: str) -> bool:
    """Whether this is ``tt`` and 7 or more digits."""
    return re.fullmatch(r"tt[0-9]{7,}", value) is not None


def image(item: Json, name: str, width: int) -> str | None:
    """The whole URL of a picture in this width; TMDB gives its path only."""
    path = text(item, name)
    return f"{IMAGES}/w{width}{path}" if path and path.startswith("/") else None


def items(answer: Json, name: str) -> Iterator[Json]:
    """The objects in the list of this name; anything else in it, or instead of it, is passed over."""
    value = answer.get(name)
    for item in value if isinstance(value, list) else ():
        if isinstance(item, dict):
            yield item


def nested(answer: Json, name: str) -> Json:
    """The object of this name, empty if there is none."""
    value = answer.get(name)
    return value if isinstance(value, dict) else {}


def names_of(entries: Iterator[Json]) -> tuple[str, ...]:
    """The names of these entries, each once, in order."""
    return tuple(dict.fromkeys(name for entry in entries if (name := text(entry, "name"))))
