"""The library: titles, who recommended them, what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Response

from .. import errors
from ..metadata.title_store import ready_providers, settle
from ..schemas.answers import MovieSchema, RecommendationSchema, StatusSchema, WatchRecordSchema
from ..schemas.requests import (
    MovieQuerySchema,
    NewMovieSchema,
    NewRecommendationSchema,
    NewRecommendationsSchema,
    StatusChangeSchema,
    WatchSchema,
)
from ..services import library, movies, people
from ..services.accounts import Account
from ..services.library import Vote
from ..services.metadata_columns import Metadata
from ..services.movie_statements import MovieFilter
from ..services.transactions import LibraryRead, library_read, library_write
from ..state import state
from .blueprint import ApiBlueprint
from .paging import Order
from .replies import no_content, reply

blueprint = ApiBlueprint("movies", __name__, url_prefix="/api/movies", description="The library")

_NOBODY = 0
_NUMERIC_SORTS = ("added", "modified", "watched", "rating")


def movie_page(read: LibraryRead, wanted: MovieFilter, paging: Mapping[str, Any]) -> Response:
    """The movies that fit as an answer: whole, or the page asked for."""
    order = Order(f"movies:{wanted.sort}", (_sort_type(wanted), str))
    value_and_id = order.place_after(paging)
    after = None if value_and_id is None else (value_and_id[0], value_and_id[1])
    page = movies.list_movies(read, replace(wanted, after=after, limit=paging.get("limit")))
    return reply(page.movies, headers=order.next_page(page.last))


def _id_of(read: LibraryRead, name_or_id: str) -> int:
    """The id of the person; that of nobody when there is no such person, who therefore has recommended nothing."""
    try:
        return people.find_person_by_name_or_id(read, name_or_id)
    except errors.PersonNotFound:
        return _NOBODY


def _sort_type(wanted: MovieFilter) -> type:
    return float if wanted.sort.removeprefix("-") in _NUMERIC_SORTS else str


@blueprint.endpoint("GET", "", answer=MovieSchema(many=True), problems=[errors.Invalid], etag=True)
@blueprint.arguments(MovieQuerySchema, location="query")
def list_all(user: Account, query: dict[str, Any]) -> Response:
    """The library, whole or filtered."""
    with library_read(user.id) as read:
        person = query.get("person")
        wanted = MovieFilter(
            statuses=query.get("status", ()),
            person_id=None if person is None else _id_of(read, person),
            list_id=query.get("list"),
            media_type=query.get("media_type"),
            text=query.get("q"),
            sort=query.get("sort", "imdb_id"),
        )
        return movie_page(read, wanted, query)


@blueprint.endpoint(
    "POST",
    "",
    answer=MovieSchema,
    status=201,
    also=200,
    problems=[errors.Invalid, errors.TitleUnknown, errors.ProviderFailed, errors.ProviderUnreachable],
)
@blueprint.arguments(NewMovieSchema)
def add(user: Account, body: dict[str, Any]) -> Response:
    """Add a title with its details and ratings, and who recommended it."""
    title = state().lookup.title_to_add(body.get("imdb_id"), body.get("tmdb_id"), body.get("media_type"))
    recommender = body.get("recommender")
    vote = None if recommender is None else Vote(person_name=recommender, vote_type=body.get("vote_type", True))
    with library_write(user.id) as tx:
        is_new = library.add_movie(tx, title.imdb_id, title.metadata, vote)
        title.store_responses(tx.connection)
        settle(tx.connection, title, ready_providers(state().lookup))
        tx.flush()
        movie = movies.get_movie(tx, title.imdb_id)
    return reply(movie, 201 if is_new else 200)


@blueprint.endpoint("GET", "/<string:imdb_id>", answer=MovieSchema, problems=[errors.MovieNotFound], etag=True)
def get(user: Account, imdb_id: str) -> Response:
    """One title of the library."""
    with library_read(user.id) as read:
        return reply(movies.get_movie(read, imdb_id))


@blueprint.endpoint(
    "POST",
    "/<string:imdb_id>/recommendations",
    answer=RecommendationSchema,
    status=201,
    problems=[errors.PersonNotFound, errors.Invalid],
)
@blueprint.arguments(NewRecommendationSchema)
def recommend(user: Account, body: dict[str, Any], imdb_id: str) -> Response:
    """Record who recommends a title; makes title and person as needed, updates an earlier vote."""
    name = body.get("person_name") if body.get("person_name") is not None else body.get("person")
    vote = Vote(body.get("person_id"), name, body.get("vote_type", True), body.get("date_recommended"))
    with library_write(user.id) as tx:
        person_id = library.recommend(tx, imdb_id, vote, _sent_metadata(body))
        recommendation = movies.list_recommendations(tx, imdb_id, [person_id])[0]
    return reply(recommendation, 201)


@blueprint.endpoint(
    "POST",
    "/<string:imdb_id>/recommendations/bulk",
    answer=RecommendationSchema(many=True),
    status=201,
    problems=[errors.PersonNotFound, errors.Invalid],
)
@blueprint.arguments(NewRecommendationsSchema)
def recommend_in_bulk(user: Account, body: dict[str, Any], imdb_id: str) -> Response:
    """Record several people's recommendations at once, all or none."""
    common = {"vote_type": body.get("vote_type", True), "date_recommended": body.get("date_recommended")}
    votes = [Vote(person_name=name, **common) for name in body.get("people", ())]
    votes += [Vote(person_id=person_id, **common) for person_id in body.get("person_ids", ())]
    with library_write(user.id) as tx:
        person_ids = library.recommend_all(tx, imdb_id, votes, _sent_metadata(body))
        recommendations = movies.list_recommendations(tx, imdb_id, person_ids)
    return reply(recommendations, 201)


@blueprint.endpoint(
    "DELETE",
    "/<string:imdb_id>/recommendations/<name:person>",
    status=204,
    problems=[errors.MovieNotFound, errors.PersonNotFound, errors.RecommendationNotFound],
)
def withdraw(user: Account, imdb_id: str, person: str) -> Response:
    """Remove a person's recommendation, by name or by id."""
    with library_write(user.id) as tx:
        library.withdraw(tx, imdb_id, people.find_person_by_name_or_id(tx, person))
    return no_content()


@blueprint.endpoint(
    "PUT",
    "/<string:imdb_id>/status",
    answer=StatusSchema,
    problems=[errors.ListNotFound, errors.Invalid],
)
@blueprint.arguments(StatusChangeSchema)
def set_status(user: Account, body: dict[str, Any], imdb_id: str) -> Response:
    """Say what became of a title; makes it if it is not there."""
    with library_write(user.id) as tx:
        library.set_status(tx, imdb_id, body["status"], body.get("custom_list_id"))
        tx.flush()
        movie = movies.get_movie(tx, imdb_id)
    return reply({key: movie[key] for key in ("imdb_id", "status", "custom_list_id", "last_modified")})


@blueprint.endpoint("PUT", "/<string:imdb_id>/watch", answer=WatchRecordSchema, problems=[errors.Invalid])
@blueprint.arguments(WatchSchema)
def watch(user: Account, body: dict[str, Any], imdb_id: str) -> Response:
    """Record that a title was watched, and the rating; watching again updates the record."""
    with library_write(user.id) as tx:
        library.watch(tx, imdb_id, body["date_watched"], body["my_rating"])
        movie = movies.get_movie(tx, imdb_id)
    return reply(movie["watch_history"])


def _sent_metadata(body: Mapping[str, Any]) -> Metadata:
    """What the client knows of the title; an empty object counts as nothing."""
    return Metadata(body.get("media_type"), body.get("tmdb_data") or None, body.get("omdb_data") or None)
