"""What tests of the sync protocol do below the API: things that clients cannot ask for. In an application context."""

from __future__ import annotations

from sqlalchemy import bindparam, delete

from movietracker.models import Movie, MovieStatus, Recommendation, WatchRecord
from movietracker.services.accounts import Account
from movietracker.services.transactions import library_write


def remove_movie(user: Account, imdb_id: str) -> None:
    """Remove a movie for good, as a restore does that replaces a library."""
    with library_write(user.id) as tx:
        for model in (Recommendation, WatchRecord, MovieStatus, Movie):
            table = model.__table__
            mine = table.c.user_id == bindparam("of_user")
            tx.execute(delete(table).where(mine, table.c.imdb_id == bindparam("of_movie")), of_movie=imdb_id)
        tx.deleted("movie", imdb_id)
