"""The tables. Every key of a user's table contains user_id, so that the data can be distributed by user."""

from typing import Any, cast

from sqlalchemy import Column, Table

from ..extensions import Base
from . import imports, installation, library, movie, ranking


def _table(model: type[Base]) -> Table:
    return cast(Table, model.__table__)


ACTIONS = _table(library.ActionRecord)
ATTEMPTS = _table(installation.EnrichmentAttempt)
BACKUP_FILES = _table(installation.BackupRecord)
BACKUP_RUNS = _table(installation.BackupRun)
HEAD = _table(library.LibraryHead)
IMPORT_CHOICES = _table(imports.ImportChoice)
IMPORT_FACTS = _table(imports.ImportFact)
IMPORT_JOBS = _table(imports.ImportJob)
IMPORT_ROWS = _table(imports.ImportedRow)
IMPORT_TITLES = _table(imports.ImportTitle)
LEASES = _table(installation.Lease)
LEDGER = _table(library.LedgerEntry)
LISTS = _table(library.CustomList)
MOVIES = _table(movie.Movie)
NAMES = _table(library.PersonName)
PEOPLE = _table(library.Person)
RANKINGS = _table(ranking.Ranking)
RESPONSES = _table(installation.TitleMetadata)
REVOKED = _table(installation.RevokedToken)
REVOKED_ADMIN = _table(installation.RevokedAdminToken)
SESSIONS = _table(installation.UserSession)
STATUS = _table(movie.MovieStatus)
TAGS = _table(movie.TagRecord)
TOMBSTONES = _table(library.Tombstone)
USERS = _table(installation.User)
VIEWINGS = _table(movie.ViewingRecord)
VOTES = _table(movie.Recommendation)
WATCHED = _table(movie.WatchRecord)


def _key(model: type[library.Record]) -> Column[Any]:
    """The column that tells the records of a user apart."""
    return next(column for column in model.__table__.primary_key if column.name != "user_id")  # type: ignore[attr-defined]


RECORD_KEYS = {model.kind: _key(model) for model in library.Record.__subclasses__()}
"""The kinds of record, each with its key."""

LIBRARY_TABLES = tuple(table for table in reversed(Base.metadata.sorted_tables) if table.info.get("library"))
"""The tables of a user's library, in the order in which their rows can be deleted."""
