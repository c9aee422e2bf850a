"""The transactions of a user's library: every write takes the head's lock first and is numbered by the change clock.

``with library_write(user_id) as tx`` is the only way to write to a user's library (database.py refuses any other). It
takes the write lock of the user's head row before anything is read, so a user's commits are totally ordered and their
numbers appear in order. ``with library_read(user_id) as read`` sees one snapshot.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from blinker import Signal
from flask import current_app
from sqlalchemy import Connection, bindparam, func, insert, select, update

from ..errors import DatabaseUnavailable, UserNotFound
from ..events import LibraryChanged
from ..extensions import db
from ..prepared import Prepared
from .change_clock import HEAD, Head, LibraryRead, LibraryWrite

__all__ = ["Head", "LibraryRead", "LibraryWrite", "announce", "library_changed", "library_read", "library_write"]

library_changed = Signal("A library changed; sent after the commit by the application, with event=LibraryChanged.")

_LOCK = Prepared(
    update(HEAD)
    .where(HEAD.c.user_id == bindparam("of_user"))
    .values(seq=HEAD.c.seq)
    .returning(HEAD.c.seq, HEAD.c.at, HEAD.c.next_id)
)

# An id range of its own for each account makes ids unique on an installation without a counter that all users share.
ID_BLOCK = 10_000_000

# PostgreSQL knows such a lock by a number, which means something to us alone.
NEW_ACCOUNT_LOCK = 6_117_400_001

# How long a write waits for the others of its process, in seconds; beyond that the client is asked to come again.
QUEUE_SECONDS = 10.0


@contextmanager
def write_connection() -> Iterator[Connection]:
    """A transaction that may write; on SQLite it takes the write lock at once, which honours the busy time-out.

    Raises DatabaseUnavailable when too many are waiting.
    """
    with _turn(), db.engine.connect() as connection:
        options = {"sqlite_begin": "IMMEDIATE", "library_write": True}
        with connection.execution_options(**options).begin():
            yield connection


@contextmanager
def _turn() -> Iterator[None]:
    """On SQLite, wait for the process's other writers here, in order.

    SQLite has one writer at a time and lets the others poll, so that with a hundred of them one may be left out for
    longer than the busy time-out: a 503 was seen where 2,000 writes came over 100 connections.
    """
    if db.engine.dialect.name != "sqlite":
        yield
        return
    lock: threading.Lock = current_app.extensions.setdefault("movietracker_writing", threading.Lock())
    if not lock.acquire(timeout=QUEUE_SECONDS):
        raise DatabaseUnavailable(retry_after=2)
    try:
        yield
    finally:
        lock.release()


@contextmanager
def library_write(user_id: str) -> Iterator[LibraryWrite]:
    """A write of one user's library: locked, numbered, all or nothing, announced after its commit.

    Raises UserNotFound when there is no such account.
    """
    with write_connection() as connection:
        row = _LOCK.run(connection, {"of_user": user_id}).one_or_none()
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
    if connection.dialect.name == "postgresql":
        # Two accounts made at the same time must not be given the same range; on SQLite one waits for the other anyway.
        connection.execute(select(func.pg_advisory_xact_lock(NEW_ACCOUNT_LOCK)))
    newest = connection.execute(select(func.max(HEAD.c.next_id))).scalar() or 0
    first_id = (newest // ID_BLOCK + 1) * ID_BLOCK + 1
    connection.execute(insert(HEAD).values(user_id=user_id, seq=0, at=0.0, next_id=first_id))
    return LibraryWrite(connection, user_id, 0, 0.0, first_id)
