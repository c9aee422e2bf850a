"""The metadata provider on TMDB's API, version 3."""

from dataclasses import replace

from movietracker.pluginapi import (
    Capability,
    Credits,
    DiscoverQuery,
    MediaType,
    ProviderFailed,
    SearchHit,
    TitleDetails,
    TitleUnknown,
    WebProvider,
)

from .discovery import best_first, discover, ranked
from .shapes import credits_of, details, hits, identifier, is_imdb_id, results


class TmdbProvider(WebProvider):
    """Search, details and discovery by The Movie Database; its ids are TMDB's own."""

    name = "tmdb"
    capabilities = frozenset({Capability.SEARCH, Capability.DETAILS, Capability.DISCOVER, Capability.TVDB})
    priority = 10
    id_namespace = 0
    key_setting = "TMDB_API_KEY"

    def check(self) -> str:
        """Request TMDB's configuration, which requires a valid key."""
        try:
            self.http.get_json("/configuration", fresh=True)
        except TitleUnknown:
            # Here a 404 means a wrong base URL, not an unknown title.
            raise ProviderFailed("TMDB returned 404 for its configuration: check TMDB_BASE_URL.") from None
        return "TMDB responds and accepts the key."

    def search(self, query: str, year: int | None = None) -> list[SearchHit]:
        """Movies, series and people as TMDB ranks them; with a year, its movies and series by popularity."""
        words = query.strip()
        if not words:
            return []
        if year is None:
            return hits(results(self.http.get_json("/search/multi", {"query": words})))
        movies = self.http.get_json("/search/movie", {"query": words, "primary_release_year": year})
        series = self.http.get_json("/search/tv", {"query": words, "first_air_date_year": year})
        return best_first([*ranked(results(movies), "movie"), *ranked(results(series), "tv")])

    def details(self, title_id: int, media_type: MediaType, *, fresh: bool = False) -> TitleDetails:
        """The title with this TMDB id, with its people and its IMDb id, in one request."""
        params = {"append_to_response": "credits,external_ids"}
        answer = self.http.get_json(f"/{media_type}/{title_id}", params, fresh=fresh)
        return details(answer, media_type)

    def find(self, imdb_id: str, *, fresh: bool = False) -> TitleDetails:
        """The title with this IMDb id; raises TitleUnknown also for the id of an episode."""
        if not is_imdb_id(imdb_id):
            raise TitleUnknown(f"{imdb_id[:40]} is not the IMDb id of a title.")
        found = self._found(imdb_id, "imdb_id", fresh=fresh)
        # TMDB may store another IMDb id of the title; callers use the requested one as their key.
        return replace(found, imdb_id=imdb_id)

    def find_by_tvdb(self, tvdb_id: int) -> TitleDetails:
        """The series with this id of TheTVDB; TMDB has such ids of series only."""
        return self._found(str(tvdb_id), "tvdb_id")

    def _found(self, external_id: str, source: str, *, fresh: bool = False) -> TitleDetails:
        answer = self.http.get_json(f"/find/{external_id}", {"external_source": source}, fresh=fresh)
        kinds: tuple[tuple[str, MediaType], ...] = (("movie_results", "movie"), ("tv_results", "tv"))
        for name, media_type in kinds:
            for entry in results(answer, name):
                number = identifier(entry)
                if number is not None:
                    return self.details(number, media_type, fresh=fresh)
        raise TitleUnknown

    def credits(self, title_id: int, media_type: MediaType) -> Credits:
        """Cast and crew of the title with this TMDB id."""
        return credits_of(self.http.get_json(f"/{media_type}/{title_id}/credits"))

    def discover(self, query: DiscoverQuery) -> list[SearchHit]:
        """Titles by genre, by person, or from one of TMDB's lists."""
        return discover(self.http, query)
