"""The library: titles, who recommended them, what became of them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Response

from .. import errors
from ..metadata.title_store import ready_providers, settle
from ..models.movie import Vote, sort_value
from ..schemas import movie_requests as requests
from ..schemas.dates import DAY_SECONDS, FIRST_DATE, LAST_DATE, first_day_of, last_day_of, start_of
from ..schemas.movie import MovieSchema, RecommendationSchema, TitleStatusSchema, status_json
from ..services import movies, people
from ..services.accounts import Account
from ..services.library_read import LibraryRead
from ..services.movies import Metadata, MovieFilter, said_in
from ..services.transactions import library_read, library_write
from ..state import state
from ..text import search_forms
from .blueprint import PROVIDER_PROBLEMS, ApiBlueprint
from .paging import Order
from .responses import reply

blueprint = ApiBlueprint("movies", "/api/movies", "The library")


def movie_page(read: LibraryRead, wanted: MovieFilter, paging: Mapping[str, Any]) -> Response:
    """The movies that fit, as a response: whole, or the page asked for."""

    def fetch(after: Any, limit: int | None) -> tuple[list[dict[str, Any]], Any]:
        page = movies.list_movies(read, replace(wanted, after=after, limit=limit))
        return page.movies, page.last

    is_number = sort_value(wanted.sort).type.python_type is float
    return Order(f"movies:{wanted.sort}", value=float if is_number else str, imdb_id=str).page(paging, fetch)


@blueprint.operation("GET", "", query=requests.MovieQuerySchema, response=MovieSchema(many=True), etag=True)
def list_all(user: Account, query: dict[str, Any]) -> Response:
    """The library, whole or filtered."""
    with library_read(user.id) as read:
        return movie_page(read, _wanted(read, query), query)


@blueprint.operation(
    "POST", "", body=requests.NewMovieSchema, response=MovieSchema, status=201, also=[200], problems=PROVIDER_PROBLEMS
)
def add(user: Account, body: dict[str, Any]) -> Response:
    """Add a title with its details and ratings, and who recommended it."""
    title = state().lookup.title_to_add(body.get("imdb_id"), body.get("tmdb_id"), body.get("media_type"))
    with library_write(user.id) as tx:
        is_new = movies.add_movie(tx, title.imdb_id, title.metadata, body.get("recommender"), said_in(body, Vote))
        title.store_responses(tx.connection)
        settle(tx.connection, title, ready_providers(state().lookup))
        movie = movies.get_movie(tx, title.imdb_id)
    return reply(movie, 201 if is_new else 200)


@blueprint.operation("GET", "/<string:imdb_id>", response=MovieSchema, problems=[errors.MovieNotFound], etag=True)
def get(user: Account, imdb_id: str) -> dict[str, Any]:
    """One title of the library."""
    with library_read(user.id) as read:
        return movies.get_movie(read, imdb_id)


@blueprint.operation("DELETE", "/<string:imdb_id>", status=204, problems=[errors.MovieNotFound])
def remove(user: Account, imdb_id: str) -> None:
    """Remove a title with all that hangs on it, for good; the status deleted keeps them."""
    with library_write(user.id) as tx:
        movies.remove_movie(tx, imdb_id)


@blueprint.operation(
    "POST",
    "/<string:imdb_id>/recommendations",
    body=requests.NewRecommendationSchema,
    response=RecommendationSchema,
    status=201,
    problems=[errors.PersonNotFound],
)
def recommend(user: Account, body: dict[str, Any], imdb_id: str) -> dict[str, Any]:
    """Record who recommends a title; makes title and person as needed, updates an earlier vote."""
    recommender = body["person_name"] if body.get("person_id") is None else body["person_id"]
    with library_write(user.id) as tx:
        person_id = movies.recommend(tx, imdb_id, recommender, said_in(body, Vote), _sent_metadata(body))
        return movies.list_recommendations(tx, imdb_id, [person_id])[0]


@blueprint.operation(
    "POST",
    "/<string:imdb_id>/recommendations/bulk",
    body=requests.NewRecommendationsSchema,
    response=RecommendationSchema(many=True),
    status=201,
    problems=[errors.PersonNotFound],
)
def recommend_in_bulk(user: Account, body: dict[str, Any], imdb_id: str) -> list[dict[str, Any]]:
    """Record several people's recommendations at once, all or none."""
    recommenders = [*body.get("people", ()), *body.get("person_ids", ())]
    with library_write(user.id) as tx:
        person_ids = movies.recommend_all(tx, imdb_id, recommenders, said_in(body, Vote), _sent_metadata(body))
        return movies.list_recommendations(tx, imdb_id, person_ids)


@blueprint.operation(
    "DELETE",
    "/<string:imdb_id>/recommendations/<name:person>",
    status=204,
    problems=[errors.MovieNotFound, errors.PersonNotFound, errors.RecommendationNotFound],
)
def withdraw(user: Account, imdb_id: str, person: str) -> None:
    """Remove a person's recommendation, by name or by id."""
    with library_write(user.id) as tx:
        movies.withdraw(tx, imdb_id, people.find_person(tx, person))


@blueprint.operation(
    "PUT",
    "/<string:imdb_id>/status",
    body=requests.StatusChangeSchema,
    response=TitleStatusSchema,
    problems=[errors.ListNotFound],
)
def set_status(user: Account, body: dict[str, Any], imdb_id: str) -> dict[str, Any]:
    """Say what became of a title; makes it if it is not there."""
    with library_write(user.id) as tx:
        movies.set_status(tx, imdb_id, body["status"], body.get("custom_list_id"))
        movie = movies.get_movie(tx, imdb_id)
    return status_json(movie)


def _wanted(read: LibraryRead, query: Mapping[str, Any]) -> MovieFilter:
    person, unrated = query.get("person"), query.get("unrated", False)
    has_years = "year_from" in query or "year_to" in query
    return MovieFilter(
        statuses=query.get("status", ()),
        is_watched=unrated,
        person_id=None if person is None else people.person_asked_for(read, person),
        list_id=query.get("list"),
        media_type=query.get("media_type"),
        texts=search_forms(query.get("q", "")),
        genres=query.get("genre", ()),
        years=(f"{query.get('year_from', 0):04}", f"{query.get('year_to', 9999):04}") if has_years else None,
        watched=_watched(query),
        min_rating=query.get("min_rating", 0.0 if query.get("rated") else None),
        lacks_rating=unrated or query.get("rated") is False,
        liked=query.get("liked"),
        folded_tag=movies.tag_named(query["tag"])[0] if "tag" in query else None,
        sort=query.get("sort", "imdb_id"),
    )


def _watched(query: Mapping[str, Any]) -> tuple[float, float] | None:
    """From which moment until before which one (Unix seconds) the query asks for viewings, if it does."""
    if "watched_from" not in query and "watched_to" not in query:
        return None
    begins, ends = first_day_of(query.get("watched_from", FIRST_DATE)), last_day_of(query.get("watched_to", LAST_DATE))
    return start_of(begins), start_of(ends) + DAY_SECONDS


def _sent_metadata(body: Mapping[str, Any]) -> Metadata:
    """What the client knows of the title; an empty object counts as nothing."""
    return Metadata(body.get("media_type"), body.get("tmdb_data") or None, body.get("omdb_data") or None)
