"""What was seen of a title: its viewings, its rating, and the watch record of older clients."""

from typing import Any

from .. import errors
from ..models.movie import Watch
from ..schemas import movie_requests as requests
from ..schemas.movie import MovieSchema, ViewingSchema, WatchRecordSchema, watch_json
from ..services import movies
from ..services.accounts import Account
from ..services.library_read import LibraryRead
from ..services.movies import said_in
from ..services.transactions import library_read, library_write
from .blueprint import ApiBlueprint

blueprint = ApiBlueprint("viewings", "/api/movies/<string:imdb_id>", "What was seen")


@blueprint.operation("PUT", "/watch", body=requests.WatchSchema, response=WatchRecordSchema)
def watch(user: Account, body: dict[str, Any], imdb_id: str) -> dict[str, Any]:
    """Record that a title was watched: a new viewing, or for one that is watched already a change of its newest."""
    with library_write(user.id) as tx:
        movies.watch(tx, imdb_id, said_in(body, Watch))
        return watch_json(imdb_id, user.id, *movies.watch_of(tx, imdb_id))


@blueprint.operation(
    "PUT", "/rating", body=requests.RatingSchema, response=MovieSchema, problems=[errors.MovieNotFound]
)
def rate(user: Account, body: dict[str, Any], imdb_id: str) -> dict[str, Any]:
    """Say what the user thinks of a title now; it need not be watched."""
    with library_write(user.id) as tx:
        movies.rate(tx, imdb_id, body["my_rating"])
        return movies.get_movie(tx, imdb_id)


@blueprint.operation("GET", "/viewings", response=ViewingSchema(many=True), problems=[errors.MovieNotFound], etag=True)
def list_all(user: Account, imdb_id: str) -> list[dict[str, Any]]:
    """The occasions on which a title was watched, the newest first."""
    with library_read(user.id) as read:
        viewings: list[dict[str, Any]] = movies.get_movie(read, imdb_id)["viewings"]
        return viewings


@blueprint.operation(
    "POST",
    "/viewings",
    body=requests.NewViewingSchema,
    response=ViewingSchema,
    status=201,
    problems=[errors.ViewingRemoved],
)
def add(user: Account, body: dict[str, Any], imdb_id: str) -> dict[str, Any]:
    """Add an occasion of watching; the title becomes watched. One whose id is there stays as it is."""
    with library_write(user.id) as tx:
        viewing_id = movies.add_viewing(tx, imdb_id, body, viewing_id=body.get("id"))
        return _viewing(tx, imdb_id, viewing_id)


@blueprint.operation(
    "PUT",
    "/viewings/<string:viewing_id>",
    body=requests.ViewingChangeSchema,
    response=ViewingSchema,
    problems=[errors.MovieNotFound, errors.ViewingNotFound],
)
def change(user: Account, body: dict[str, Any], imdb_id: str, viewing_id: str) -> dict[str, Any]:
    """Change an occasion of watching; what is missing stays."""
    with library_write(user.id) as tx:
        movies.change_viewing(tx, imdb_id, viewing_id, body)
        return _viewing(tx, imdb_id, viewing_id)


@blueprint.operation(
    "DELETE",
    "/viewings/<string:viewing_id>",
    status=204,
    problems=[errors.MovieNotFound, errors.ViewingNotFound],
)
def remove(user: Account, imdb_id: str, viewing_id: str) -> None:
    """Remove an occasion of watching; the status of the title stays."""
    with library_write(user.id) as tx:
        movies.remove_viewing(tx, imdb_id, viewing_id)


def _viewing(read: LibraryRead, imdb_id: str, viewing_id: str) -> dict[str, Any]:
    return next(each for each in movies.list_viewings(read, imdb_id) if each["id"] == viewing_id)
