"""Reading a user's movies: by set, never by object, with stored JSON spliced into the answer.

Parsing and dumping the stored details again is what makes trackers slow; ``orjson.Fragment`` puts them into the answer
as they are. A list takes three statements however long it is: the movies with status and watch record, their votes, and
the names of people. Rows are the driver's own tuples, since SQLAlchemy's rows with access by name take longer than
everything else together (2,000 movies: 61 ms of CPU with them, 28 ms without, 20 ms for plain sqlite3 and orjson).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Select, bindparam, exists, func, or_, select

from ..errors import MovieNotFound
from ..models import Movie, MovieStatus, Person, Recommendation, WatchRecord
from .names import normal_form, search_form
from .transactions import LibraryRead

MOVIES = Movie.__table__
STATUS = MovieStatus.__table__
WATCHED = WatchRecord.__table__
VOTES = Recommendation.__table__
PEOPLE = Person.__table__

# Beyond this many movies, reading all votes is cheaper than naming the movies in the statement.
MOST_KEYS_IN_STATEMENT = 500

_MOVIE_COLUMNS = (
    MOVIES.c.imdb_id,
    MOVIES.c.media_type,
    MOVIES.c.tmdb_data,
    MOVIES.c.omdb_data,
    MOVIES.c.last_modified,
    MOVIES.c.seq,
    STATUS.c.status,
    STATUS.c.custom_list_id,
    WATCHED.c.date_watched,
    WATCHED.c.my_rating,
)

_MOVIES = (
    select(*_MOVIE_COLUMNS)
    .select_from(MOVIES)
    .join(STATUS, (STATUS.c.user_id == MOVIES.c.user_id) & (STATUS.c.imdb_id == MOVIES.c.imdb_id))
    .outerjoin(WATCHED, (WATCHED.c.user_id == MOVIES.c.user_id) & (WATCHED.c.imdb_id == MOVIES.c.imdb_id))
    .where(MOVIES.c.user_id == bindparam("of_user"))
)

_VOTE_COLUMNS = (
    VOTES.c.imdb_id,
    VOTES.c.id,
    VOTES.c.person_id,
    VOTES.c.date_recommended,
    VOTES.c.vote_type,
)
_VOTES = select(*_VOTE_COLUMNS).where(VOTES.c.user_id == bindparam("of_user")).order_by(VOTES.c.id)
_NAMES = select(PEOPLE.c.id, PEOPLE.c.name).where(PEOPLE.c.user_id == bindparam("of_user"))

_ONE_MOVIE = _MOVIES.where(MOVIES.c.imdb_id == bindparam("of_movie"))
_ONE_MOVIES_VOTES = (
    select(*_VOTE_COLUMNS, PEOPLE.c.name)
    .join_from(VOTES, PEOPLE, (PEOPLE.c.user_id == VOTES.c.user_id) & (PEOPLE.c.id == VOTES.c.person_id))
    .where(VOTES.c.user_id == bindparam("of_user"), VOTES.c.imdb_id == bindparam("of_movie"))
    .order_by(VOTES.c.id)
)

_RATING = func.coalesce(WATCHED.c.my_rating, 0.0)
SORTS: dict[str, ColumnElement[Any]] = {
    "imdb_id": MOVIES.c.imdb_id,
    "title": func.lower(func.coalesce(MOVIES.c.title, MOVIES.c.imdb_id)),
    "year": func.coalesce(MOVIES.c.year, ""),
    "added": MOVIES.c.added_at,
    "modified": MOVIES.c.last_modified,
    "watched": func.coalesce(WATCHED.c.date_watched, 0.0),
    "rating": _RATING,
}


@dataclass(frozen=True, slots=True)
class MovieFilter:
    """Which movies to list; everything that is given must fit.

    ``statuses`` are alternatives; ``person_id`` recommended it; ``text`` is in title, original title, the names of
    cast, director and recommenders, or genre. ``sort`` is a key of SORTS, descending with a leading "-".
    ``changed`` gives the numbers of the change clock between which (the first exclusive) the movie changed last.
    ``after`` is the (sort value, IMDb id) of the last row of the page before; ``limit`` the most rows to answer.
    """

    statuses: tuple[str, ...] = ()
    person_id: int | None = None
    list_id: str | None = None
    media_type: str | None = None
    text: str | None = None
    sort: str = "imdb_id"
    after: tuple[Any, str] | None = None
    limit: int | None = None
    changed: tuple[int, int] | None = None

    @property
    def is_everything(self) -> bool:
        """Whether this is the whole library, so that votes need no selection."""
        return self == MovieFilter(sort=self.sort)


@dataclass(frozen=True, slots=True)
class MoviePage:
    """Movies ready to be dumped by orjson; ``last`` is where the next page goes on, None at the end."""

    movies: list[dict[str, Any]]
    last: tuple[Any, str] | None = None


def list_movies(read: LibraryRead, wanted: MovieFilter, *, with_rev: bool = False) -> MoviePage:
    """The movies that fit, in order; ``with_rev`` adds each one's number, for the sync protocol."""
    sort, ids = _sort_column(wanted), MOVIES.c.imdb_id
    descending = wanted.sort.startswith("-")
    statement = _MOVIES.where(*_conditions(wanted)).add_columns(sort.label("sort_value"))
    if wanted.after is not None:
        value, imdb_id = wanted.after
        beyond = sort < value if descending else sort > value
        statement = statement.where(or_(beyond, (sort == value) & (ids > imdb_id)))
    if sort is ids:
        statement = statement.order_by(ids.desc() if descending else ids)
    else:
        statement = statement.order_by(sort.desc() if descending else sort, ids)
    if wanted.limit is not None:
        statement = statement.limit(wanted.limit + 1)
    rows = read.fetch_plain(statement)
    last = None
    if wanted.limit is not None and len(rows) > wanted.limit:
        rows = rows[: wanted.limit]
        last = (rows[-1][-1], rows[-1][0])
    votes_of = _votes_of(read, wanted, rows)
    return MoviePage([_movie_json(row, votes_of.get(row[0], []), read.user_id, with_rev) for row in rows], last)


def get_movie(read: LibraryRead, imdb_id: str, *, with_rev: bool = False) -> dict[str, Any]:
    """One movie; ``with_rev`` adds its number, for the sync protocol. Raises MovieNotFound."""
    rows = read.fetch_plain(_ONE_MOVIE, of_movie=imdb_id)
    if not rows:
        raise MovieNotFound
    return _movie_json(rows[0], list_recommendations(read, imdb_id), read.user_id, with_rev)


def list_recommendations(
    read: LibraryRead, imdb_id: str, person_ids: Iterable[int] | None = None
) -> list[dict[str, Any]]:
    """The votes for one movie, the oldest first; or those of these people, in their order."""
    votes = read.fetch_plain(_ONE_MOVIES_VOTES, of_movie=imdb_id)
    made = {vote[2]: _recommendation_json(vote, vote[5], read.user_id) for vote in votes}
    return list(made.values()) if person_ids is None else [made[person_id] for person_id in person_ids]


def _recommendation_json(vote: tuple[Any, ...], name: str, user_id: str) -> dict[str, Any]:
    """The contract's Recommendation from a row of _VOTE_COLUMNS; ``person`` repeats the name for older clients."""
    imdb_id, vote_id, person_id, date_recommended, vote_type = vote[:5]
    return {
        "id": vote_id,
        "imdb_id": imdb_id,
        "user_id": user_id,
        "person_id": person_id,
        "person_name": name,
        "person": name,
        "date_recommended": date_recommended,
        "vote_type": bool(vote_type),
    }


def _movie_json(
    row: tuple[Any, ...], recommendations: list[dict[str, Any]], user_id: str, with_rev: bool
) -> dict[str, Any]:
    """The contract's Movie from a row of _MOVIE_COLUMNS."""
    imdb_id, media_type, tmdb, omdb, last_modified, seq, status, custom_list_id, date_watched, my_rating = row[:10]
    watched = {"imdb_id": imdb_id, "user_id": user_id, "date_watched": date_watched, "my_rating": my_rating}
    movie = {
        "imdb_id": imdb_id,
        "user_id": user_id,
        "media_type": media_type,
        "tmdb_data": None if tmdb is None else orjson.Fragment(tmdb),
        "omdb_data": None if omdb is None else orjson.Fragment(omdb),
        "last_modified": last_modified,
        "status": status,
        "custom_list_id": custom_list_id,
        "recommendations": recommendations,
        "watch_history": None if date_watched is None else watched,
    }
    if with_rev:
        movie["rev"] = seq
    return movie


def _sort_column(wanted: MovieFilter) -> ColumnElement[Any]:
    return SORTS[wanted.sort.removeprefix("-")]


def _conditions(wanted: MovieFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.statuses:
        conditions.append(STATUS.c.status.in_(wanted.statuses))
    if wanted.list_id is not None:
        conditions.append(STATUS.c.custom_list_id == wanted.list_id)
    if wanted.changed is not None:
        conditions += [MOVIES.c.seq > wanted.changed[0], MOVIES.c.seq <= wanted.changed[1]]
    if wanted.media_type is not None:
        conditions.append(MOVIES.c.media_type == wanted.media_type)
    if wanted.person_id is not None:
        conditions.append(_has_vote(VOTES.c.person_id == wanted.person_id))
    if wanted.text:
        found = MOVIES.c.search_text.contains(search_form(wanted.text), autoescape=True)
        conditions.append(or_(found, _has_vote(_is_recommender_named(wanted.text))))
    return conditions


def _has_vote(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(VOTES.c.user_id == MOVIES.c.user_id, VOTES.c.imdb_id == MOVIES.c.imdb_id, condition)


def _is_recommender_named(text: str) -> ColumnElement[bool]:
    bearers = select(PEOPLE.c.id).where(PEOPLE.c.user_id == bindparam("of_user"))
    is_theirs: ColumnElement[bool] = VOTES.c.person_id.in_(
        bearers.where(PEOPLE.c.name.icontains(normal_form(text), autoescape=True))
    )
    return is_theirs


def _votes_of(read: LibraryRead, wanted: MovieFilter, rows: list[tuple[Any, ...]]) -> dict[str, list[dict[str, Any]]]:
    """The votes of these movies by IMDb id."""
    votes_of: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    if not rows:
        return votes_of
    statement: Select[Any] = _VOTES
    if not wanted.is_everything and len(rows) <= MOST_KEYS_IN_STATEMENT:
        statement = statement.where(VOTES.c.imdb_id.in_([row[0] for row in rows]))
    votes = read.fetch_plain(statement)
    names: dict[int, str] = dict(read.fetch_plain(_NAMES)) if votes else {}
    for vote in votes:
        votes_of[vote[0]].append(_recommendation_json(vote, names[vote[2]], read.user_id))
    return votes_of
