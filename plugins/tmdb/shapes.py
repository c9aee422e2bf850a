"""Converts TMDB's responses to the value types of providers (https://developer.themoviedb.org/reference).

Fields that are null, empty, missing or mistyped become None.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from movietracker.pluginapi import CastMember, Credits, CrewMember, MediaType, ProviderFailed, SearchHit, TitleDetails

Json = Mapping[str, Any]

# Ids of providers fit in 40 bits (the remaining bits of a public id are the namespace).
_MAX_ID = 2**40 - 1
_IMAGES = "https://image.tmdb.org/t/p"
MAX_CAST = 10

# Every response that this plugin uses contains at least one of these.
_KNOWN_KEYS = frozenset({"results", "id", "genres", "cast", "movie_results", "images"})


def fault(answer: Any) -> Exception | None:
    """The error that a response with status 200 reports, or None."""
    if not isinstance(answer, dict) or answer.get("success") is False or not _KNOWN_KEYS & answer.keys():
        return ProviderFailed("TMDB returned nonsense.")
    return None


def results(answer: Json, name: str = "results") -> list[Json]:
    """The list in a response; raises ProviderFailed if it has none."""
    if not isinstance(answer.get(name), list):
        raise ProviderFailed("TMDB returned nonsense.")
    return list(items(answer, name))


def hits(entries: Iterable[Json], media_type: MediaType | None = None) -> list[SearchHit]:
    """The hits among these entries; ``media_type`` is for lists whose entries do not contain it."""
    return [found for entry in entries if (found := hit(entry, media_type))]


def hit(entry: Json, media_type: MediaType | None = None) -> SearchHit | None:
    """One movie, series or person; None for other kinds, and without an id or name."""
    kind = media_type or text(entry, "media_type")
    number, name = identifier(entry), text(entry, "title", "name", "original_title", "original_name")
    if number is None or name is None:
        return None
    if kind == "person":
        return _person(entry, number, name)
    if kind not in ("movie", "tv"):
        return None
    return SearchHit(
        id=number,
        title=name,
        media_type="movie" if kind == "movie" else "tv",
        year=year(entry, "release_date", "first_air_date"),
        poster=image(entry, "poster_path", 500),
        poster_small=image(entry, "poster_path", 200),
        overview=text(entry, "overview"),
        vote_average=score(entry, "vote_average"),
        vote_count=count(entry, "vote_count"),
    )


def _person(entry: Json, number: int, name: str) -> SearchHit:
    titles = (text(known, "title", "name", "original_title", "original_name") for known in items(entry, "known_for"))
    return SearchHit(
        id=number,
        title=name,
        media_type="person",
        poster=image(entry, "profile_path", 500),
        poster_small=image(entry, "profile_path", 200),
        known_for=tuple(title for title in titles if title),
    )


def details(answer: Json, media_type: MediaType) -> TitleDetails:
    """A title of ``/movie/{id}`` or ``/tv/{id}`` with credits and external_ids appended."""
    number, name = identifier(answer), text(answer, "title", "name", "original_title", "original_name")
    if number is None or name is None:
        raise ProviderFailed("TMDB returned nonsense.")
    people = nested(answer, "credits")
    return TitleDetails(
        title_id=number,
        imdb_id=imdb_id(answer) or imdb_id(nested(answer, "external_ids")),
        title=name,
        media_type=media_type,
        year=year(answer, "release_date", "first_air_date"),
        poster=image(answer, "poster_path", 500),
        poster_small=image(answer, "poster_path", 200),
        plot=text(answer, "overview"),
        genres=names_of(items(answer, "genres")),
        cast=names_of(items(people, "cast"))[:MAX_CAST],
        director=_director(answer, people),
        runtime=_runtime(answer),
        vote_average=score(answer, "vote_average"),
        vote_count=count(answer, "vote_count"),
        number_of_seasons=count(answer, "number_of_seasons") if media_type == "tv" else None,
        number_of_episodes=count(answer, "number_of_episodes") if media_type == "tv" else None,
        original_title=text(answer, "original_title", "original_name"),
        raw=answer,
    )


def _director(answer: Json, people: Json) -> str | None:
    """All directors; for a series without a director, its creators."""
    directors = names_of(entry for entry in items(people, "crew") if entry.get("job") == "Director")
    return ", ".join(directors or names_of(items(answer, "created_by"))) or None


def _runtime(answer: Json) -> int | None:
    """The minutes of a movie or of an episode; TMDB uses 0 for unknown."""
    episodes = answer.get("episode_run_time")
    usual = [count({"runtime": value}, "runtime") for value in episodes] if isinstance(episodes, list) else []
    latest = count(nested(answer, "last_episode_to_air"), "runtime")
    return next((minutes for minutes in (count(answer, "runtime"), *usual, latest) if minutes), None)


def credits_of(answer: Json) -> Credits:
    """All people of ``/movie/{id}/credits`` who have a name."""
    return Credits(
        cast=tuple(
            CastMember(name, text(entry, "character"), count(entry, "order"))
            for entry in results(answer, "cast")
            if (name := text(entry, "name"))
        ),
        crew=tuple(
            CrewMember(name, text(entry, "job")) for entry in items(answer, "crew") if (name := text(entry, "name"))
        ),
    )


def text(item: Json, *names: str) -> str | None:
    """The first of these fields that contains text, stripped of white space."""
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
    """The item's ``id``, if valid."""
    value = item.get("id")
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MAX_ID else None


def year(item: Json, *names: str) -> str | None:
    """The year of the first of these dates (YYYY-MM-DD) that is one."""
    for name in names:
        found = re.match(r"([12]\d{3})-\d{2}", text(item, name) or "")
        if found:
            return found[1]
    return None


def imdb_id(item: Json) -> str | None:
    """The item's ``imdb_id``, if it is that of a title."""
    value = text(item, "imdb_id")
    return value if value and is_imdb_id(value) else None


def is_imdb_id(value: str) -> bool:
    """Whether this is ``tt`` and 7 or more digits."""
    return re.fullmatch(r"tt[0-9]{7,}", value) is not None


def image(item: Json, name: str, width: int) -> str | None:
    """The complete URL of an image in this width; TMDB returns its path only."""
    path = text(item, name)
    return f"{_IMAGES}/w{width}{path}" if path and path.startswith("/") else None


def items(answer: Json, name: str) -> Iterator[Json]:
    """The objects in the list of this name; anything else is skipped."""
    value = answer.get(name)
    for item in value if isinstance(value, list) else ():
        if isinstance(item, dict):
            yield item


def nested(answer: Json, name: str) -> Json:
    """The object of this name, or an empty one."""
    value = answer.get(name)
    return value if isinstance(value, dict) else {}


def names_of(entries: Iterator[Json]) -> tuple[str, ...]:
    """The names of these entries, each once, in order."""
    return tuple(dict.fromkeys(name for entry in entries if (name := text(entry, "name"))))
