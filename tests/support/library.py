"""Looking into libraries, and putting titles into them, below the API; each needs an application context."""

from collections.abc import Iterable
from typing import Any

import orjson
from sqlalchemy import select

from movietracker.extensions import db
from movietracker.models import ATTEMPTS
from movietracker.services import movies
from movietracker.services.accounts import Account
from movietracker.services.library_read import Head
from movietracker.services.movies import MovieFilter
from movietracker.services.transactions import library_read, library_write


def imdb_ids(count: int, first: int = 1) -> list[str]:
    """So many IMDb ids."""
    return [f"tt{number:07}" for number in range(first, first + count)]


def add_stubs(user: Account, ids: Iterable[str]) -> None:
    """Put titles into a library without their details, as an import does."""
    with library_write(user.id) as tx:
        for imdb_id in ids:
            movies.ensure_movie(tx, imdb_id)


def movie_of(user: Account, imdb_id: str) -> dict[str, Any]:
    """A title of a library as the API would show it."""
    with library_read(user.id) as read:
        shown: dict[str, Any] = orjson.loads(orjson.dumps(movies.get_movie(read, imdb_id)))
    return shown


def stubs_of(user: Account) -> set[str]:
    """The titles of a library without details."""
    with library_read(user.id) as read:
        listed = movies.list_movies(read, MovieFilter()).movies
    return {movie["imdb_id"] for movie in listed if movie["tmdb_data"] is None}


def head_of(user: Account) -> Head:
    """The newest change of a library."""
    with library_read(user.id) as read:
        return read.head()


def notes() -> dict[str, Any]:
    """What is noted about further attempts, by IMDb id."""
    with db.engine.connect() as connection:
        return {row.imdb_id: row for row in connection.execute(select(ATTEMPTS))}
