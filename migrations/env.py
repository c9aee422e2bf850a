"""How Alembic runs our migrations: on the application's own engine, in one transaction per revision.

On PostgreSQL it is one for all of them, since the lock that excludes other machines must belong to a transaction:
behind a pooler the next one may have another session.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

from alembic import context
from flask import current_app
from sqlalchemy import Connection, text

database = current_app.extensions["migrate"].db

# Several machines may start a new version at the same time: one migrates, the others wait for it, this long.
LOCK_NUMBER = 6_117_400_002
LOCK_SECONDS = 300

# A large table takes its time to be copied or indexed.
OPTIONS = {"library_write": True, "statement_seconds": math.inf}


@contextmanager
def alone(connection: Connection) -> Iterator[None]:
    """Exclude migrations by other machines on PostgreSQL; an SQLite file has only one machine."""
    if connection.dialect.name != "postgresql":
        yield
        return
    with connection.begin():
        own_timeout = connection.execute(text("SELECT current_setting('lock_timeout')")).scalar_one()
        connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
        connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK_NUMBER})"))
        connection.execute(text(f"SET LOCAL lock_timeout = '{own_timeout}'"))
        yield


def run(connection: Connection) -> None:
    """Run pending migrations on this connection."""
    context.configure(
        connection=connection,
        target_metadata=database.metadata,
        render_as_batch=True,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    context.configure(
        url=database.engine.url.render_as_string(hide_password=False),
        target_metadata=database.metadata,
        literal_binds=True,
    )
    with context.begin_transaction():
        context.run_migrations()
else:
    with database.engine.connect().execution_options(**OPTIONS) as connection, alone(connection):
        run(connection)
