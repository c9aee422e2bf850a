"""The proxy of external data: clients hold no provider keys."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response
from marshmallow import Schema

from .. import errors
from ..metadata.lookup import RESPONSE_SECONDS
from ..plugin.providers import DiscoverQuery, MediaType, SearchHit
from ..schemas.requests import DiscoverGenreSchema, DiscoverListSchema, DiscoverPersonSchema, SearchSchema
from ..schemas.title import CacheInfoSchema, CreditsSchema, SearchHitSchema, TitleDetailsSchema, TitleRatingsSchema
from ..schemas.values import is_imdb_id
from ..services.accounts import Account
from ..state import state
from ..upstream import stale_responses, time_limit
from .blueprint import PROVIDER_PROBLEMS, ApiBlueprint, View
from .limits import proxying
from .responses import reply

blueprint = ApiBlueprint("external", "/api/external", "Proxy of external metadata")


def _endpoint(
    rule: str, response: type[Schema] | Schema, query: type[Schema] | None = None
) -> Callable[[Callable[..., Any]], View]:
    """Declare an endpoint whose view returns what the metadata providers know.

    Its response has ``Warning: 110`` when any of it is an expired one that stands in for a failing provider.
    """

    def declare(fetch: Callable[..., Any]) -> View:
        @wraps(fetch)
        def view(user: Account, *query: Any, **path: Any) -> Response:
            proxying()
            with stale_responses() as stale, time_limit(RESPONSE_SECONDS):
                value = fetch(*query, **path)
            return reply(value, headers={"Warning": '110 movietracker "Response is Stale"'} if stale else {})

        operation = blueprint.operation(
            "GET", rule, query=query, response=response, problems=PROVIDER_PROBLEMS, headers=["Warning"]
        )
        return operation(view)

    return declare


def _hits(hits: list[SearchHit]) -> list[dict[str, Any]]:
    return [hit.to_json() for hit in hits]


def _details(title_id: int, media_type: MediaType) -> dict[str, Any]:
    return state().lookup.details(title_id, media_type).value.to_json()


@_endpoint("/tmdb/search", SearchHitSchema(many=True), SearchSchema)
def search(query: dict[str, Any]) -> list[dict[str, Any]]:
    """Search movies, series and people."""
    return _hits(state().lookup.chain.search(query["q"], query.get("year")))


@_endpoint("/tmdb/movie/<int:title_id>", TitleDetailsSchema)
def movie(title_id: int) -> dict[str, Any]:
    """Details of a movie."""
    return _details(title_id, "movie")


@_endpoint("/tmdb/tv/<int:title_id>", TitleDetailsSchema)
def tv(title_id: int) -> dict[str, Any]:
    """Details of a series."""
    return _details(title_id, "tv")


@_endpoint("/tmdb/movie/<int:title_id>/credits", CreditsSchema)
def movie_credits(title_id: int) -> dict[str, Any]:
    """Cast and crew of a movie."""
    return state().lookup.chain.credits(title_id, "movie").to_json()


@_endpoint("/tmdb/tv/<int:title_id>/credits", CreditsSchema)
def tv_credits(title_id: int) -> dict[str, Any]:
    """Cast and crew of a series."""
    return state().lookup.chain.credits(title_id, "tv").to_json()


@_endpoint("/omdb/movie/<string:imdb_id>", TitleRatingsSchema)
def ratings(imdb_id: str) -> dict[str, Any]:
    """Ratings of a title."""
    if not is_imdb_id(imdb_id):
        raise errors.TitleUnknown
    return state().lookup.chain.ratings(imdb_id).value.to_json()


@_endpoint("/tmdb/discover/genre", SearchHitSchema(many=True), DiscoverGenreSchema)
def discover_genre(query: dict[str, Any]) -> list[dict[str, Any]]:
    """Titles of a genre."""
    return _hits(state().lookup.chain.discover(DiscoverQuery(genre=query["q"])))


@_endpoint("/tmdb/discover/person", SearchHitSchema(many=True), DiscoverPersonSchema)
def discover_person(query: dict[str, Any]) -> list[dict[str, Any]]:
    """Titles of an actor or a director."""
    return _hits(state().lookup.chain.discover(DiscoverQuery(person=query["q"], role=query["role"])))


@_endpoint("/tmdb/discover/list", SearchHitSchema(many=True), DiscoverListSchema)
def discover_list(query: dict[str, Any]) -> list[dict[str, Any]]:
    """A list of titles: coming soon, now playing, popular, top rated or trending."""
    return _hits(state().lookup.chain.discover(DiscoverQuery(**query)))


@blueprint.operation("GET", "/cache/info", response=CacheInfoSchema)
def cache_info(user: Account) -> dict[str, Any]:
    """The state of the proxy's cache; hits and misses are those of the process that responds."""
    return state().http.cache_info()
