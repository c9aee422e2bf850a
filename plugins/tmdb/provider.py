"""The metadata provider on TMDB's API, version 3."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

from movietracker.pluginapi import (
    BaseProvider,
    Capability,
    Credits,
    DiscoverQuery,
    JsonHttpClient,
    MediaType,
    ProviderFailed,
    ProviderNotConfigured,
    SearchHit,
    TitleDetails,
    TitleUnknown,
)

from .discovery import Discovery, best_first, ranked
from .fields import identifier, is_imdb_id
from .shapes import credits_of, details, hits, results


def today() -> date:
    """The date in UTC."""
    return datetime.now(UTC).date()


class TmdbProvider(BaseProvider):
    """Search, details and discovery by The Movie Database; its ids are TMDB's own."""

    name = "tmdb"
    capabilities = frozenset({Capability.SEARCH, Capability.DETAILS, Capability.DISCOVER})
    priority = 10
    id_namespace = 0

    def __init__(self, http: JsonHttpClient | None, today: Callable[[], date] = today) -> None:
        """``http`` is None when there is no key."""
        self._client = http
        self._today = today

    @property
    def _http(self) -> JsonHttpClient:
        if self._client is None:
            raise ProviderNotConfigured("TMDB needs a key: set TMDB_API_KEY.")
        return self._client

    def is_configured(self) -> bool:
        """Whether there is a key."""
        return self._client is not None

    def check(self) -> str:
        """Ask for TMDB's configuration, which needs a good key."""
        try:
            self._http.get_json("/configuration", fresh=True)
        except TitleUnknown:
            # A 404 here is no unknown title but a wrong address.
            raise ProviderFailed("TMDB has nothing at this address: see TMDB_BASE_URL.") from None
        return "TMDB answers and accepts the key."

    def search(self, query: str, year: int | None = None) -> list[SearchHit]:
        """Movies, series and people as TMDB ranks them; with a year, its movies and series by popularity."""
        words = query.strip()
        if not words:
            return []
        if year is None:
            return hits(results(self._http.get_json("/search/multi", {"query": words})))
        movies = self._http.get_json("/search/movie", {"query": words, "primary_release_year": year})
        series = self._http.get_json("/search/tv", {"query": words, "first_air_date_year": year})
        return best_first([*ranked(results(movies), "movie"), *ranked(results(series), "tv")])

    def details(self, title_id: int, media_type: MediaType, *, fresh: bool = False) -> TitleDetails:
        """The title with this TMDB id, its people and its IMDb id, in one call."""
        params = {"append_to_response": "credits,external_ids"}
        answer = self._http.get_json(f"/{media_type}/{title_id}", params, fresh=fresh)
        return details(answer, media_type)

    def find(self, imdb_id: str, *, fresh: bool = False) -> TitleDetails:
        """The title with this IMDb id; raises TitleUnknown for an episode's too."""
        if not is_imdb_id(imdb_id):
            raise TitleUnknown(f"{imdb_id[:40]} is not the IMDb id of a title.")
        answer = self._http.get_json(f"/find/{imdb_id}", {"external_source": "imdb_id"}, fresh=fresh)
        kinds: tuple[tuple[str, MediaType], ...] = (("movie_results", "movie"), ("tv_results", "tv"))
        for name, media_type in kinds:
            for entry in results(answer, name):
                number = identifier(entry)
                if number is not None:
                    # TMDB may have another of a title's IMDb ids on record: the one asked for is the caller's key.
                    return replace(self.details(number, media_type, fresh=fresh), imdb_id=imdb_id)
        raise TitleUnknown

    def credits(self, title_id: int, media_type: MediaType) -> Credits:
        """Cast and crew of the title with this TMDB id."""
        return credits_of(self._http.get_json(f"/{media_type}/{title_id}/credits"))

    def discover(self, query: DiscoverQuery) -> list[SearchHit]:
        """Titles by genre, by person, or of one of TMDB's lists."""
        return Discovery(self._http, self._today).answer(query)
