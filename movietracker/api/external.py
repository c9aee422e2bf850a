"""The proxy of external data: clients hold no provider keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Response

from .. import errors
from ..contracts import DiscoverQuery, MediaType, SearchHit
from ..metadata.deadline import time_limit
from ..metadata.http import stale_answers
from ..metadata.lookup import ANSWER_SECONDS
from ..schemas.answers import CacheInfoSchema, CreditsSchema, SearchHitSchema, TitleDetailsSchema, TitleRatingsSchema
from ..schemas.fields import is_imdb_id
from ..schemas.requests import DiscoverGenreSchema, DiscoverListSchema, DiscoverPersonSchema, SearchSchema
from ..services.accounts import Account
from ..state import state
from .blueprint import ApiBlueprint
from .limits import proxied
from .replies import reply

blueprint = ApiBlueprint("external", __name__, url_prefix="/api/external", description="Proxy of external metadata")

_PROBLEMS = (
    errors.Invalid,
    errors.TitleUnknown,
    errors.ProviderFailed,
    errors.ProviderNotConfigured,
    errors.ProviderUnreachable,
    errors.TooManyRequests,
)


@proxied
def _proxied(fetch: Callable[[], Any]) -> Response:
    """The answer; with ``Warning: 110`` when any of it is an expired one that stands in for a failing provider."""
    with stale_answers() as stale, time_limit(ANSWER_SECONDS):
        value = fetch()
    return reply(value, headers={"Warning": '110 movietracker "Response is Stale"'} if stale else {})


def _hits(hits: list[SearchHit]) -> list[dict[str, Any]]:
    return [hit.to_json() for hit in hits]


@blueprint.endpoint("GET", "/tmdb/search", answer=SearchHitSchema(many=True), problems=_PROBLEMS)
@blueprint.arguments(SearchSchema, location="query")
def search(user: Account, query: dict[str, Any]) -> Response:
    """Search movies, series and people."""
    return _proxied(lambda: _hits(state().lookup.chain.search(query["q"], query.get("year"))))


def _details(title_id: int, media_type: MediaType) -> Response:
    return _proxied(lambda: state().lookup.details(title_id, media_type).value.to_json())


@blueprint.endpoint("GET", "/tmdb/movie/<int:title_id>", answer=TitleDetailsSchema, problems=_PROBLEMS)
def movie(user: Account, title_id: int) -> Response:
    """Details of a movie."""
    return _details(title_id, "movie")


@blueprint.endpoint("GET", "/tmdb/tv/<int:title_id>", answer=TitleDetailsSchema, problems=_PROBLEMS)
def tv(user: Account, title_id: int) -> Response:
    """Details of a series."""
    return _details(title_id, "tv")


@blueprint.endpoint("GET", "/tmdb/movie/<int:title_id>/credits", answer=CreditsSchema, problems=_PROBLEMS)
def movie_credits(user: Account, title_id: int) -> Response:
    """Cast and crew of a movie."""
    return _proxied(lambda: state().lookup.chain.credits(title_id, "movie").to_json())


@blueprint.endpoint("GET", "/tmdb/tv/<int:title_id>/credits", answer=CreditsSchema, problems=_PROBLEMS)
def tv_credits(user: Account, title_id: int) -> Response:
    """Cast and crew of a series."""
    return _proxied(lambda: state().lookup.chain.credits(title_id, "tv").to_json())


@blueprint.endpoint("GET", "/omdb/movie/<string:imdb_id>", answer=TitleRatingsSchema, problems=_PROBLEMS)
def ratings(user: Account, imdb_id: str) -> Response:
    """Ratings of a title."""
    if not is_imdb_id(imdb_id):
        raise errors.TitleUnknown
    return _proxied(lambda: state().lookup.chain.ratings(imdb_id).value.to_json())


@blueprint.endpoint("GET", "/tmdb/discover/genre", answer=SearchHitSchema(many=True), problems=_PROBLEMS)
@blueprint.arguments(DiscoverGenreSchema, location="query")
def discover_genre(user: Account, query: dict[str, Any]) -> Response:
    """Titles of a genre."""
    return _proxied(lambda: _hits(state().lookup.chain.discover(DiscoverQuery(genre=query["q"]))))


@blueprint.endpoint("GET", "/tmdb/discover/person", answer=SearchHitSchema(many=True), problems=_PROBLEMS)
@blueprint.arguments(DiscoverPersonSchema, location="query")
def discover_person(user: Account, query: dict[str, Any]) -> Response:
    """Titles of an actor or a director."""
    wanted = DiscoverQuery(person=query["q"], role=query["role"])
    return _proxied(lambda: _hits(state().lookup.chain.discover(wanted)))


@blueprint.endpoint("GET", "/tmdb/discover/list", answer=SearchHitSchema(many=True), problems=_PROBLEMS)
@blueprint.arguments(DiscoverListSchema, location="query")
def discover_list(user: Account, query: dict[str, Any]) -> Response:
    """A list of titles: coming soon, now playing, popular, top rated or trending."""
    return _proxied(lambda: _hits(state().lookup.chain.discover(DiscoverQuery(**query))))


@blueprint.endpoint("GET", "/cache/info", answer=CacheInfoSchema)
def cache_info(user: Account) -> Response:
    """The state of the proxy's cache."""
    return reply(state().http.cache_info())
