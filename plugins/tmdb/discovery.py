"""Discovery of titles at TMDB: by genre, by person, and its lists."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from movietracker.pluginapi import DiscoverQuery, JsonHttpClient, MediaType, SearchHit

from .shapes import Json, count, hit, hits, identifier, number, results, text

# now_playing and coming_soon refer to theaters: limited (2) and wide (3) releases.
IN_THEATERS = "2|3"
_LISTS = {
    "coming_soon": "/movie/upcoming",
    "now_playing": "/movie/now_playing",
    "popular": "/movie/popular",
    "top_rated": "/movie/top_rated",
}
# Synonyms, mapped to the names (or parts of names) that TMDB uses for movies or series.
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
_BOTH_KINDS: tuple[MediaType, ...] = ("movie", "tv")


def discover(http: JsonHttpClient, query: DiscoverQuery) -> list[SearchHit]:
    """The matching movies and series, best first; none for a genre or person that TMDB does not know."""
    if query.genre is not None:
        return _of_genre(http, query.genre, query.region)
    if query.person is not None:
        return _of_person(http, query.person, directing=query.role == "director")
    if query.kind == "trending":
        entries = results(http.get_json(f"/trending/all/{query.time_window}"))
        return [title for entry in entries if (title := _title(entry))]
    return _list(http, query.kind, query.region, query.days) if query.kind is not None else []


def _of_genre(http: JsonHttpClient, genre: str, region: str | None) -> list[SearchHit]:
    found: list[tuple[float, SearchHit]] = []
    for media_type in _BOTH_KINDS:
        ids = _genre_ids(genre, results(http.get_json(f"/genre/{media_type}/list"), "genres"))
        if ids:
            wanted = "|".join(map(str, ids))
            params = {"with_genres": wanted, "sort_by": "popularity.desc"} | _region(region)
            found += ranked(results(http.get_json(f"/discover/{media_type}", params)), media_type)
    return best_first(found)


def _of_person(http: JsonHttpClient, name: str, *, directing: bool) -> list[SearchHit]:
    if not name.strip():
        return []
    person = _namesake(results(http.get_json("/search/person", {"query": name.strip()})), name)
    if person is None:
        return []
    credited = http.get_json(f"/person/{person}/combined_credits")
    entries = results(credited, "crew" if directing else "cast")
    wanted = (entry for entry in entries if not directing or entry.get("job") == "Director")
    # By votes: popularity would put the talk shows of the week before an actor's films.
    found = [(float(count(entry, "vote_count") or 0), title) for entry in wanted if (title := _title(entry))]
    return best_first(found)


def _list(http: JsonHttpClient, kind: str, region: str | None, days: int | None) -> list[SearchHit]:
    if days and kind in ("coming_soon", "now_playing"):
        path, params = "/discover/movie", _window(kind, region, days)
    else:
        path, params = _LISTS[kind], _region(region)
    return hits(results(http.get_json(path, params)), "movie")


def _window(kind: str, region: str | None, days: int) -> dict[str, Any]:
    """Theatrical releases within the last or next ``days`` days, in a region or, for first releases, anywhere."""
    today = datetime.now(UTC).date()
    if kind == "coming_soon":
        first, last = today + timedelta(days=1), today + timedelta(days=days)
    else:
        first, last = today - timedelta(days=days), today
    which = "release_date" if region else "primary_release_date"
    return {
        f"{which}.gte": first.isoformat(),
        f"{which}.lte": last.isoformat(),
        "with_release_type": IN_THEATERS,
        "sort_by": "popularity.desc",
    } | _region(region)


def ranked(entries: Iterable[Json], media_type: MediaType | None = None) -> list[tuple[float, SearchHit]]:
    """The hits among these entries, each with its popularity."""
    return [(number(entry, "popularity") or 0.0, found) for entry in entries if (found := hit(entry, media_type))]


def best_first(found: Iterable[tuple[float, SearchHit]]) -> list[SearchHit]:
    """The hits by falling rank, each title once."""
    titles: dict[tuple[str, int], SearchHit] = {}
    for _, title in sorted(found, key=lambda pair: -pair[0]):
        titles.setdefault((title.media_type, title.id), title)
    return list(titles.values())


def _title(entry: Json) -> SearchHit | None:
    found = hit(entry)
    return found if found and found.media_type != "person" else None


def _namesake(people: list[Json], name: str) -> int | None:
    """The id of the person with exactly this name, else of TMDB's first result."""

    def has_another_name(person: Json) -> bool:
        return (text(person, "name") or "").casefold() != name.strip().casefold()

    return next((found for person in sorted(people, key=has_another_name) if (found := identifier(person))), None)


def _region(region: str | None) -> dict[str, str]:
    return {"region": region.upper()} if region else {}


def _genre_ids(wanted: str, genres: Iterable[Json]) -> list[int]:
    """The ids of the genres that match a word: a name, a part of one such as "Sci-Fi & Fantasy", or a synonym."""
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
    """Letters and digits in lower case: "Sci-Fi" and "sci fi" are equal."""
    return re.sub(r"[\W_]+", "", name.casefold())
