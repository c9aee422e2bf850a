"""TMDB's API version 3, as far as a client of titles, people, lists and discovery can tell."""

import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from .loopback import Answer, Call
from .tmdb_data import Person, Title, all_titles
from .tmdb_shapes import credits_of, details_of, error, external_ids_of, genre_list, page, person_item, title_item

NOT_FOUND = Answer(error(34, "The resource you requested could not be found."), 404)
BAD_KEY = Answer(error(7, "Invalid API key: You must be granted a valid key."), 401)
BAD_ID = Answer(error(6, "Invalid id: The pre-requisite id is invalid or not found."), 404)
BAD_PARAMETERS = Answer(error(5, "Invalid parameters: Your request parameters are incorrect."), 422)

Query = Mapping[str, str]


class TmdbService:
    """Answers calls below ``https://api.themoviedb.org/3``."""

    def __init__(self, key: str, token: str) -> None:
        self._key = key
        self._token = token
        self._titles = all_titles()
        self._people = _people_of(self._titles)
        self._routes: tuple[tuple[str, Callable[..., Answer]], ...] = (
            (r"/search/(multi|movie|tv|person)", self._search),
            (r"/(movie|tv)/(\d+)", self._details),
            (r"/(movie|tv)/(\d+)/(credits|external_ids)", self._part),
            (r"/find/([^/]+)", self._find),
            (r"/genre/(movie|tv)/list", lambda kind, query: Answer(genre_list(kind))),
            (r"/discover/(movie|tv)", self._discover),
            (r"/trending/all/(day|week)", self._trending),
            (r"/movie/(now_playing|upcoming|popular|top_rated)", self._movie_list),
            (r"/person/(\d+)/(movie_credits|combined_credits)", self._person_credits),
            (r"/configuration", lambda query: Answer({"change_keys": [], "images": _IMAGES})),
            (
                r"/authentication",
                lambda query: Answer({"success": True, "status_code": 1, "status_message": "Success."}),
            ),
        )

    def __call__(self, call: Call) -> Answer:
        """The answer to one call."""
        if not self._key_accepted(call):
            return BAD_KEY
        for pattern, handler in self._routes:
            found = re.fullmatch(pattern, call.path)
            if found:
                return handler(*found.groups(), query=call.query)
        return NOT_FOUND

    def _key_accepted(self, call: Call) -> bool:
        bearer = call.headers.get("authorization", "").removeprefix("Bearer ")
        key = call.query.get("api_key", "")
        return hmac.compare_digest(key.encode(), self._key.encode()) or hmac.compare_digest(
            bearer.encode(), self._token.encode()
        )

    def _search(self, what: str, query: Query) -> Answer:
        text = query.get("query", "").strip().casefold()
        if not text:
            return BAD_PARAMETERS
        mixed = what == "multi"
        titles = [t for t in self._titles if what in ("multi", t.kind) and _matches(t, text) and _of_year(t, query)]
        found = [(t.popularity, title_item(t, with_type=mixed)) for t in titles]
        if what in ("multi", "person"):
            people = [p for p in self._people.values() if text in p.name.casefold()]
            found += [(p.popularity, person_item(p, self._known_for(p), with_type=mixed)) for p in people]
        return Answer(page([item for _, item in sorted(found, key=lambda pair: -pair[0])]))

    def _details(self, kind: str, number: str, query: Query) -> Answer:
        title = self._title(kind, number)
        if title is None:
            return NOT_FOUND
        body = details_of(title)
        for part in query.get("append_to_response", "").split(","):
            if part in _PARTS:
                body[part] = _PARTS[part](title)
        return Answer(body)

    def _part(self, kind: str, number: str, part: str, query: Query) -> Answer:
        title = self._title(kind, number)
        return Answer({"id": title.id} | _PARTS[part](title)) if title else NOT_FOUND

    def _find(self, external_id: str, query: Query) -> Answer:
        if query.get("external_source") == "tvdb_id" and external_id.isdecimal():
            found = [title for title in self._titles if title.tvdb_id == int(external_id)]
        elif query.get("external_source") == "imdb_id" and re.fullmatch(r"(tt|nm)\d+", external_id):
            found = [title for title in self._titles if title.imdb_id == external_id]
        else:
            return BAD_ID
        return Answer(
            {
                "movie_results": [title_item(t, with_type=True) for t in found if t.kind == "movie"],
                "person_results": [],
                "tv_results": [title_item(t, with_type=True) for t in found if t.kind == "tv"],
                "tv_episode_results": [],
                "tv_season_results": [],
            }
        )

    def _discover(self, kind: str, query: Query) -> Answer:
        def fits(title: Title) -> bool:
            return title.kind == kind and _has_genres(title, query.get("with_genres", "")) and _in_range(title, query)

        return self._page_of([title for title in self._titles if fits(title)])

    def _trending(self, window: str, query: Query) -> Answer:
        titles = [title_item(t, with_type=True) for t in _by_popularity(self._titles)]
        stars = [p for p in self._people.values() if p.popularity > 50]
        return Answer(page(titles + [person_item(p, self._known_for(p), with_type=True) for p in stars]))

    def _movie_list(self, which: str, query: Query) -> Answer:
        movies = [title for title in self._titles if title.kind == "movie"]
        today = datetime.now(UTC).date()
        if which == "popular":
            return self._page_of(movies)
        if which == "top_rated":
            best = sorted((t for t in movies if t.vote_count >= 300), key=lambda t: -t.vote_average)
            return Answer(page([title_item(title) for title in best]))
        start, end = (
            (today - timedelta(45), today) if which == "now_playing" else (today + timedelta(1), today + timedelta(28))
        )
        dates = {"maximum": end.isoformat(), "minimum": start.isoformat()}
        shown = [t for t in movies if dates["minimum"] <= (t.date or "") <= dates["maximum"]]
        return self._page_of(shown, dates=dates)

    def _person_credits(self, number: str, which: str, query: Query) -> Answer:
        person = self._people.get(int(number))
        if person is None:
            return NOT_FOUND
        titles = [t for t in self._titles if which == "combined_credits" or t.kind == "movie"]
        mixed = which == "combined_credits"
        cast = [
            title_item(t, with_type=mixed) | {"character": character, "credit_id": f"c{t.id}"}
            for t in titles
            for who, character in t.cast
            if who == person
        ]
        crew = [
            title_item(t, with_type=mixed) | {"department": person.department, "job": job, "credit_id": f"w{t.id}{job}"}
            for t in titles
            for who, job in t.crew
            if who == person
        ]
        return Answer({"cast": cast, "crew": crew, "id": person.id})

    def _page_of(self, titles: Iterable[Title], **more: Any) -> Answer:
        return Answer(page([title_item(title) for title in _by_popularity(titles)], **more))

    def _title(self, kind: str, number: str) -> Title | None:
        return next((title for title in self._titles if title.kind == kind and title.id == int(number)), None)

    def _known_for(self, person: Person) -> list[Title]:
        involved = [t for t in self._titles if any(who == person for who, _ in (*t.cast, *t.crew))]
        return _by_popularity(involved)[:3]


_PARTS: dict[str, Callable[[Title], dict[str, Any]]] = {"credits": credits_of, "external_ids": external_ids_of}
_IMAGES = {
    "base_url": "http://image.tmdb.org/t/p/",
    "secure_base_url": "https://image.tmdb.org/t/p/",
    "poster_sizes": ["w92", "w154", "w185", "w342", "w500", "w780", "original"],
}


def _people_of(titles: Iterable[Title]) -> dict[int, Person]:
    credited = (person for title in titles for person, _ in (*title.cast, *title.crew))
    return {person.id: person for person in credited}


def _by_popularity(titles: Iterable[Title]) -> list[Title]:
    return sorted(titles, key=lambda title: -title.popularity)


def _matches(title: Title, text: str) -> bool:
    return text in title.title.casefold() or text in title.original_title.casefold()


def _of_year(title: Title, query: Query) -> bool:
    names = ("year", "primary_release_year") if title.kind == "movie" else ("year", "first_air_date_year")
    wanted = [query[name] for name in names if name in query]
    return all((title.date or "")[:4] == year for year in wanted)


def _has_genres(title: Title, wanted: str) -> bool:
    """TMDB reads a comma as "and" and a bar as "or"."""
    if not wanted:
        return True
    if "|" in wanted:
        return any(int(number) in title.genres for number in wanted.split("|"))
    return all(int(number) in title.genres for number in wanted.split(","))


def _in_range(title: Title, query: Query) -> bool:
    date = title.date or ""
    for name in ("primary_release_date", "release_date", "first_air_date"):
        earliest, latest = query.get(f"{name}.gte"), query.get(f"{name}.lte")
        if (earliest and date < earliest) or (latest and (not date or date > latest)):
            return False
    return True
