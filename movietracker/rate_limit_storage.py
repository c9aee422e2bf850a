"""Counters of the rate limits in an SQLite file, so that all processes of one machine count together.

Flask-Limiter finds the storage by the scheme of ``RATELIMIT_STORAGE_URI``. The file can be deleted at any time: it
holds nothing but the counts of the running windows.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from flask import current_app
from limits.storage import Storage

from . import clock

T = TypeVar("T")

STORAGE_URI = "movietracker+sqlite://"
FILE_NAME = "rate_limits.sqlite"

# A login should rather go uncounted than wait longer for other processes' counting.
BUSY_SECONDS = 1.0

logger = logging.getLogger("movietracker.rate_limits")

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS counters "
    "(key BLOB PRIMARY KEY, amount INTEGER NOT NULL, expires_at REAL NOT NULL) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS counters_expires_at ON counters (expires_at)",
)
# A window that ends later than one begun now was begun before the clock was set back: it counts no longer either.
_FORGET = "DELETE FROM counters WHERE expires_at <= :now OR (key = :key AND expires_at > :now + :expiry)"
_COUNT = """
INSERT INTO counters VALUES (:key, :amount, :now + :expiry)
ON CONFLICT (key) DO UPDATE SET amount = amount + excluded.amount
RETURNING amount
"""
_READ = "SELECT amount, expires_at FROM counters WHERE key = :key AND expires_at > :now"


class SqliteStorage(Storage):
    """Counts for the fixed-window strategy, in the instance folder of the current application.

    A file that is locked or cannot be written lets requests through, with one warning until it works again: a limit on
    guessing passwords must not keep the owner out. A damaged file is replaced.
    """

    STORAGE_SCHEME = ["movietracker+sqlite"]  # noqa: RUF012 - as its base class declares it

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **options: float | str | bool) -> None:
        super().__init__(uri, wrap_exceptions, **options)
        self._is_failing = False

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        """What can go wrong below."""
        return sqlite3.Error

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count ``amount`` in the key's window of ``expiry`` seconds, which begins with its first count.

        Answers the new count; 0 when it cannot be counted.
        """
        values = {"key": digest(key), "amount": amount, "expiry": expiry, "now": clock.now()}

        def count(connection: sqlite3.Connection) -> int:
            connection.execute(_FORGET, values)
            return int(connection.execute(_COUNT, values).fetchone()[0])

        return self._run(count, otherwise=0)

    def get(self, key: str) -> int:
        """The count of the key's window; 0 when there is none."""
        return self._window(key)[0]

    def get_expiry(self, key: str) -> float:
        """When the key's window ends, in Unix seconds; now when there is none."""
        return self._window(key)[1]

    def check(self) -> bool:
        """Whether counts can be written now."""
        return self._run(lambda _: True, otherwise=False)

    def reset(self) -> int:
        """Forget all counts; answers how many windows there were."""
        return self._run(lambda connection: connection.execute("DELETE FROM counters").rowcount, otherwise=0)

    def clear(self, key: str) -> None:
        """Forget the key's count."""
        statement = "DELETE FROM counters WHERE key = ?"
        self._run(lambda connection: connection.execute(statement, (digest(key),)).rowcount, otherwise=0)

    def _window(self, key: str) -> tuple[int, float]:
        now = clock.now()

        def read(connection: sqlite3.Connection) -> tuple[int, float]:
            row = connection.execute(_READ, {"key": digest(key), "now": now}).fetchone()
            return (0, now) if row is None else (int(row[0]), float(row[1]))

        return self._run(read, otherwise=(0, now))

    def _run(self, operation: Callable[[sqlite3.Connection], T], *, otherwise: T) -> T:
        path = Path(current_app.instance_path, FILE_NAME)
        try:
            try:
                answer = _in_transaction(path, operation)
            except sqlite3.DatabaseError as error:
                if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                    raise
                path.unlink(missing_ok=True)
                answer = _in_transaction(path, operation)
        except (sqlite3.Error, OSError) as error:
            if not self._is_failing:
                logger.warning("Nothing is limited for now, because %s cannot be used: %s", FILE_NAME, error)
            self._is_failing = True
            return otherwise
        self._is_failing = False
        return answer


def digest(key: str) -> bytes:
    """What stands for a key in the storage."""
    # Keys hold what somebody typed as an e-mail address; the file need not.
    return hashlib.sha256(key.encode()).digest()


def _in_transaction(path: Path, operation: Callable[[sqlite3.Connection], T]) -> T:
    """Run an operation under the write lock.

    A connection for each costs little beside checking a password, and there is none that a fork could share.
    """
    with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=OFF")  # a power cut may cost the counts
        connection.execute("BEGIN IMMEDIATE")
        for statement in _SCHEMA:
            connection.execute(statement)
        answer = operation(connection)
        connection.execute("COMMIT")
    return answer
