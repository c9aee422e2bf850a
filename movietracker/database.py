"""How connections behave on each database, and which statements may touch a user's library.

SQLite: WAL, synchronous=FULL (an acknowledged commit survives a power cut), foreign keys, a busy time-out, and explicit
BEGIN, because the driver's own habit of beginning late makes transactions that fail with "database is locked".
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import URL, Connection, Engine, FromClause, NullPool, Table, create_engine, event
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from .errors import SettingsError
from .prepared import run_text
from .sql_reading import writes_in

BUSY_TIMEOUT_SECONDS = 5.0

LIBRARY_TABLES = frozenset(
    {
        "library_heads",
        "movies",
        "people",
        "recommendations",
        "watch_history",
        "movie_status",
        "custom_lists",
        "change_ledger",
        "tombstones",
        "sync_actions",
        "person_names",
    }
)


class UnguardedWrite(RuntimeError):
    """A statement changes a user's library outside ``library_write``: a bug, never a client's fault."""


def configure(app: Flask) -> None:
    """Set the engine options of the configured database."""
    url = read_url(app.config["DATABASE_URL"]) if app.config["DATABASE_URL"] else _default_url(app)
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    # Errors must not tell the log what a user wrote.
    pool = {"hide_parameters": True, "pool_size": 16, "max_overflow": 48, "pool_timeout": BUSY_TIMEOUT_SECONDS}
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = pool | _engine_options(url)


def open_engine(url: URL) -> Engine:
    """An engine beside the application's own, with the same habits."""
    engine = create_engine(url, poolclass=NullPool, **_engine_options(url))
    prepare_engine(engine)
    return engine


def _engine_options(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": BUSY_TIMEOUT_SECONDS}}
    return {
        "pool_pre_ping": True,
        "connect_args": {
            "connect_timeout": 3,
            "tcp_user_timeout": 10_000,  # milliseconds until a server that has fallen silent counts as away
            "options": (
                f"-c lock_timeout={BUSY_TIMEOUT_SECONDS * 1000:.0f}"
                # A writer that waits for the head's lock must then see what the one before has done.
                " -c default_transaction_isolation=read\\ committed"
            ),
        },
    }


def _default_url(app: Flask) -> URL:
    return URL.create("sqlite", database=str(Path(app.instance_path, "app.db")))


def read_url(text: str, name: str = "DATABASE_URL") -> URL:
    """The URL in a text, with our driver; raises SettingsError, which speaks of ``name`` and never repeats the text."""
    expected = f"{name} must be an SQLite or PostgreSQL URL such as postgresql://user@host/name."
    try:
        url = make_url(text)
        if url.drivername.partition("+")[0] in ("postgres", "postgresql"):  # whichever driver others use
            url = url.set(drivername="postgresql+psycopg")
        if url.get_backend_name() not in ("sqlite", "postgresql"):
            raise SettingsError(expected)
        if "@" in (url.host or ""):  # which an error about the host would repeat, and it is half a password
            raise SettingsError(f"{name}: an @ within the password must be written as %40.")
        url.get_dialect().import_dbapi()
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        raise SettingsError(expected) from None
    except ImportError:
        raise SettingsError("PostgreSQL needs one more package: pip install 'movietracker[postgres]'.") from None
    return url


def prepare_engine(engine: Engine) -> None:
    """Hook the habits above onto an engine."""
    event.listen(engine, "before_cursor_execute", _refuse_unguarded_write)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_sqlite_connect)
        event.listen(engine, "begin", _on_sqlite_begin)
        if engine.url.database not in (None, "", ":memory:"):
            _watch_file(engine, Path(engine.url.database))


def _on_sqlite_connect(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # no implicit BEGIN: see _on_sqlite_begin
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}").close()
    # SQLite's own knows the letters of English only.
    connection.create_function("lower", 1, _lower, deterministic=True)


def _watch_file(engine: Engine, path: Path) -> None:
    """Let no connection outlive its file: what it writes to one that was removed or replaced is lost with it."""

    @event.listens_for(engine, "connect")
    def note(_connection: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
        record.info["file"] = _file_at(path)

    @event.listens_for(engine, "checkout")
    def look(_connection: sqlite3.Connection, record: ConnectionPoolEntry, _proxy: object) -> None:
        file = _file_at(path)
        if file is None:  # connecting anew would make an empty one
            raise OperationalError("", None, sqlite3.OperationalError("the database file is gone"))
        if file != record.info["file"]:
            raise DisconnectionError("the database file has been replaced")


def _file_at(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _lower(value: str | bytes | float | None) -> str | bytes | float | None:
    return value.lower() if isinstance(value, str) else value


def _on_sqlite_begin(connection: Connection) -> None:
    mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
    run_text(connection, f"BEGIN {mode}")


def _refuse_unguarded_write(
    connection: Connection, _cursor: object, statement: str, _parameters: object, _context: object, _many: bool
) -> None:
    if connection.get_execution_options().get("library_write"):
        return
    look = _guarded_table_once if len(statement) <= _MOST_REMEMBERED else _guarded_table
    table = look(statement)
    if table is not None:
        raise UnguardedWrite(f"{table} is written outside library_write: {statement[:60]}")


def _guarded_table(statement: str) -> str | None:
    """The table of a library that a statement writes to, if there is one."""
    for table, removes_rows in writes_in(statement):
        # Removing an account removes its library.
        if table in LIBRARY_TABLES or (table == "users" and removes_rows):
            return table
    return None


# Looking at a statement takes 20 µs of CPU, ten times what SQLite needs to run a small one; looking it up, 0.2 µs.
_guarded_table_once = lru_cache(maxsize=1024)(_guarded_table)
_MOST_REMEMBERED = 4096


def upsert(connection: Connection, table: FromClause, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, or replace those that have the same primary key."""
    assert isinstance(table, Table)
    make_insert = sqlite_insert if connection.dialect.name == "sqlite" else postgresql_insert
    statement = make_insert(table)
    key = [column.name for column in table.primary_key]
    values = {name: statement.excluded[name] for name in rows[0] if name not in key}
    connection.execute(statement.on_conflict_do_update(index_elements=key, set_=values), rows)


def insert_rows(
    connection: Connection, table: FromClause, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert many rows as the driver does it, which takes half of SQLAlchemy's time; values are the driver's own."""
    assert isinstance(table, Table)
    names = ", ".join(table.c[column].name for column in columns)
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    marks = ", ".join(mark for _ in columns)
    if rows:
        statement = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608 - names of ours
        connection.exec_driver_sql(statement, list(rows))
