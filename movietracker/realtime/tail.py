"""Notices what any process commits to the libraries that are watched here, by looking at the database.

A database can say at next to no cost whether anything at all was committed, by any process: SQLite has a counter, and
PostgreSQL's snapshots differ. Only then are the heads of the watched libraries read, and only of those that moved is
read what changed. Nothing is told before its commit, because nothing else can be seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic
from typing import Any

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.exc import OperationalError

from ..errors import UserNotFound
from ..extensions import db
from ..models import LibraryHead
from ..services.transactions import library_read
from ..sync.news import News, read_news

_HEAD = LibraryHead.__table__

LOOK_EVERY = {"sqlite": 0.1, "postgresql": 0.2}
"""Seconds; on PostgreSQL a look is a round trip."""

SURELY_EVERY = 2.0
"""Seconds after which the heads are read in any case: databases spread over several servers have no one snapshot."""

# Two answers that are the same mean that nothing was committed between them.
_VERSION = {"sqlite": "PRAGMA data_version", "postgresql": "SELECT pg_current_snapshot()::text"}
_HEADS = select(_HEAD.c.user_id, _HEAD.c.seq).where(_HEAD.c.user_id.in_(bindparam("users", expanding=True)))


class Tail:
    """The watched libraries, and the number up to which each has been told; used by one thread only.

    Its methods raise what SQLAlchemy raises when the database is away; nothing is missed by that.
    """

    def __init__(self) -> None:
        self._told: dict[str, int] = {}
        self._connection: Connection | None = None
        self._version: object = None
        self._surely_at = 0.0
        self.interval = LOOK_EVERY[db.engine.dialect.name]

    def watch(self, user_id: str) -> News:
        """Watch a library from now on; answers its news, its head alone if it is new here. Raises UserNotFound."""
        return self._read(user_id, self._told.get(user_id))

    def forget(self, user_id: str) -> None:
        """Nobody here listens to this library any more."""
        self._told.pop(user_id, None)

    def look(self) -> Iterator[tuple[str, News | None]]:
        """The libraries that changed since the last look; None for one that fell back: the database was restored."""
        if not self._told:
            return
        now, version = monotonic(), self._read_version()
        if version == self._version and now < self._surely_at:
            return
        for user_id, seq in self._heads():
            told = self._told[user_id]
            if seq < told:
                yield user_id, None
            elif seq > told:
                try:
                    yield user_id, self._read(user_id, told)
                except UserNotFound:  # deleted meanwhile; its tokens are dead, which closes its sockets
                    continue
        self._version, self._surely_at = version, now + SURELY_EVERY

    def let_go(self) -> None:
        """Close the connection; the next look opens another one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            self._version = None  # each connection counts for itself

    def _read(self, user_id: str, after: int | None) -> News:
        with library_read(user_id) as read:
            news = read_news(read, after)
        self._told[user_id] = news.head.seq
        return news

    def _open(self) -> Connection:
        """A connection of our own, outside of the pool and, but for reading the heads, outside of any transaction."""
        if self._connection is None:
            connection = db.engine.connect()
            if connection.dialect.name != "sqlite":  # whose connections are so anyway
                connection = connection.execution_options(isolation_level="AUTOCOMMIT")
            connection.detach()
            self._connection = connection
        return self._connection

    def _read_version(self) -> object:
        """Asked of the driver itself, which is many times quicker than by SQLAlchemy: it is asked for all day long."""
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
            rows = connection.execute(_HEADS, {"users": list(self._told)})
            return [(row.user_id, row.seq) for row in rows]
