"""Keeping an SQLite file in step with the models when a newer program meets an older file."""

from __future__ import annotations

import logging
from typing import cast

from sqlalchemy import Column, Connection, Engine, Table, inspect, text
from sqlalchemy.schema import CreateColumn

from .extensions import Base

logger = logging.getLogger("movietracker.database")


def ensure_additive_schema(engine: Engine) -> list[str]:
    """Add the columns that models have and an older SQLite file lacks, with their default; nothing else.

    A rolling deploy starts the new program before the migration has run; this lets it. Columns that can be neither null
    nor defaulted are left to the migration. Answers what was added, as ``table.column``.
    """
    if engine.dialect.name != "sqlite":
        return []
    with engine.connect() as connection:
        missing = _missing_columns(connection)
    if not missing:
        return []
    options = {"sqlite_begin": "IMMEDIATE", "library_write": True}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        added = []
        for table, column in _missing_columns(connection):  # again, under the lock: another process may have been first
            definition = CreateColumn(column).compile(dialect=engine.dialect)
            connection.execute(text(f'ALTER TABLE "{table.name}" ADD COLUMN {definition}'))
            added.append(f"{table.name}.{column.name}")
    logger.warning("Added missing columns to the database: %s", ", ".join(added))
    return added


def _missing_columns(connection: Connection) -> list[tuple[Table, Column[object]]]:
    inspector = inspect(connection)
    present = set(inspector.get_table_names())
    missing = []
    for table in Base.metadata.sorted_tables:
        if table.name in present:
            columns = {column["name"] for column in inspector.get_columns(table.name)}
            missing += [
                (table, cast("Column[object]", column))
                for column in table.columns
                if column.name not in columns and (column.nullable or column.server_default is not None)
            ]
    return missing
