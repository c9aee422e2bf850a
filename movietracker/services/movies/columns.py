"""The tables of a title, joined, and their columns in the order in which they are read."""

from typing import Any

from sqlalchemy import BindParameter, Column, ColumnElement, Table, bindparam

from ...models import MOVIES, STATUS, VOTES, WATCHED
from ...models.movie import Status, Vote, Watch
from ...schemas.movie import MovieRow, VoteRow

OF_USER: BindParameter[str] = bindparam("of_user")
OF_MOVIE: BindParameter[str] = bindparam("of_movie")


def of_user(table: Table) -> ColumnElement[bool]:
    """The rows of the user."""
    return table.c.user_id == OF_USER


def of_movie(table: Table) -> ColumnElement[bool]:
    """The rows of one title of the user."""
    return of_user(table) & (table.c.imdb_id == OF_MOVIE)


def _same_title(table: Table) -> ColumnElement[bool]:
    return (table.c.user_id == MOVIES.c.user_id) & (table.c.imdb_id == MOVIES.c.imdb_id)


TITLES = MOVIES.join(STATUS, _same_title(STATUS)).outerjoin(WATCHED, _same_title(WATCHED))

STATUS_COLUMNS: tuple[Column[Any], ...] = tuple(STATUS.c[name] for name in Status._fields)
WATCH_COLUMNS: tuple[Column[Any], ...] = tuple(WATCHED.c[name] for name in Watch._fields)
VOTE_CONTENT: tuple[Column[Any], ...] = tuple(VOTES.c[name] for name in Vote._fields)
VOTE_COLUMNS: tuple[Column[Any], ...] = tuple(VOTES.c[name] for name in VoteRow._fields)

_BY_NAME = {**{column.name: column for table in (STATUS, MOVIES) for column in table.c}, "rev": MOVIES.c.seq}
MOVIE_COLUMNS: tuple[Column[Any], ...] = (*(_BY_NAME[name] for name in MovieRow._fields), *WATCH_COLUMNS)
