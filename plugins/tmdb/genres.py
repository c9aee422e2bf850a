"""Which of TMDB's genres a word means: a name, a part of one such as "Sci-Fi & Fantasy", or a usual other word."""

from __future__ import annotations

import re
from collections.abc import Iterable

from .fields import Json, identifier, text

# What people write, to the names (or parts of names) that TMDB uses for movies or for series.
_ALIASES = {
    "scifi": ("sciencefiction", "scifi"),
    "sf": ("sciencefiction", "scifi"),
    "sciencefiction": ("sciencefiction", "scifi"),
    "animated": ("animation",),
    "cartoon": ("animation",),
    "children": ("family", "kids"),
    "kids": ("kids", "family"),
    "romantic": ("romance",),
    "musical": ("music",),
    "historical": ("history",),
    "suspense": ("thriller",),
    "documentaries": ("documentary",),
    "talkshow": ("talk",),
    "soapopera": ("soap",),
}


def genre_ids(wanted: str, genres: Iterable[Json]) -> list[int]:
    """The ids of the genres in TMDB's list that this word means; none if there is no such genre."""
    word = _plain(wanted)
    words = _ALIASES.get(word, (word,))
    known = [(number, _names(genre)) for genre in genres if (number := identifier(genre)) is not None]
    for candidate in words:
        found = [number for number, names in known if candidate in names]
        if found and candidate:
            return found
    return []


def _names(genre: Json) -> set[str]:
    name = text(genre, "name") or ""
    return {_plain(part) for part in (name, *name.split("&"))}


def _plain(name: str) -> str:
    """Letters and digits only, in lower case: "Sci-Fi" and "sci fi" are the same."""
    return re.sub(r"[\W_]+", "", name.casefold())
