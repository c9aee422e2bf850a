"""Importing documents: checked first, then written in one transaction, all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

from sqlalchemy import Connection, StaticPool, create_engine, insert

from .. import clock
from ..database import prepare_engine
from ..errors import DatabaseUnavailable
from ..extensions import db
from ..models import User
from ..services.library_tables import LIBRARY_TABLES_CHILDREN_FIRST
from ..services.people import seed_quick_recommenders
from ..services.transactions import Head, LibraryRead, LibraryWrite, library_read, library_write, open_library
from .merging import merge
from .parsing import Readable
from .reading import Document, read_document
from .report import ImportReport

Mode = Literal["merge", "replace"]
SafetyBackup = Callable[[str], str]
"""Writes a backup of the library of a user as it is now; answers its name."""

SAFETY_ATTEMPTS = 5

SCRATCH_USER = "00000000-0000-4000-8000-000000000000"
_SCRATCH_TABLES = [User.__table__, *LIBRARY_TABLES_CHILDREN_FIRST]


class _DryRun(Exception):
    """Undoes a transaction that was only to show what would happen."""


class _Moved(Exception):
    """The library changed between its safety backup and the transaction that was to replace it."""


def import_document(
    user_id: str,
    source: Readable,
    *,
    mode: Mode = "merge",
    dry_run: bool = False,
    safety_backup: SafetyBackup | None = None,
) -> ImportReport:
    """Bring a document of version 1 or 2, plain or gzip, into a user's library.

    ``safety_backup`` is called before a replacement, and its answer put into the report. With ``dry_run`` nothing is
    changed, and the report says what would be. Raises InvalidDocument, MalformedJson, BodyTooLarge, UserNotFound; then
    nothing is changed either.
    """
    with read_document(source) as document:
        if mode == "merge" or dry_run or safety_backup is None:
            return _import(user_id, document, mode, dry_run)
        for _ in range(SAFETY_ATTEMPTS):
            with library_read(user_id) as read:
                head = read.head()
            name = safety_backup(user_id)
            try:
                report = _import(user_id, document, mode, dry_run, head)
            except _Moved:
                continue
            report.safety_backup = name
            return report
        raise DatabaseUnavailable("The library is being changed all the time; please try again.")


def _import(user_id: str, document: Document, mode: Mode, dry_run: bool, expected: Head | None = None) -> ImportReport:
    report = ImportReport()
    try:
        with library_write(user_id) as tx:
            if expected not in (None, tx.head()):
                raise _Moved
            report = merge(tx, document, replace=mode == "replace")
            if dry_run:
                raise _DryRun
    except _DryRun:
        report.dry_run = True
    return report


@contextmanager
def import_into_scratch(source: Readable) -> Iterator[LibraryRead]:
    """The library that a document makes of a new account, in a database in memory.

    Raises InvalidDocument, MalformedJson, BodyTooLarge.
    """
    engine = create_engine("sqlite://", poolclass=StaticPool)
    prepare_engine(engine)
    try:
        with read_document(source) as document, engine.connect() as connection:
            connection = connection.execution_options(library_write=True)
            with connection.begin():
                db.metadata.create_all(connection, _SCRATCH_TABLES, checkfirst=False)
                tx = _open_scratch(connection)
                merge(tx, document)
                tx.finish()
                yield LibraryRead(connection, SCRATCH_USER)
    finally:
        engine.dispose()


def _open_scratch(connection: Connection) -> LibraryWrite:
    """A new account; nobody logs in to it."""
    nobody = {"id": SCRATCH_USER, "email": "", "username": "", "hashed_password": "", "created_at": clock.now()}
    connection.execute(insert(User.__table__), nobody)
    tx = open_library(connection, SCRATCH_USER)
    seed_quick_recommenders(tx)
    return tx
