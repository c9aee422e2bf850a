"""The transactions of a user's library: every write takes the head's lock first and is numbered by the change clock.

``with library_write(user_id) as tx`` is the only way to write to a user's library; database/guard.py refuses others.
It takes the write lock of the user's head row before anything is read, so a user's commits are totally ordered and
their numbers appear in order. ``with library_read(user_id) as read`` sees one snapshot.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import MappingProxyType
from typing import Any
from weakref import WeakKeyDictionary

from blinker import Signal
from flask import current_app
from sqlalchemy import Connection, Engine, Executable, bindparam, func, insert, select, update

from ..database import Rows, Turns, execute, snapshot, write_transaction
from ..errors import UserNotFound
from ..extensions import db
from ..models import HEAD
from ..plugin.events import LibraryChanged
from .change_clock import LibraryWrite
from .library_read import LibraryRead

library_changed = Signal("A library changed; sent after the commit by the application, with event=LibraryChanged.")

_LOCK = (
    update(HEAD)
    .where(HEAD.c.user_id == bindparam("of_user"))
    .values(seq=HEAD.c.seq)
    .returning(HEAD.c.seq, HEAD.c.at, HEAD.c.next_id)
)

# An id range of its own for each account makes ids unique on an installation without a counter that all users share.
ID_BLOCK = 10_000_000

# PostgreSQL knows such a lock by a number, which means something to us alone.
ACCOUNTS_LOCK = 6_117_400_001

_TURNS: WeakKeyDictionary[Engine, Turns] = WeakKeyDictionary()

# How long a write waits for others on SQLite, in seconds; beyond that the client is asked to come again.
QUEUE_SECONDS = 10.0


@contextmanager
def write_connection(user_id: str | None = None) -> Iterator[Connection]:
    """A transaction that may write, to the library of a user if one is given.

    Raises DatabaseUnavailable when too many are waiting.
    """
    with _turn(user_id), write_transaction(db.engine) as connection:
        yield connection


def query(statement: Executable, values: Mapping[str, Any] = MappingProxyType({})) -> Rows:
    """Read with one statement, on a connection of its own."""
    with db.engine.connect() as connection:
        return execute(connection, statement, values)


def change(statement: Executable) -> int:
    """Write with one statement, in a transaction of its own; returns how many rows it changed."""
    with write_connection() as connection:
        return execute(connection, statement, {}).rowcount


def _turn(user_id: str | None) -> AbstractContextManager[None]:
    """The turn to write; PostgreSQL has many writers at a time."""
    engine = db.engine
    if engine.dialect.name != "sqlite":
        return nullcontext()
    turns = _TURNS.get(engine) or _TURNS.setdefault(engine, Turns(engine.url.database))
    return turns.taken(user_id, QUEUE_SECONDS)


@contextmanager
def library_write(user_id: str) -> Iterator[LibraryWrite]:
    """A write of one user's library: locked, numbered, all or nothing, announced after its commit.

    Raises UserNotFound when there is no such account.
    """
    with write_connection(user_id) as connection:
        tx = lock_library(connection, user_id)
        yield tx
        event = tx.finish()
    announce(event)


def lock_library(connection: Connection, user_id: str) -> LibraryWrite:
    """Take the lock of a library in a transaction that the caller finishes and commits; raises UserNotFound."""
    row = execute(connection, _LOCK, {"of_user": user_id}).one_or_none()
    if row is None:
        raise UserNotFound
    return LibraryWrite(connection, user_id, row.seq, row.at, row.next_id)


def announce(event: LibraryChanged | None) -> None:
    """Tell subscribers of a committed change, if there is one; they run in this thread and must not raise."""
    if event is not None:
        library_changed.send(current_app._get_current_object(), event=event)  # type: ignore[attr-defined]


@contextmanager
def library_read(user_id: str) -> Iterator[LibraryRead]:
    """One consistent snapshot of a user's library."""
    with snapshot(db.engine) as connection:
        yield LibraryRead(connection, user_id)


def lock_accounts(connection: Connection) -> None:
    """Let no other transaction make an account, or change its names, before the end of this one."""
    if connection.dialect.name == "postgresql":  # on SQLite one waits for the other anyway
        connection.execute(select(func.pg_advisory_xact_lock(ACCOUNTS_LOCK)))


def open_library(connection: Connection, user_id: str) -> LibraryWrite:
    """The first transaction of a new account: makes its head; the caller finishes and commits."""
    lock_accounts(connection)  # two accounts made at the same time must not be given the same range
    newest = connection.execute(select(func.max(HEAD.c.next_id))).scalar() or 0
    first_id = (newest // ID_BLOCK + 1) * ID_BLOCK + 1
    connection.execute(insert(HEAD).values(user_id=user_id, seq=0, at=0.0, next_id=first_id))
    return LibraryWrite(connection, user_id, 0, 0.0, first_id)
