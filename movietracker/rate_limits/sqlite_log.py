"""Counts in SQLite: in a file, so that all processes of one machine count together, or in this process's memory.

Each counted request is a row until its period is over. The file can be deleted at any time.
"""

import os
import secrets
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from .. import clock
from .rules import Claim, Ticket

T = TypeVar("T")
Operation = Callable[[sqlite3.Connection], T]

FILE_NAME = "rate_limits.sqlite"

# Longer than this no request waits for others; it is counted in memory instead.
BUSY_SECONDS = 1.0

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS counted (key TEXT NOT NULL, at REAL NOT NULL, id TEXT NOT NULL, "
    "expires_at REAL NOT NULL, PRIMARY KEY (key, at, id)) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS counted_expires_at ON counted (expires_at)",
)
# A row of the future was written before the clock was set back, and would block until that time comes again.
_PERIOD = "FROM counted WHERE key = :key AND at > :now - :seconds AND at <= :now"
_SLIDING = f"SELECT at {_PERIOD} ORDER BY at DESC LIMIT 1 OFFSET :amount - 1"
_GROWING = f"SELECT COUNT(*), MAX(at) {_PERIOD}"
_FORGET = "DELETE FROM counted WHERE expires_at <= :now OR (key = :key AND at > :now)"
_ADD = "INSERT INTO counted VALUES (:key, :now, :id, :now + :seconds)"
_REMOVE = "DELETE FROM counted WHERE key = :key AND (at = :at OR :at IS NULL) AND (id = :id OR :id IS NULL)"


class LogAwayError(Exception):
    """The log cannot be used now; the message says why."""


class SqliteLog:
    """What is common to the file and to memory: the counting itself, in one transaction."""

    def take(self, claims: Sequence[Claim]) -> Ticket | float:
        """Count a request under all claims, or none if one of them has to wait; then the seconds to wait."""
        return self._run(lambda connection: _take(connection, claims))

    def give_back(self, ticket: Ticket) -> None:
        """Count a request no longer."""
        rows = [{"key": key, "at": ticket.at, "id": ticket.id} for key in ticket.keys]
        self._run(lambda connection: connection.executemany(_REMOVE, rows))

    def remember(self, key: str, seconds: int) -> None:
        """Remember a key for so long."""

        def run(connection: sqlite3.Connection) -> None:
            connection.execute(_REMOVE, {"key": key, "at": None, "id": None})
            connection.execute(_ADD, {"key": key, "now": clock.now(), "id": "", "seconds": seconds})

        self._run(run)

    def remembers(self, key: str) -> bool:
        """Whether a key is remembered."""
        values = {"key": key, "now": clock.now()}
        query = "SELECT 1 FROM counted WHERE key = :key AND expires_at > :now"
        return self._run(lambda connection: connection.execute(query, values).fetchone() is not None)

    def _run(self, operation: Operation[T]) -> T:
        """Run an operation in a transaction that has the write lock; raises LogAwayError."""
        raise NotImplementedError


class FileLog(SqliteLog):
    """Counts in the file of a folder; a damaged file is replaced."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        # One thread at a time: SQLite's way of waiting for a lock is to try again and again.
        self._turn = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._opened: tuple[int, int | None] | None = None

    def check(self) -> None:
        """Raise LogAwayError unless the file can be written."""
        self.remember("check", 0)

    def close(self) -> None:
        """Close the file; the next request opens it again."""
        with self._turn:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _run(self, operation: Operation[T]) -> T:
        if not self._turn.acquire(timeout=BUSY_SECONDS):
            raise LogAwayError("too many requests wait for it")
        try:
            return self._attempt(operation)
        except (sqlite3.Error, OSError) as error:
            raise LogAwayError(str(error)) from None
        finally:
            self._turn.release()

    def _attempt(self, operation: Operation[T]) -> T:
        try:
            return self._open_and_run(operation)
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                raise
        self._path.unlink(missing_ok=True)
        return self._open_and_run(operation)

    def _open_and_run(self, operation: Operation[T]) -> T:
        """Run on the connection of the last time, unless this is a forked process or the file is another one."""
        if self._opened != (os.getpid(), self._inode()):
            self._connection = None
        connection = self._connection or sqlite3.connect(
            self._path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            if self._connection is None:
                connection.execute("PRAGMA synchronous=OFF")  # a power cut may cost the counts
                _in_transaction(connection, _make_tables)
                self._connection, self._opened = connection, (os.getpid(), self._inode())
            return _in_transaction(connection, operation)
        except sqlite3.Error:
            self._connection = None
            connection.close()
            raise

    def _inode(self) -> int | None:
        try:
            return self._path.stat().st_ino
        except OSError:
            return None


class MemoryLog(SqliteLog):
    """Counts in this process's memory, which allows its share: the rate divided by the number of processes."""

    def __init__(self) -> None:
        self.processes = 1
        self._turn = threading.Lock()
        self._connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        _in_transaction(self._connection, _make_tables)

    def take(self, claims: Sequence[Claim]) -> Ticket | float:
        """Count a request under this process's share of all claims."""
        return super().take([Claim(key, rule.share_of(self.processes)) for key, rule in claims])

    def _run(self, operation: Operation[T]) -> T:
        with self._turn:
            return _in_transaction(self._connection, operation)


def _in_transaction(connection: sqlite3.Connection, operation: Operation[T]) -> T:
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = operation(connection)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return result


def _make_tables(connection: sqlite3.Connection) -> None:
    for statement in _SCHEMA:
        connection.execute(statement)


def _take(connection: sqlite3.Connection, claims: Sequence[Claim]) -> Ticket | float:
    now, given = clock.now(), secrets.token_hex(8)
    wait = max(_wait(connection, each, now) for each in claims)
    if wait > 0:
        return wait
    for key, rule in claims:
        values = {"key": key, "now": now, "id": given, "seconds": rule.seconds}
        connection.execute(_FORGET, {"key": key, "now": now})
        connection.execute(_ADD, values)
    return Ticket(tuple(each.key for each in claims), given, now)


def _wait(connection: sqlite3.Connection, claim: Claim, now: float) -> float:
    """Seconds until a request is allowed; 0 or less for now."""
    rule = claim.rule
    values = {"key": claim.key, "now": now, "seconds": rule.seconds, "amount": rule.amount}
    if not rule.longest_delay:
        oldest = connection.execute(_SLIDING, values).fetchone()
        return 0.0 if oldest is None else float(oldest[0]) + rule.seconds - now
    count, newest = connection.execute(_GROWING, values).fetchone()
    return 0.0 if count < rule.amount else float(newest) + rule.delay_after(count) - now
