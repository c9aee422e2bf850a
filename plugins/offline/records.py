"""Parses lines of the datasets into rows of the index."""

import json
import re
from collections.abc import Callable
from typing import Final

from .tsv import UNKNOWN, identifier, identifiers, known, whole_number, year
from .words import TYPE, YEAR, genre_marker, searchable

BASICS: Final = (
    "tconst",
    "titleType",
    "primaryTitle",
    "originalTitle",
    "isAdult",
    "startYear",
    "endYear",
    "runtimeMinutes",
    "genres",
)
RATINGS: Final = ("tconst", "averageRating", "numVotes")
CREW: Final = ("tconst", "directors", "writers")
PRINCIPALS: Final = ("tconst", "ordering", "nconst", "category", "job", "characters")
EPISODES: Final = ("tconst", "parentTconst", "seasonNumber", "episodeNumber")
PLOTS: Final = ("tconst", "plot")  # not IMDb's: our own, and the sample's
NAMES: Final = ("nconst", "primaryName", "birthYear", "deathYear", "primaryProfession", "knownForTitles")

# Types that can be recommended. Omitted: tvEpisode (nine of ten million lines, without a title of its own), videoGame,
# tvPilot and musicVideo.
MOVIE_TYPES: Final = frozenset({"movie", "tvMovie", "tvSpecial", "tvShort", "short", "video"})
SERIES_TYPES: Final = frozenset({"tvSeries", "tvMiniSeries"})
KEPT_TYPES: Final = MOVIE_TYPES | SERIES_TYPES

_RATING: Final = re.compile(r"10(\.0+)?|[0-9](\.[0-9]+)?", re.ASCII)
_CAST_CATEGORIES: Final = frozenset({"actor", "actress", "self"})

TitleRow = tuple[int, str, str, str | None, int | None, int | None, int | None, str | None, str]
RatingRow = tuple[int, float, int]
CreditRow = tuple[int, str, int, int, str | None]
CreditParser = Callable[[int, list[str]], list[CreditRow]]
PersonRow = tuple[int, str, str | None, str | None, int, str]


def title_row(fields: list[str]) -> TitleRow | None:
    """A row of ``stage.titles``, None for a line that the catalog omits; raises ValueError."""
    tconst, kind, primary, original, adult, start, end, runtime, listed = fields[:9]
    title = known(primary)
    if kind not in KEPT_TYPES or adult == "1" or title is None:
        return None
    other = None if original == primary else known(original)
    genres = [genre for genre in listed.split(",") if known(genre)]
    begun = year(start)
    markers = [TYPE + kind.lower(), *map(genre_marker, genres)]
    if begun is not None:
        markers.append(YEAR + start)
    return (
        identifier(tconst, "tt"),
        kind,
        title,
        other,
        begun,
        year(end),
        whole_number(runtime, "a number of minutes"),
        ",".join(genres) or None,
        searchable((title, other) if other else (title,), markers),
    )


def rating_row(fields: list[str]) -> RatingRow | None:
    """A row of ``stage.ratings``, None for an unknown rating; raises ValueError."""
    if UNKNOWN in fields[1:3]:
        return None
    if not _RATING.fullmatch(fields[1]):
        raise ValueError(f"{fields[1][:40]!r} is not a rating from 0 to 10")
    return identifier(fields[0], "tt"), float(fields[1]), whole_number(fields[2], "a number of votes") or 0


def crew_rows(title: int, fields: list[str]) -> list[CreditRow]:
    """Rows of ``credits`` for a title's directors and writers; raises ValueError."""
    return [
        (title, role, position, person, None)
        for role, column in (("director", fields[1]), ("writer", fields[2]))
        for position, person in enumerate(identifiers(column, "nm"))
    ]


def cast_rows(title: int, fields: list[str]) -> list[CreditRow]:
    """One row of ``credits`` for a member of the cast, none for others; raises ValueError."""
    if fields[3] not in _CAST_CATEGORIES:
        return []
    position = whole_number(fields[1], "a billing position") or 0
    return [(title, "cast", position, identifier(fields[2], "nm"), _characters(fields[5]))]


def _characters(text: str) -> str | None:
    if text in (UNKNOWN, ""):
        return None
    try:
        names = json.loads(text)
    except ValueError:
        raise ValueError(f"{text[:40]!r} is not a list of characters") from None
    return " / ".join(map(str, names if isinstance(names, list) else [names])).strip() or None
