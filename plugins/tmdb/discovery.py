"""TMDB's ways to discover titles: by genre, by person, and its lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

from movietracker.pluginapi import DiscoverQuery, JsonHttpClient, MediaType, SearchHit

from .fields import Json, count, identifier, text
from .genres import genre_ids
from .shapes import hit, hits, popularity, results

# now_playing and coming_soon mean cinemas: limited (2) and wide (3) theatrical releases.
IN_CINEMAS = "2|3"
_LISTS = {
    "coming_soon": "/movie/upcoming",
    "now_playing": "/movie/now_playing",
    "popular": "/movie/popular",
    "top_rated": "/movie/top_rated",
}
_BOTH_KINDS: tuple[MediaType, ...] = ("movie", "tv")


class Discovery:
    """Answers DiscoverQuery with movies and series, best first."""

    def __init__(self, http: JsonHttpClient, today: Callable[[], date]) -> None:
        self._http = http
        self._today = today

    def answer(self, query: DiscoverQuery) -> list[SearchHit]:
        """The titles that fit; none for a genre or person that TMDB does not know."""
        if query.genre is not None:
            return self._of_genre(query.genre, query.region)
        if query.person is not None:
            return self._of_person(query.person, directing=query.role == "director")
        if query.kind == "trending":
            return self._trending(query.time_window)
        if query.kind is not None:
            return self._list(query.kind, query.region, query.days)
        return []

    def _of_genre(self, genre: str, region: str | None) -> list[SearchHit]:
        found: list[tuple[float, SearchHit]] = []
        for media_type in _BOTH_KINDS:
            genres = self._http.get_json(f"/genre/{media_type}/list")
            ids = genre_ids(genre, results(genres, "genres"))
            if ids:
                wanted = "|".join(str(number) for number in ids)
                params = {"with_genres": wanted, "sort_by": "popularity.desc"} | _region(region)
                found += ranked(results(self._http.get_json(f"/discover/{media_type}", params)), media_type)
        return best_first(found)

    def _of_person(self, name: str, *, directing: bool) -> list[SearchHit]:
        if not name.strip():
            return []
        people = results(self._http.get_json("/search/person", {"query": name.strip()}))
        person = _namesake(people, name)
        if person is None:
            return []
        credited = self._http.get_json(f"/person/{person}/combined_credits")
        entries = results(credited, "crew" if directing else "cast")
        wanted = (entry for entry in entries if not directing or entry.get("job") == "Director")
        # By votes: popularity would put the talk shows of the week before an actor's films.
        found = [(float(count(entry, "vote_count") or 0), title) for entry in wanted if (title := _title(entry))]
        return best_first(found)

    def _trending(self, window: str) -> list[SearchHit]:
        entries = results(self._http.get_json(f"/trending/all/{window}"))
        return [title for entry in entries if (title := _title(entry))]

    def _list(self, kind: str, region: str | None, days: int | None) -> list[SearchHit]:
        if days and kind in ("coming_soon", "now_playing"):
            path, params = "/discover/movie", self._window(kind, region, days)
        else:
            path, params = _LISTS[kind], _region(region)
        return hits(results(self._http.get_json(path, params)), "movie")

    def _window(self, kind: str, region: str | None, days: int) -> dict[str, Any]:
        """Cinema releases in the last or the next so many days, in a region or (their first one) anywhere."""
        today = self._today()
        if kind == "coming_soon":
            first, last = today + timedelta(days=1), today + timedelta(days=days)
        else:
            first, last = today - timedelta(days=days), today
        which = "release_date" if region else "primary_release_date"
        return {
            f"{which}.gte": first.isoformat(),
            f"{which}.lte": last.isoformat(),
            "with_release_type": IN_CINEMAS,
            "sort_by": "popularity.desc",
        } | _region(region)


def ranked(entries: Iterable[Json], media_type: MediaType | None = None) -> list[tuple[float, SearchHit]]:
    """The hits among these entries, each with its popularity."""
    return [(popularity(entry), found) for entry in entries if (found := hit(entry, media_type))]


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
    """Who bears exactly this name, else the first that TMDB offers."""
    known = [(identifier(person), (text(person, "name") or "").casefold()) for person in people]
    same = [number for number, called in known if number and called == name.strip().casefold()]
    return next((number for number in (*same, *(number for number, _ in known)) if number), None)


def _region(region: str | None) -> dict[str, str]:
    return {"region": region.upper()} if region else {}
