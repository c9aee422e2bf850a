"""How Alembic runs our migrations: on the application's own engine, in one transaction per revision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import context
from flask import current_app
from sqlalchemy import Connection, text

database = current_app.extensions["migrate"].db

# Several machines may start a newer program at the same time: one migrates, the others wait so long for it.
LOCK_NUMBER = 6_117_400_002
LOCK_SECONDS = 300


@contextmanager
def alone(connection: Connection) -> Iterator[None]:
    """Keep other machines' migrations of a PostgreSQL database out meanwhile; an SQLite file has one machine."""
    if connection.dialect.name != "postgresql":
        yield
        return
    own_timeout = connection.execute(text("SELECT current_setting('lock_timeout')")).scalar_one()
    set_timeout = text("SELECT set_config('lock_timeout', :timeout, false)")
    connection.execute(set_timeout, {"timeout": f"{LOCK_SECONDS}s"})
    connection.execute(text(f"SELECT pg_advisory_lock({LOCK_NUMBER})"))
    connection.execute(set_timeout, {"timeout": own_timeout})
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.execute(text(f"SELECT pg_advisory_unlock({LOCK_NUMBER})"))
        connection.commit()


def run(connection: Connection) -> None:
    """Run the migrations that are due on this connection."""
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
    with database.engine.connect().execution_options(library_write=True) as connection, alone(connection):
        run(connection)
