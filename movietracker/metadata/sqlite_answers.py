"""Answers in an SQLite file, in the format of requests-cache with its JSON serializer."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from cattrs.errors import BaseValidationError
from requests_cache.backends.sqlite import SQLiteDict
from requests_cache.models.response import CachedResponse

from .answers import Answer, CacheError, CacheFigures
from .deadline import Deadline
from .file_lock import file_lock
from .stored_responses import to_answer, to_response

logger = logging.getLogger("movietracker.metadata")

T = TypeVar("T")

# How long a write waits for one of another process.
BUSY_SECONDS = 2.0

# The file is no database, has holes, or has other tables than ours.
_DAMAGE = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR}

_CREATE_COUNTS = "CREATE TABLE IF NOT EXISTS counts (name TEXT PRIMARY KEY, value INTEGER NOT NULL)"
_COUNT = "INSERT INTO counts VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1"
# A row that is written again gets a new, highest rowid: their order is the order of storing.
_EVICT = "DELETE FROM responses WHERE rowid <= (SELECT rowid FROM responses ORDER BY rowid DESC LIMIT 1 OFFSET ?)"


class _Table(SQLiteDict):
    """requests-cache's table, except that a write that cannot be made fails.

    The original tries for ever while the file is locked, cannot be written or the disk is full, and drops without a
    word what fails at the commit.
    """

    @contextmanager
    def _acquire_sqlite_lock(self) -> Iterator[None]:
        with self._lock:
            connection = self._connection
            assert connection is not None, "opened by the caller"
            connection.execute("BEGIN IMMEDIATE")
            self._active_transaction = True
            try:
                yield
                connection.commit()
            except BaseException:
                connection.rollback()
                raise
            finally:
                self._active_transaction = False

    def deserialize(self, key: str, value: Any) -> CachedResponse | None:
        """The stored response, or None for a row that cannot be read, whatever is wrong with it."""
        try:
            response = super().deserialize(key, value)
        except BaseValidationError:
            return None
        return response if isinstance(response, CachedResponse) else None


class SqliteAnswers:
    """The backend of a single machine. A file that turns out to be damaged is set aside, and a new one begun."""

    def __init__(self, path: Path, max_entries: int) -> None:
        self._path = path
        self._lock_path = path.parent / "locks" / f"{path.name}.lock"
        self._max_entries = max_entries
        self._table: _Table | None = None
        self._inode: int | None = None

    def get(self, key: str) -> Answer | None:
        """The answer of this key, however old."""
        return self._run(lambda table: to_answer(table.get(key)))

    def put(self, key: str, url: str, answer: Answer) -> None:
        """Store an answer and drop the oldest ones beyond the limit, in one transaction."""

        def store(table: _Table) -> None:
            with table.connection(commit=True) as connection:
                table[key] = to_response(url, answer)
                connection.execute(_EVICT, (self._max_entries,))

        self._run(store)

    def count(self, *, hit: bool) -> None:
        """Count a hit or a miss."""
        self._run(lambda table: _execute(table, _COUNT, ("hits" if hit else "misses",)))

    def figures(self) -> CacheFigures:
        """Size and counts."""

        def read(table: _Table) -> CacheFigures:
            with table.connection() as connection:
                counts = dict(connection.execute("SELECT name, value FROM counts"))
            return CacheFigures(table.count(), counts.get("hits", 0), counts.get("misses", 0))

        return self._run(read)

    def clear(self) -> None:
        """Forget all answers and counts."""

        def empty(table: _Table) -> None:
            with table.connection(commit=True) as connection:
                connection.execute("DELETE FROM responses")
                connection.execute("DELETE FROM counts")

        self._run(empty)

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        if self._table is not None:
            self._table.close()  # type: ignore[no-untyped-call]
            self._table = None

    def _run(self, operation: Callable[[_Table], T]) -> T:
        error, result = self._attempt(operation)
        if error is not None and _is_damage(error):
            self._set_aside()
            error, result = self._attempt(operation)
        if error is not None:
            raise CacheError(str(error))
        return result[0]

    def _attempt(self, operation: Callable[[_Table], T]) -> tuple[Exception | None, list[T]]:
        try:
            return None, [operation(self._open())]
        except (sqlite3.Error, OSError) as error:
            self.close()
            # Without its traceback, which would keep a half-opened table alive.
            return error.with_traceback(None), []

    def _open(self) -> _Table:
        inode = _inode(self._path)
        if self._table is not None and inode == self._inode is not None:
            return self._table
        self.close()
        # One process at a time: SQLite does not wait for others while it turns on WAL.
        with file_lock(self._lock_path, Deadline(BUSY_SECONDS)):
            self._inode = inode
            table = _Table(self._path, table_name="responses", serializer="json", wal=True, timeout=BUSY_SECONDS)
            self._table = table
            _execute(table, _CREATE_COUNTS)
            self._inode = _inode(self._path)
        return table

    def _set_aside(self) -> None:
        try:
            with file_lock(self._lock_path, Deadline(BUSY_SECONDS)):
                # Another process may have been faster.
                if _inode(self._path) == self._inode:
                    self._path.replace(self._path.with_name(f"{self._path.name}.damaged"))
                    for suffix in ("-wal", "-shm"):
                        self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
                    logger.warning("The cache of provider answers was damaged; it is set aside and a new one begun.")
        except OSError as error:
            raise CacheError(str(error)) from error


def _is_damage(error: Exception) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None


def _execute(table: _Table, statement: str, values: tuple[object, ...] = ()) -> None:
    with table.connection(commit=True) as connection:
        connection.execute(statement, values)
