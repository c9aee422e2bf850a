"""The transactions of a user's library: every write takes the head's lock first and is numbered by the change clock.

``with library_write(user_id) as tx`` is the only way to write to a user's library (database.py refuses any other). It
takes the write lock of the user's head row before anything is read, so a user's commits are totally ordered; each
changed record gets a number of its own and the commit's time. A transaction that touches nothing uses no number.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from blinker import Signal
from flask import current_app
from sqlalchemy import Connection, bindparam, insert, update
from sqlalchemy import select as sql_select

from ..clock import next_moment
from ..errors import UserNotFound
from ..events import Change, LibraryChanged, RecordKind
from ..extensions import db
from ..models import CustomList, LibraryHead, Movie, Person

library_changed = Signal("A library changed; sent after the commit by the application, with event=LibraryChanged.")

HEAD = LibraryHead.__table__

_LOCK = (
    update(HEAD)
    .where(HEAD.c.user_id == bindparam("of_user"))
    .values(seq=HEAD.c.seq)
    .returning(HEAD.c.seq, HEAD.c.at, HEAD.c.next_id)
)
_ADVANCE = update(HEAD).where(HEAD.c.user_id == bindparam("of_user"))
_READ_HEAD = sql_select(HEAD.c.seq, HEAD.c.at).where(HEAD.c.user_id == bindparam("of_user"))

# An id range of its own for each account makes ids unique on an installation without a counter that all users share.
ID_BLOCK = 10_000_000


class Head(NamedTuple):
    """The newest change of a library: its number and its time in Unix seconds."""

    seq: int
    at: float


class LibraryRead:
    """A consistent look at one user's library."""

    def __init__(self, connection: Connection, user_id: str) -> None:
        self.connection = connection
        self.user_id = user_id

    def execute(self, statement: Any, **parameters: Any) -> Any:
        """Run a statement; ``of_user`` is always bound to this user."""
        return self.connection.execute(statement, {"of_user": self.user_id, **parameters})

    def head(self) -> Head:
        """The head of the library."""
        row = self.execute(_READ_HEAD).one_or_none()
        if row is None:
            raise UserNotFound
        return Head(row.seq, row.at)


_RECORDS: dict[RecordKind, tuple[Any, Any, type]] = {
    "movie": (Movie.__table__, Movie.__table__.c.imdb_id, str),
    "person": (Person.__table__, Person.__table__.c.id, int),
    "list": (CustomList.__table__, CustomList.__table__.c.id, str),
}


class LibraryWrite(LibraryRead):
    """A write transaction of one user's library, opened by ``library_write``."""

    def __init__(self, connection: Connection, user_id: str, seq: int, at: float, next_id: int) -> None:
        super().__init__(connection, user_id)
        self.seq = seq
        self.at = next_moment(at)
        self._next_id = self._first_id = next_id
        self._numbers: dict[tuple[RecordKind, str], int] = {}
        self._unwritten: set[tuple[RecordKind, str]] = set()
        self._changes: dict[tuple[RecordKind, str], Change] = {}
        self._stubs: list[str] = []

    def new_id(self) -> int:
        """An id for a new person or recommendation; never given twice, also after deletion."""
        given = self._next_id
        self._next_id += 1
        return given

    def created(self, kind: RecordKind, key: str | int) -> dict[str, Any]:
        """Note a new record; answers the columns ``seq`` and ``last_modified`` for its INSERT."""
        return {"seq": self._number(kind, str(key), created=True), "last_modified": self.at}

    def touch(self, kind: RecordKind, *keys: str | int) -> None:
        """Note changed records; their number and time are written at the end."""
        for key in keys:
            self._number(kind, str(key))
            self._unwritten.add((kind, str(key)))

    def deleted(self, kind: RecordKind, key: str | int) -> None:
        """Note a removed record."""
        self._number(kind, str(key))
        self._unwritten.discard((kind, str(key)))
        self._changes[kind, str(key)] = Change(kind, str(key), deleted=True)

    def stub(self, imdb_ids: Iterable[str]) -> None:
        """Note movies stored without details, for enrichment."""
        self._stubs.extend(imdb_ids)

    def _number(self, kind: RecordKind, key: str, *, created: bool = False) -> int:
        if (kind, key) not in self._numbers:
            self.seq += 1
            self._numbers[kind, key] = self.seq
            self._changes[kind, key] = Change(kind, key, created=created)
        return self._numbers[kind, key]

    def flush(self) -> None:
        """Write the numbers and times of the records touched so far, so that what is read next shows them."""
        for kind, (table, column, convert) in _RECORDS.items():
            rows = [
                {"of_user": self.user_id, "of_key": convert(key), "to_seq": self._numbers[each, key]}
                for each, key in sorted(self._unwritten)
                if each == kind
            ]
            if rows:
                statement = update(table).where(table.c.user_id == bindparam("of_user"), column == bindparam("of_key"))
                self.connection.execute(statement.values(seq=bindparam("to_seq"), last_modified=self.at), rows)
        self._unwritten.clear()

    def finish(self) -> LibraryChanged | None:
        """Write what is left and the new head; None when nothing changed."""
        self.flush()
        if not self._changes:
            return None
        self.execute(_ADVANCE.values(seq=self.seq, at=self.at, next_id=self._next_id))
        return LibraryChanged(self.user_id, self.seq, self.at, tuple(self._changes.values()), tuple(self._stubs))


@contextmanager
def write_connection() -> Iterator[Connection]:
    """A transaction that may write; on SQLite it takes the write lock at once, which honours the busy time-out."""
    with db.engine.connect() as connection:
        options = {"sqlite_begin": "IMMEDIATE", "library_write": True}
        with connection.execution_options(**options).begin():
            yield connection


@contextmanager
def library_write(user_id: str) -> Iterator[LibraryWrite]:
    """A write of one user's library: locked, numbered, all or nothing, announced after its commit.

    Raises UserNotFound when there is no such account.
    """
    with write_connection() as connection:
        row = connection.execute(_LOCK, {"of_user": user_id}).one_or_none()
        if row is None:
            raise UserNotFound
        tx = LibraryWrite(connection, user_id, row.seq, row.at, row.next_id)
        yield tx
        event = tx.finish()
    if event is not None:
        announce(event)


def announce(event: LibraryChanged) -> None:
    """Tell subscribers of a committed change; they run in this thread and must not raise."""
    library_changed.send(current_app._get_current_object(), event=event)  # type: ignore[attr-defined]


@contextmanager
def library_read(user_id: str) -> Iterator[LibraryRead]:
    """One consistent snapshot of a user's library, whatever is written meanwhile."""
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            yield LibraryRead(connection, user_id)


def open_library(connection: Connection, user_id: str) -> LibraryWrite:
    """The first transaction of a new account: makes its head; the caller finishes and commits."""
    newest = connection.execute(sql_select(db.func.max(HEAD.c.next_id))).scalar() or 0
    first_id = (newest // ID_BLOCK + 1) * ID_BLOCK + 1
    connection.execute(insert(HEAD).values(user_id=user_id, seq=0, at=0.0, next_id=first_id))
    return LibraryWrite(connection, user_id, 0, 0.0, first_id)
