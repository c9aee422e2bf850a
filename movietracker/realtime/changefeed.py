"""Finds what any process commits to the libraries that connections here follow, by polling the database.

A database can say at almost no cost whether anything was committed, by any process: SQLite has a counter, and
PostgreSQL's snapshots differ. Only then are the heads of the followed libraries read, and only the changes of those
that moved. A change is never announced before its commit, because a poll sees only what is committed.
"""

from collections.abc import Iterator
from time import monotonic
from typing import Any

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.exc import OperationalError

from ..errors import UserNotFound
from ..extensions import db
from ..models import HEAD
from ..services.transactions import library_read
from ..sync.feed import News, read_news

POLL_EVERY = {"sqlite": 0.1, "postgresql": 0.2}
"""Seconds; on PostgreSQL a poll is a round trip."""

READ_HEADS_EVERY = 2.0
"""Seconds after which the heads are read in any case: databases spread over several servers have no common snapshot."""

# Nothing was committed between two equal results.
_VERSION = {"sqlite": "PRAGMA data_version", "postgresql": "SELECT pg_current_snapshot()::text"}
_HEADS = select(HEAD.c.user_id, HEAD.c.seq).where(HEAD.c.user_id.in_(bindparam("users", expanding=True)))


class Changefeed:
    """The followed libraries, and the number up to which each was announced; for one thread.

    Its methods raise what SQLAlchemy raises while the database is unavailable; no change is lost by that.
    """

    def __init__(self) -> None:
        self._announced: dict[str, int] = {}
        self._connection: Connection | None = None
        self._version: object = None
        self._read_heads_at = 0.0
        self.interval = POLL_EVERY[db.engine.dialect.name]

    def follow(self, user_id: str) -> News:
        """Follow a library from now on; returns its news, or its head alone if it is new here. Raises UserNotFound."""
        return self._read(user_id, self._announced.get(user_id))

    def unfollow(self, user_id: str) -> None:
        """Stop following a library."""
        self._announced.pop(user_id, None)

    def poll(self) -> Iterator[tuple[str, News | None]]:
        """Yield the libraries that changed since the last poll; None for one that fell back, after a restore."""
        if not self._announced:
            return
        now, version = monotonic(), self._read_version()
        if version == self._version and now < self._read_heads_at:
            return
        for user_id, seq in self._heads():
            announced = self._announced[user_id]
            if seq < announced:
                yield user_id, None
            elif seq > announced:
                try:
                    yield user_id, self._read(user_id, announced)
                except UserNotFound:  # deleted since; the check of tokens closes its connections
                    continue
        self._version, self._read_heads_at = version, now + READ_HEADS_EVERY

    def disconnect(self) -> None:
        """Close the database connection; the next poll opens another one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            self._version = None  # each connection counts for itself

    def _read(self, user_id: str, after: int | None) -> News:
        with library_read(user_id) as read:
            news = read_news(read, after)
        self._announced[user_id] = news.head.seq
        return news

    def _open(self) -> Connection:
        """Return a connection outside the pool and, but for reading the heads, outside any transaction."""
        if self._connection is None:
            connection = db.engine.connect()
            if connection.dialect.name != "sqlite":  # whose connections begin no transaction by themselves
                connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.detach()
            self._connection = connection
        return self._connection

    def _read_version(self) -> object:
        """Ask the driver itself, which is many times faster than SQLAlchemy; this runs all day long."""
        connection = self._open()
        statement, driver = _VERSION[connection.dialect.name], connection.dialect.loaded_dbapi
        raw: Any = connection.connection.dbapi_connection
        try:
            return raw.execute(statement).fetchone()[0]
        except driver.Error as error:
            raise OperationalError(statement, None, error) from error

    def _heads(self) -> list[tuple[str, int]]:
        connection = self._open()
        with connection.begin():
            rows = connection.execute(_HEADS, {"users": list(self._announced)})
            return [(row.user_id, row.seq) for row in rows]
