"""Importing documents: checked first, then written in one transaction, all or nothing."""

import math
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from sqlalchemy import Connection, StaticPool, Table, create_engine, insert, select

from ... import clock
from ...database import prepare_engine
from ...errors import DatabaseUnavailable
from ...extensions import db
from ...models import HEAD, LIBRARY_TABLES, USERS
from ...services.change_clock import LibraryWrite
from ...services.library_read import Head, LibraryRead
from ...services.people import seed_quick_recommenders
from ...services.transactions import library_read, library_write, open_library
from .merging import ImportReport, merge
from .parsing import NO_BUDGET, Budget, Readable
from .reading import Document, read_document

Mode = Literal["merge", "replace"]
SafetyBackup = Callable[[str], str]
"""Writes a backup of a user's current library; returns its name."""

SAFETY_ATTEMPTS = 5
ROWS_AT_ONCE = 500

SCRATCH_USER = "00000000-0000-4000-8000-000000000000"


class _Moved(Exception):
    """The library changed between its safety backup and the replacement."""


def import_document(
    user_id: str,
    source: Readable,
    *,
    mode: Mode = "merge",
    dry_run: bool = False,
    safety_backup: SafetyBackup | None = None,
    budget: Budget = NO_BUDGET,
) -> ImportReport:
    """Bring a document of version 1 or 2, plain or gzip, into a user's library.

    ``safety_backup`` is called before a replacement; the report names its backup. With ``dry_run`` nothing changes, and
    the report says what would. Raises InvalidDocument, MalformedJson, BodyTooLarge, UserNotFound, and then nothing
    changes either.
    """
    with read_document(source, budget) as document:
        if dry_run:
            return _plan(user_id, document, mode)
        if mode == "merge" or safety_backup is None:
            return _import(user_id, document, mode)
        for _ in range(SAFETY_ATTEMPTS):
            with library_read(user_id) as read:
                head = read.head()
            name = safety_backup(user_id)
            try:
                report = _import(user_id, document, mode, head)
            except _Moved:
                continue
            report.safety_backup = name
            return report
        raise DatabaseUnavailable("The library keeps changing; please try again.")


def _import(user_id: str, document: Document, mode: Mode, expected: Head | None = None) -> ImportReport:
    with library_write(user_id) as tx:
        if expected not in (None, tx.head()):
            raise _Moved
        return merge(tx, document, replace=mode == "replace")


def _plan(user_id: str, document: Document, mode: Mode) -> ImportReport:
    """What an import would do, tried on a copy of the library so that no other writer waits for it."""
    with tempfile.TemporaryDirectory() as folder, _scratch(f"sqlite:///{folder}/library.db", user_id) as connection:
        with library_read(user_id) as read:
            head = read.head()
            for table in reversed(LIBRARY_TABLES):
                _copy(read, connection, table)
        next_id = connection.execute(select(HEAD.c.next_id)).scalar_one()
        tx = LibraryWrite(connection, user_id, head.seq, head.at, next_id)
        report = merge(tx, document, replace=mode == "replace")
    report.dry_run = True
    return report


def _copy(read: LibraryRead, connection: Connection, table: Table) -> None:
    """Copy the rows of a user, without ever holding more than some of them."""
    mine = select(table).where(table.c.user_id == read.user_id)
    options = {"yield_per": ROWS_AT_ONCE, "statement_seconds": math.inf}  # which goes on while rows are inserted
    with read.connection.execute(mine, execution_options=options) as result:
        for rows in result.mappings().partitions():
            connection.execute(insert(table), [dict(row) for row in rows])


@contextmanager
def import_into_scratch(source: Readable) -> Iterator[LibraryRead]:
    """The library that a document makes of a new account, in a database in memory.

    Raises InvalidDocument, MalformedJson, BodyTooLarge.
    """
    with read_document(source) as document, _scratch("sqlite://", SCRATCH_USER) as connection:
        tx = open_library(connection, SCRATCH_USER)
        seed_quick_recommenders(tx)
        merge(tx, document)
        tx.finish()
        yield LibraryRead(connection, SCRATCH_USER)


@contextmanager
def _scratch(url: str, user_id: str) -> Iterator[Connection]:
    """A transaction of an SQLite database with the tables of a library and this user, which is thrown away."""
    engine = create_engine(url, poolclass=StaticPool, hide_parameters=True)
    prepare_engine(engine)
    try:
        with engine.connect() as connection:
            connection = connection.execution_options(library_write=True)
            with connection.begin() as transaction:
                db.metadata.create_all(connection, [USERS, *LIBRARY_TABLES], checkfirst=False)
                account = {"id": user_id, "email": "", "username": "", "hashed_password": ""}
                connection.execute(insert(USERS), {**account, "created_at": clock.now()})
                yield connection
                transaction.rollback()
    finally:
        engine.dispose()
