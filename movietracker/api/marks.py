"""How the user marks titles: liked or not, and with tags. Tags may hold any character, slashes too."""

from typing import Any

from flask import Response

from .. import errors
from ..schemas.movie import MovieSchema, TagSchema
from ..schemas.movie_requests import LikedSchema
from ..services import movies
from ..services.accounts import Account
from ..services.transactions import library_read, library_write
from .blueprint import ApiBlueprint
from .responses import reply

blueprint = ApiBlueprint("marks", "/api", "Liked titles and tags")


@blueprint.operation("GET", "/tags", response=TagSchema(many=True), etag=True)
def list_tags(user: Account) -> list[dict[str, Any]]:
    """The tags of the library, each with the number of its titles."""
    with library_read(user.id) as read:
        return movies.list_tags(read)


@blueprint.operation(
    "PUT",
    "/movies/<string:imdb_id>/liked",
    body=LikedSchema,
    response=MovieSchema,
    problems=[errors.MovieNotFound],
)
def like(user: Account, body: dict[str, Any], imdb_id: str) -> dict[str, Any]:
    """Say whether the user likes a title, whatever its status and rating."""
    with library_write(user.id) as tx:
        movies.like(tx, imdb_id, body["liked"])
        return movies.get_movie(tx, imdb_id)


@blueprint.operation(
    "PUT",
    "/movies/<string:imdb_id>/tags/<name:tag>",
    response=MovieSchema,
    status=201,
    also=[200],
    problems=[errors.MovieNotFound],
)
def add_tag(user: Account, imdb_id: str, tag: str) -> Response:
    """Tag a title; a tag is shown as it was written first, and compared without case and accents."""
    with library_write(user.id) as tx:
        is_new = movies.add_tag(tx, imdb_id, tag)
        return reply(movies.get_movie(tx, imdb_id), 201 if is_new else 200)


@blueprint.operation(
    "DELETE",
    "/movies/<string:imdb_id>/tags/<name:tag>",
    status=204,
    problems=[errors.MovieNotFound, errors.TagNotFound, errors.Invalid],
)
def remove_tag(user: Account, imdb_id: str, tag: str) -> None:
    """Take a tag from a title."""
    with library_write(user.id) as tx:
        movies.remove_tag(tx, imdb_id, tag)
