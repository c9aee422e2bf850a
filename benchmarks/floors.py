"""Floors: the least work that any implementation must do for an answer, measured in the same run."""

from __future__ import annotations

import hashlib
import sqlite3
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

_WRITTEN = ("movies", "movie_status", "watch_history", "viewings", "recommendations", "people", "custom_lists")

Query = tuple[str, tuple[Any, ...]]

_MOVIES = "SELECT imdb_id, media_type, tmdb_data, omdb_data, last_modified, liked FROM movies WHERE user_id = ?"
_STATUS = "SELECT imdb_id, status, custom_list_id FROM movie_status WHERE user_id = ?"
_WATCHED = "SELECT imdb_id, date_watched, my_rating FROM watch_history WHERE user_id = ?"
_VIEWINGS = (
    "SELECT imdb_id, id, watched_on, watched_at, rating, note, source, created_at FROM viewings WHERE user_id = ?"
)
_RANKS = "SELECT imdb_id, liked, order_key, ranked_at FROM rankings WHERE user_id = ?"
_TAGS = "SELECT imdb_id, tag FROM tags WHERE user_id = ?"
_OF_TITLES = (_MOVIES, _STATUS, _WATCHED, _VIEWINGS, _RANKS, _TAGS)
_VOTES = (
    "SELECT r.imdb_id, r.id, r.person_id, p.name, r.date_recommended, r.vote_type, r.note FROM recommendations r "
    "JOIN people p ON p.user_id = r.user_id AND p.id = r.person_id WHERE r.user_id = ?"
)
_RANKED = (
    "SELECT r.imdb_id, r.liked, r.order_key, r.ranked_at, m.title, m.year, m.tmdb_data FROM rankings r "
    "JOIN movies m ON m.user_id = r.user_id AND m.imdb_id = r.imdb_id WHERE r.user_id = ?"
)
_WATCHED_TITLES = (
    "SELECT m.imdb_id, m.title, m.year, m.media_type, s.status, w.my_rating, r.liked, r.order_key, m.tmdb_data, "
    "m.omdb_data FROM movies m JOIN movie_status s ON s.user_id = m.user_id AND s.imdb_id = m.imdb_id "
    "LEFT JOIN watch_history w ON w.user_id = m.user_id AND w.imdb_id = m.imdb_id "
    "LEFT JOIN rankings r ON r.user_id = m.user_id AND r.imdb_id = m.imdb_id WHERE m.user_id = ?"
)
_PEOPLE = "SELECT * FROM people WHERE user_id = ?"
_LISTS = "SELECT * FROM custom_lists WHERE user_id = ?"


class Floors:
    """The floors of one user's library, on a connection of their own to the same SQLite file."""

    def __init__(self, database: Path, user_id: str) -> None:
        self._connection = sqlite3.connect(database, isolation_level=None)
        self._connection.execute("PRAGMA synchronous=FULL")
        self._user = user_id

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def rows(self, *queries: Query) -> Callable[[], bytes]:
        """Plain queries and one serialization."""
        return lambda: orjson.dumps([self._connection.execute(*query).fetchall() for query in queries])

    def library(self) -> Callable[[], bytes]:
        """All that the list of movies shows."""
        return self.rows(*((query, (self._user,)) for query in (*_OF_TITLES, _VOTES)))

    def everything(self) -> Callable[[], bytes]:
        """All that a first pull, or an export, shows."""
        queries = (*_OF_TITLES, _VOTES, _PEOPLE, _LISTS)
        return self.rows(*((query, (self._user,)) for query in queries))

    def ranking(self) -> Callable[[], bytes]:
        """All that the ranking shows, and is made of."""
        return self.rows((_RANKED, (self._user,)))

    def stats(self) -> Callable[[], bytes]:
        """All that the figures of a library are made of, with its details parsed, but not its ratings."""
        votes = "SELECT imdb_id, person_id, date_recommended, vote_type FROM recommendations WHERE user_id = ?"
        people = "SELECT id, name FROM people WHERE user_id = ?"

        def read() -> bytes:
            titles, *others = (
                self._connection.execute(query, (self._user,)).fetchall()
                for query in (_WATCHED_TITLES, _VIEWINGS, votes, people)
            )
            facts = sum(len(orjson.loads(details)) for *_, details, _ in titles if details)
            return orjson.dumps([facts, *map(len, (titles, *others))])

        return read

    def export(self) -> Callable[[], bytes]:
        """All that a backup holds: no provider data."""
        movies = "SELECT imdb_id, media_type, last_modified, liked FROM movies WHERE user_id = ?"
        queries = (movies, *_OF_TITLES[1:], _VOTES, _PEOPLE, _LISTS)
        return self.rows(*((query, (self._user,)) for query in queries))

    def movies_where(self, condition: str, *values: Any) -> Callable[[], bytes]:
        """The part of the library whose IMDb ids a subquery chooses."""
        inside = f" AND imdb_id IN ({condition})"
        votes = _VOTES + f" AND r.imdb_id IN ({condition})"
        arguments = (self._user, *values)
        return self.rows(*((query + inside, arguments) for query in _OF_TITLES), (votes, arguments))

    def commit(self) -> Callable[[], None]:
        """One committed transaction on the same disk."""
        numbers = iter(range(1, 1_000_000_000))
        self._connection.execute("CREATE TABLE IF NOT EXISTS benchmark (number INTEGER PRIMARY KEY, text TEXT)")

        def commit() -> None:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute("INSERT INTO benchmark VALUES (?, 'some text')", (next(numbers),))
            self._connection.execute("COMMIT")

        return commit


class ImportFloor:
    """The rows that an import made, written by plain executemany in one transaction.

    They go into a copy of the database, so with the same indexes on the same disk, for a user of their own each time.
    """

    def __init__(self, database: Path, user_id: str) -> None:
        self._connection = sqlite3.connect(database.with_name("floor.db"), isolation_level=None)
        source = sqlite3.connect(database)
        source.backup(self._connection)
        source.close()
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=FULL")
        self._rows = {table: self._rows_of(table, user_id) for table in _WRITTEN}
        self._user = ""

    def _rows_of(self, table: str, user_id: str) -> list[tuple[Any, ...]]:
        cursor = self._connection.execute(f"SELECT * FROM {table} WHERE user_id = ?", (user_id,))
        assert cursor.description[0][0] == "user_id"
        return cursor.fetchall()

    def clear(self) -> None:
        """Take away what was written last, and make the rows of another user."""
        for table in _WRITTEN:
            self._connection.execute(f"DELETE FROM {table} WHERE user_id = ?", (self._user,))
        self._user = str(uuid.uuid4())
        self._rows = {table: [(self._user, *row[1:]) for row in rows] for table, rows in self._rows.items()}

    def write(self) -> None:
        """One transaction."""
        self._connection.execute("BEGIN IMMEDIATE")
        for table, rows in self._rows.items():
            marks = ", ".join("?" * len(rows[0]))
            self._connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
        self._connection.execute("COMMIT")

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


def pbkdf2() -> str:
    """The password hash of a login."""
    return hashlib.pbkdf2_hmac("sha256", b"a long secret", b"0" * 64, 100_000).hex()


def bare_app(_environ: Any, start_response: Callable[..., Any]) -> list[bytes]:
    """A WSGI application that does nothing, for the floor of a server's answer."""
    body = b'{"status":"healthy","timestamp":1767225600.0}'
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
