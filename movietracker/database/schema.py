"""The migration a database is at, what is broken in it, and keeping an older SQLite file in step with newer models."""

import logging
import math
from functools import cache
from importlib.resources import files
from typing import Any

from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, Engine, Select, column, func, inspect, select, table, text, true
from sqlalchemy.schema import CreateColumn

from ..extensions import Base
from .connections import write_transaction

_APPLIED: Select[Any] = select(column("version_num")).select_from(table("alembic_version"))
# Reading all pages of a large file takes longer than a statement of a request may.
_CHECK = text("PRAGMA quick_check(1)").execution_options(statement_seconds=math.inf)
_TABLES = table("sqlite_master", column("type"), column("name"))
_COLUMNS = func.pragma_table_xinfo(_TABLES.c.name).table_valued("name")
_PRESENT = select(_TABLES.c.name, _COLUMNS.c.name).join(_COLUMNS, true()).where(_TABLES.c.type == "table")

logger = logging.getLogger("movietracker.database")


def applied_revision(connection: Connection) -> str | None:
    """The revision that a database is at; None before the first migration."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    applied: str | None = connection.execute(_APPLIED).scalar_one_or_none()
    return applied


@cache
def known_revisions() -> tuple[str, ...]:
    """The revisions of this version, the newest first; read once, since that takes a while."""
    scripts = ScriptDirectory(str(files("movietracker_migrations")))
    return tuple(script.revision for script in scripts.walk_revisions())


def damage(connection: Connection) -> str | None:
    """What SQLite finds wrong with its file, of which it reads every page; None if nothing, and on PostgreSQL.

    Raises DatabaseError for a file that cannot even be checked.
    """
    if connection.dialect.name != "sqlite":
        return None
    found: str = connection.execute(_CHECK).scalar_one()
    return None if found == "ok" else found.splitlines()[-1]


def missing_tables(connection: Connection) -> list[str]:
    """The tables of the models that a database at the newest migration lacks."""
    return sorted(Base.metadata.tables.keys() - set(inspect(connection).get_table_names()))


def ensure_additive_schema(engine: Engine) -> list[str]:
    """Add the columns that models have and an older SQLite file lacks, with their default; nothing else.

    A rolling deploy starts the new program before the migration has run; this lets it. Columns that can be neither null
    nor defaulted are left to the migration. Returns what was added, as ``table.column``.
    """
    if engine.dialect.name != "sqlite":
        return []
    with engine.connect() as connection:
        if not _missing_columns(connection):
            return []
    with write_transaction(engine) as connection:
        added = []
        for name, missing in _missing_columns(connection):  # again, under the lock: another process may have been first
            definition = CreateColumn(missing).compile(dialect=engine.dialect)
            connection.execute(text(f'ALTER TABLE "{name}" ADD COLUMN {definition}'))
            added.append(f"{name}.{missing.name}")
    logger.warning("Added missing columns to the database: %s", ", ".join(added))
    return added


def _missing_columns(connection: Connection) -> list[tuple[str, Column[Any]]]:
    """The columns that a file lacks and that can be added, each with the name of its table."""
    present = {(of_table, name) for of_table, name in connection.execute(_PRESENT)}
    tables = {of_table for of_table, _ in present}
    return [
        (table.name, column)
        for table in Base.metadata.tables.values()
        for column in table.columns
        if table.name in tables
        and (table.name, column.name) not in present
        and (column.nullable or column.server_default is not None)
    ]
