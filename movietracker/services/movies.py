"""Reading a user's movies: by set, never by object, with stored JSON spliced into the answer.

Parsing and dumping the stored details again is what makes trackers slow; ``orjson.Fragment`` puts them into the answer
as they are. A list takes three statements however long it is: the movies with status and watch record, their votes, and
the names of people. Rows are the driver's own tuples, since SQLAlchemy's rows with access by name take longer than
everything else together (2,000 movies: 61 ms of CPU with them, 28 ms without, 20 ms for plain sqlite3 and orjson).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import orjson

from ..errors import MovieNotFound
from .movie_statements import (
    ALL_VOTES,
    NAMES,
    ONE_MOVIE,
    ONE_MOVIES_VOTES,
    SOME_VOTES,
    VOTES,
    MovieFilter,
    listing,
    votes_for_selection,
)
from .transactions import LibraryRead

# Beyond this many movies, reading all votes is cheaper than naming the movies in the statement.
MOST_KEYS_IN_STATEMENT = 500


@dataclass(frozen=True, slots=True)
class MoviePage:
    """Movies ready to be dumped by orjson; ``last`` is where the next page goes on, None at the end."""

    movies: list[dict[str, Any]]
    last: tuple[Any, str] | None = None


def list_movies(read: LibraryRead, wanted: MovieFilter, *, with_rev: bool = False) -> MoviePage:
    """The movies that fit, in order; ``with_rev`` adds each one's number, for the sync protocol."""
    rows = read.fetch_plain(listing(wanted.shape), **wanted.values)
    if wanted.changed is not None:
        rows.sort(key=itemgetter(0))
    last = None
    if wanted.limit is not None and len(rows) > wanted.limit:
        rows = rows[: wanted.limit]
        last = (rows[-1][-1], rows[-1][0])
    votes_of = _votes_of(read, wanted, rows)
    return MoviePage([_movie_json(row, votes_of.get(row[0], ()), read.user_id, with_rev) for row in rows], last)


def get_movie(read: LibraryRead, imdb_id: str, *, with_rev: bool = False) -> dict[str, Any]:
    """One movie; ``with_rev`` adds its number, for the sync protocol. Raises MovieNotFound."""
    rows = read.fetch_plain(ONE_MOVIE, of_movie=imdb_id)
    if not rows:
        raise MovieNotFound
    return _movie_json(rows[0], list_recommendations(read, imdb_id), read.user_id, with_rev)


def list_recommendations(
    read: LibraryRead, imdb_id: str, person_ids: Iterable[int] | None = None
) -> list[dict[str, Any]]:
    """The votes for one movie, the oldest first; or those of these people, in their order."""
    votes = _in_order(read.fetch_plain(ONE_MOVIES_VOTES, of_movie=imdb_id))
    recommendations = _by_movie(votes, {vote[2]: vote[5] for vote in votes}, read.user_id).get(imdb_id, [])
    if person_ids is None:
        return recommendations
    made = {recommendation["person_id"]: recommendation for recommendation in recommendations}
    return [made[person_id] for person_id in person_ids]


def _by_movie(
    votes: Iterable[tuple[Any, ...]], names: Mapping[int, str], user_id: str
) -> dict[str, list[dict[str, Any]]]:
    """The contract's Recommendations by IMDb id, from rows that begin with _VOTE_COLUMNS."""
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for imdb_id, vote_id, person_id, date_recommended, vote_type, *_ in votes:
        name = names[person_id]
        found[imdb_id].append(
            {
                "id": vote_id,
                "imdb_id": imdb_id,
                "user_id": user_id,
                "person_id": person_id,
                "person_name": name,
                "person": name,  # for older clients
                "date_recommended": date_recommended,
                "vote_type": bool(vote_type),
            }
        )
    return found


def _movie_json(
    row: tuple[Any, ...], recommendations: Iterable[dict[str, Any]], user_id: str, with_rev: bool
) -> dict[str, Any]:
    """The contract's Movie from a row of _MOVIE_COLUMNS."""
    imdb_id, media_type, tmdb, omdb, last_modified, seq, status, custom_list_id, date_watched, my_rating = row[:10]
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
        "watch_history": None,
    }
    if date_watched is not None:
        watched = {"imdb_id": imdb_id, "user_id": user_id, "date_watched": date_watched, "my_rating": my_rating}
        movie["watch_history"] = watched
    if with_rev:
        movie["rev"] = seq
    return movie


def _in_order(votes: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The oldest first. With ORDER BY id SQLite reads all votes of the user in that order, to pick a few."""
    return sorted(votes, key=itemgetter(1))


def _votes_of(
    read: LibraryRead, wanted: MovieFilter, rows: list[tuple[Any, ...]]
) -> Mapping[str, list[dict[str, Any]]]:
    """The votes of these movies by IMDb id, the oldest first."""
    if not rows:
        return {}
    selection = votes_for_selection(wanted.shape)
    if selection is not None:
        votes = _in_order(read.fetch_plain(selection, **wanted.values))
    elif wanted.is_everything or len(rows) > MOST_KEYS_IN_STATEMENT:
        votes = read.fetch_plain(ALL_VOTES)
    else:
        votes = _in_order(read.fetch_plain(SOME_VOTES.where(VOTES.c.imdb_id.in_([row[0] for row in rows]))))
    names: dict[int, str] = dict(read.fetch_plain(NAMES)) if votes else {}
    return _by_movie(votes, names, read.user_id)
