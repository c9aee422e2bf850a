"""Databases of the tests' own on a PostgreSQL server; TEST_POSTGRESQL says where it is."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from flask_migrate import upgrade
from sqlalchemy.engine import make_url

from movietracker import create_app
from movietracker.extensions import db
from support.services import missing_service

ON_POSTGRESQL = os.environ.get("TEST_DATABASE") == "postgresql"
"""Whether tests that do not choose a database run on PostgreSQL."""

SERVER = os.environ.get("TEST_POSTGRESQL", "postgresql://root@127.0.0.1/postgres")

_NAME = "movietracker_test_"


def require_server() -> None:
    """Skip the test when there is no server."""
    try:
        psycopg.connect(SERVER, connect_timeout=2).close()
    except psycopg.OperationalError:
        missing_service(f"no PostgreSQL server answers at {SERVER} (TEST_POSTGRESQL)")


def run(statement: str) -> None:
    """Run a statement that cannot be part of a transaction."""
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(statement.encode())


@contextmanager
def temporary_database() -> Iterator[str]:
    """The URL of an empty database of its own, which is dropped at the end."""
    name = f"{_NAME}{uuid.uuid4().hex}"
    run(f'CREATE DATABASE "{name}"')
    try:
        yield make_url(SERVER).set(database=name).render_as_string(hide_password=False)
    finally:
        run(f'DROP DATABASE "{name}" WITH (FORCE)')


def empty(url: str) -> None:
    """Remove all rows of a migrated database, which takes milliseconds; TRUNCATE would take half a second."""
    statements = [f'DELETE FROM "{table.name}"' for table in reversed(db.metadata.sorted_tables)]
    with psycopg.connect(url) as connection:
        connection.execute("; ".join(statements).encode())


def name_of(url: str) -> str:
    """The database's name."""
    return str(make_url(url).database)


def migrate(url: str, instance_path: str) -> None:
    """Bring a database to the newest migration."""
    settings = {"DATABASE_URL": url, "MOVIETRACKER_INSTANCE_PATH": instance_path, "TESTING": True}
    app = create_app(settings)
    with app.app_context():
        upgrade()
        db.session.remove()
        db.engine.dispose()
