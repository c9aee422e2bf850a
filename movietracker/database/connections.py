"""How connections behave on each database.

SQLite: WAL, synchronous=FULL (an acknowledged commit survives a power cut), foreign keys, a busy time-out, and explicit
BEGIN, because the driver's own habit of beginning late makes transactions that fail with "database is locked".
"""

import math
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import URL, Connection, Engine, ExceptionContext, NullPool, create_engine, event
from sqlalchemy.engine import ExecutionContext, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from ..errors import SettingsError
from . import postgresql
from .guard import on_cursor_execute
from .statements import name_the_file, run_text

BUSY_TIMEOUT_SECONDS = 5.0

STATEMENT_SECONDS = 20.0
"""How long a statement may take, also after its client has gone; migrations may take longer."""

_STEPS = 100_000  # of SQLite's virtual machine between two looks at the clock: some milliseconds

_DRIVERS = {"sqlite": "sqlite", "postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}


def configure(app: Flask) -> None:
    """Set the engine options of the configured database."""
    default = URL.create("sqlite", database=str(Path(app.instance_path, "app.db")))
    url = read_url(app.config["DATABASE_URL"]) if app.config["DATABASE_URL"] else default
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    pool = {"pool_size": 16, "max_overflow": 48, "pool_timeout": BUSY_TIMEOUT_SECONDS}
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = pool | _engine_options(url, STATEMENT_SECONDS)


def open_engine(url: URL) -> Engine:
    """An engine beside the application's own, with the same habits."""
    engine = create_engine(url, poolclass=NullPool, **_engine_options(url, math.inf))
    prepare_engine(engine)
    return engine


def _engine_options(url: URL, statement_seconds: float) -> dict[str, Any]:
    hidden = {"hide_parameters": True}  # errors must not tell the log what a user wrote
    if url.get_backend_name() == "sqlite":
        return hidden | {"connect_args": {"timeout": BUSY_TIMEOUT_SECONDS}}
    return hidden | postgresql.engine_options(BUSY_TIMEOUT_SECONDS, statement_seconds)


def read_url(text: str, name: str = "DATABASE_URL") -> URL:
    """The URL in a text, with our driver; raises SettingsError, which speaks of ``name`` and never repeats the text."""
    expected = f"{name} must be an SQLite or PostgreSQL URL such as postgresql://user@host/name."
    try:
        url = make_url(text)
        if url.drivername.partition("+")[0] in _DRIVERS:  # whichever driver others use
            url = url.set(drivername=_DRIVERS[url.drivername.partition("+")[0]])
        if url.get_backend_name() not in ("sqlite", "postgresql"):
            raise SettingsError(expected)
        if "@" in (url.host or ""):  # which an error about the host would repeat, and it is half a password
            raise SettingsError(f"{name}: an @ within the password must be written as %40.")
        dialect = url.get_dialect()
        dialect.import_dbapi()
        dialect().create_connect_args(url)
    except (ArgumentError, ValueError):  # the latter for a port that is no number, or another such argument
        raise SettingsError(expected) from None
    except ImportError:
        raise SettingsError("PostgreSQL needs one more package: pip install 'movietracker[postgres]'.") from None
    if url.get_backend_name() == "sqlite" and ((url.database or ":memory:") == ":memory:" or "uri" in url.query):
        raise SettingsError(f"{name} names no file; SQLite needs one, as in sqlite:////srv/movietracker/app.db.")
    return url


def prepare_engine(engine: Engine, statement_seconds: float = math.inf) -> None:
    """Hook the habits above onto an engine."""
    event.listen(engine, "before_cursor_execute", on_cursor_execute)
    if engine.dialect.name == "postgresql":
        postgresql.prepare(engine, BUSY_TIMEOUT_SECONDS, statement_seconds)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "handle_error", _name_the_file)
        event.listen(engine, "connect", _on_sqlite_connect)
        event.listen(engine, "begin", _on_sqlite_begin)
        if statement_seconds < math.inf:
            _limit_time(engine, statement_seconds)
        if engine.url.database not in (None, "", ":memory:"):
            _watch_file(engine, Path(engine.url.database))


def _name_the_file(context: ExceptionContext) -> None:
    if context.engine is not None:
        name_the_file(context.engine.url, context.original_exception)


def _on_sqlite_connect(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # no implicit BEGIN: see _on_sqlite_begin
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}").close()
    # SQLite's own knows the letters of English only.
    connection.create_function("lower", 1, _lower, deterministic=True)


def _limit_time(engine: Engine, seconds: float) -> None:
    """Interrupt statements that take longer, unless the execution option ``statement_seconds`` says otherwise."""

    @event.listens_for(engine, "connect")
    def install(connection: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
        info = record.info
        info["until"] = math.inf
        connection.set_progress_handler(lambda: time.monotonic() > info["until"], _STEPS)

    @event.listens_for(engine, "before_cursor_execute")
    def begin(
        connection: Connection,
        _cursor: object,
        _sql: str,
        _parameters: object,
        context: ExecutionContext | None,
        _: bool,
    ) -> None:
        options = connection.get_execution_options() if context is None else context.execution_options
        connection.connection.info["until"] = time.monotonic() + options.get("statement_seconds", seconds)


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


@contextmanager
def write_transaction(engine: Engine) -> Iterator[Connection]:
    """A transaction that may write to libraries; on SQLite it takes the write lock at once."""
    options = {"sqlite_begin": "IMMEDIATE", "library_write": True}
    with engine.connect() as connection, connection.execution_options(**options).begin():
        yield connection


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees one state of the database, whatever others write at the same time."""
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            yield connection
