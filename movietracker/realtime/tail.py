"""Notices what any process commits to the libraries that are watched here, by looking at the database.

SQLite says at next to no cost, and for all processes, whether anything was committed (``PRAGMA data_version``); only
then are the heads of the watched libraries read, and only of those that moved is read what changed. On other databases
the heads are read each time. Nothing is told before its commit, because nothing else can be seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, bindparam, select

from ..errors import UserNotFound
from ..extensions import db
from ..models import LibraryHead
from ..services.transactions import library_read
from ..sync.news import News, read_news

_HEAD = LibraryHead.__table__
_HEADS = select(_HEAD.c.user_id, _HEAD.c.seq).where(_HEAD.c.user_id.in_(bindparam("users", expanding=True)))


class Tail:
    """The watched libraries, and the number up to which each has been told; used by one thread only.

    Its methods raise what SQLAlchemy raises when the database is away; nothing is missed by that.
    """

    def __init__(self) -> None:
        self._told: dict[str, int] = {}
        self._connection: Connection | None = None
        self._version: int | None = None
        self.interval = 0.1 if db.engine.dialect.name == "sqlite" else 0.2

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
        version = self._data_version()
        if version is not None and version == self._version:
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
        self._version = version

    def let_go(self) -> None:
        """Close the connection; the next look opens another one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
            self._version = None

    def _read(self, user_id: str, after: int | None) -> News:
        with library_read(user_id) as read:
            news = read_news(read, after)
        self._told[user_id] = news.head.seq
        return news

    def _open(self) -> Connection:
        """A connection of our own: SQLite counts the commits of others as each connection sees them."""
        if self._connection is None:
            self._connection = db.engine.connect()
            self._connection.detach()
        return self._connection

    def _data_version(self) -> int | None:
        connection = self._open()
        if connection.dialect.name != "sqlite":
            return None
        driver: Any = connection.connection.dbapi_connection
        version: int = driver.execute("PRAGMA data_version").fetchone()[0]
        return version

    def _heads(self) -> list[tuple[str, int]]:
        connection = self._open()
        with connection.begin():
            rows = connection.execute(_HEADS, {"users": list(self._told)})
            return [(row.user_id, row.seq) for row in rows]
