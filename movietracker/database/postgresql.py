"""How connections to PostgreSQL behave, also behind a pooler such as PgBouncer.

A pooler may give each transaction another session, which others use before and after. So behind one nothing is left in
a session: no prepared statements, and settings for the length of a transaction only. Poolers do not take ``options``,
by which the settings cost no time otherwise.
"""

import math
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from ..errors import SettingsError
from .statements import run_text

_ENCODINGS = ("UTF8", "SQL_ASCII")  # those that hold every title

_POOLED = "is_pooled"  # of a connection's info


def engine_options(lock_seconds: float, statement_seconds: float) -> dict[str, Any]:
    """Options of an engine: how long a lock is waited for, and how long a statement may take; infinity for no limit."""
    limits = _limits(lock_seconds, statement_seconds)
    return {
        "pool_pre_ping": True,
        # A writer that waits for the head's lock must then see what the one before has done.
        "isolation_level": "READ COMMITTED",
        "connect_args": {
            "connect_timeout": 3,
            "client_encoding": "utf8",  # that of the server may be SQL_ASCII, which is none
            "tcp_user_timeout": 10_000,  # milliseconds until a server that has fallen silent counts as away
            "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
        },
    }


def prepare(engine: Engine, lock_seconds: float, statement_seconds: float) -> None:
    """Hook the habits above onto an engine; a transaction may have a limit of its own, ``statement_seconds``."""
    event.listen(engine, "do_connect", _connect)
    event.listen(engine, "connect", _check_encoding)

    @event.listens_for(engine, "begin")
    def limit(connection: Connection) -> None:
        seconds = connection.get_execution_options().get("statement_seconds", statement_seconds)
        is_set = not connection.info[_POOLED] and seconds == statement_seconds
        if not is_set and not connection.connection.dbapi_connection.autocommit:  # type: ignore[union-attr]
            limits = _limits(lock_seconds, seconds)
            run_text(connection, "; ".join(f"SET LOCAL {name} = {value}" for name, value in limits.items()))


def _limits(lock_seconds: float, statement_seconds: float) -> dict[str, int]:
    """PostgreSQL's settings, in milliseconds; 0 is no limit."""
    limits = {"lock_timeout": lock_seconds, "statement_timeout": statement_seconds}
    return {name: 0 if math.isinf(seconds) else round(seconds * 1000) for name, seconds in limits.items()}


def _connect(dialect: Dialect, record: ConnectionPoolEntry, arguments: list[Any], options: dict[str, Any]) -> Any:
    """Connect, without ``options`` where they are refused."""
    try:
        connection: Any = dialect.connect(*arguments, **options)
    except dialect.loaded_dbapi.OperationalError as error:
        if "startup parameter" not in str(error) and "options" not in str(error):
            raise
        connection = dialect.connect(*arguments, **options | {"options": ""})
        record.info[_POOLED] = True
    else:
        record.info[_POOLED] = _is_pooled(connection)
    if record.info[_POOLED]:
        connection.prepare_threshold = None
    return connection


def _is_pooled(connection: Any) -> bool:
    """Whether the process that serves a connection is another than the one that it was told of at its start."""
    connection.autocommit = True
    (serving,) = connection.execute("SELECT pg_backend_pid()").fetchone()
    connection.autocommit = False
    return bool(serving != connection.info.backend_pid)


def _check_encoding(connection: Any, _record: object) -> None:
    encoding = connection.info.parameter_status("server_encoding")
    if encoding not in _ENCODINGS:
        raise SettingsError(
            f"The PostgreSQL database has the encoding {encoding}, which cannot hold every title. Make one with "
            "ENCODING 'UTF8' TEMPLATE template0, and name it in DATABASE_URL."
        )
