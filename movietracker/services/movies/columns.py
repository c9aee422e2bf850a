"""The tables of a title, joined, and their columns in the order in which they are read."""

from typing import Any

from sqlalchemy import BindParameter, Column, ColumnElement, Table, bindparam, case, literal_column

from ...models import MOVIES, RANKINGS, STATUS, TAGS, VIEWINGS, VOTES, WATCHED
from ...models.movie import Status, Viewing, Vote, Watch
from ...models.ranking import Rank
from ...schemas.movie import MovieRow, VoteRow

OF_USER: BindParameter[str] = bindparam("of_user")
OF_MOVIE: BindParameter[str] = bindparam("of_movie")


def of_user(table: Table) -> ColumnElement[bool]:
    """The rows of the user."""
    return table.c.user_id == OF_USER


def of_movie(table: Table) -> ColumnElement[bool]:
    """The rows of one title of the user."""
    return of_user(table) & (table.c.imdb_id == OF_MOVIE)


def same_title(table: Table, other: Table = MOVIES) -> ColumnElement[bool]:
    """The rows of two tables that belong to the same title."""
    return (table.c.user_id == other.c.user_id) & (table.c.imdb_id == other.c.imdb_id)


IS_RANKED = (STATUS.c.status == literal_column("'watched'")) & RANKINGS.c.ranked_at.is_not(None)
"""Whether a title is shown in the ranking."""

TITLES = (
    MOVIES.join(STATUS, same_title(STATUS))
    .outerjoin(WATCHED, same_title(WATCHED))
    .outerjoin(RANKINGS, same_title(RANKINGS) & IS_RANKED)
)

STATUS_COLUMNS: tuple[Column[Any], ...] = tuple(STATUS.c[name] for name in Status._fields)
WATCH_COLUMNS: tuple[Column[Any], ...] = tuple(WATCHED.c[name] for name in Watch._fields)
RANK_COLUMNS: tuple[Column[Any], ...] = tuple(RANKINGS.c[name] for name in Rank._fields)
VIEWING_CONTENT: tuple[Column[Any], ...] = tuple(VIEWINGS.c[name] for name in Viewing._fields)
VIEWING_COLUMNS: tuple[Column[Any], ...] = (VIEWINGS.c.imdb_id, VIEWINGS.c.id, *VIEWING_CONTENT, VIEWINGS.c.moment)
TAG_COLUMNS: tuple[Column[Any], ...] = (TAGS.c.imdb_id, TAGS.c.folded, TAGS.c.tag)
VOTE_CONTENT: tuple[Column[Any], ...] = tuple(VOTES.c[name] for name in Vote._fields)
VOTE_COLUMNS: tuple[Column[Any], ...] = tuple(VOTES.c[name] for name in VoteRow._fields)

_IS_ONLY_NAMED = MOVIES.c.tmdb_data.is_(None) & MOVIES.c.omdb_data.is_(None)
NAME_COLUMNS = {name: case((_IS_ONLY_NAMED, MOVIES.c[name])).label(name) for name in ("title", "year")}
"""What a title is called of which nothing else is known: details tell it of all others, so it is not read twice."""

_BY_NAME: dict[str, ColumnElement[Any]] = {
    **{column.name: column for table in (STATUS, MOVIES) for column in table.c},
    **NAME_COLUMNS,
    "rev": MOVIES.c.seq,
}
MOVIE_COLUMNS: tuple[ColumnElement[Any], ...] = (
    *(_BY_NAME[name] for name in MovieRow._fields),
    *WATCH_COLUMNS,
    *RANK_COLUMNS,
)
