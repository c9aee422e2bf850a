"""No write of a user's library bypasses the change clock: others fail loudly, and all that we have are delivered."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, insert, text, update
from sqlalchemy.exc import IntegrityError

from movietracker.database import LIBRARY_TABLES, UnguardedWrite
from movietracker.extensions import Base, db
from movietracker.models import Movie, Person
from movietracker.services.accounts import Account
from movietracker.services.library_tables import LIBRARY_TABLES_CHILDREN_FIRST
from movietracker.services.transactions import library_write

from .wire import MATRIX, Wire

TABLES = sorted(LIBRARY_TABLES)

# Tables that belong to no library, and so may be written without its change clock.
OTHERS = {
    "users",
    "revoked_tokens",
    "title_metadata",
    "enrichment_attempts",
    "leases",
    "backup_files",
    "backup_runs",
}


@pytest.fixture(autouse=True)
def context(app: Flask) -> Any:
    with app.app_context():
        yield


def test_every_table_with_rows_of_users_is_fenced_unless_it_says_why_not() -> None:
    known = {table.name for table in Base.metadata.sorted_tables}
    assert known - LIBRARY_TABLES - OTHERS == set()
    assert {table.name for table in LIBRARY_TABLES_CHILDREN_FIRST} == LIBRARY_TABLES


@pytest.mark.parametrize("table", TABLES)
def test_a_statement_outside_the_write_context_fails_loudly(anna: Account, table: str) -> None:
    known = Base.metadata.tables[table]
    column = next(iter(known.c))
    row = {column.name: None for column in known.c}
    for statement in (insert(known).values(row), update(known).values({column: column}), delete(known)):
        with db.engine.connect() as connection, pytest.raises(UnguardedWrite, match=table):
            connection.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "delete from movies",
        '  DELETE FROM "movies"',
        "\n\tUPDATE movies SET seq = 0",
        "UPDATE main.movies SET seq = 0",
        'UPDATE "main"."movies" SET seq = 0',
        "UPDATE OR IGNORE movies SET seq = 0",
        "INSERT OR REPLACE INTO movies (user_id) VALUES ('x')",
        "INSERT OR IGNORE INTO movies (user_id) VALUES ('x')",
        "REPLACE INTO movies (user_id) VALUES ('x')",
        "/* a comment */ DELETE FROM movies",
        "-- a comment\nDELETE FROM movies",
        "WITH old AS (SELECT 1) DELETE FROM movies",
        "WITH old(x) AS (SELECT ')'), other AS (SELECT 2)\nUPDATE movies SET seq = 0",
        "DELETE FROM [movies]",
        "DELETE FROM `movies`",
        "WITH gone AS (DELETE FROM movies RETURNING *) SELECT * FROM gone",
        "TRUNCATE TABLE movies",
        "UPDATE ONLY public.movies SET seq = 0",
        "MERGE INTO movies USING people ON true WHEN MATCHED THEN DELETE",
    ],
)
def test_no_spelling_of_a_write_gets_around_it(anna: Account, statement: str) -> None:
    with db.engine.connect() as connection, pytest.raises(UnguardedWrite):
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 'DELETE FROM movies'",
        "SELECT * FROM movies",
        "WITH movies_of AS (SELECT * FROM movies) SELECT * FROM movies_of",
        "DELETE FROM leases",
        "UPDATE users SET username = 'the movies'",
    ],
)
def test_reading_and_writing_elsewhere_are_free(anna: Account, statement: str) -> None:
    with db.engine.connect() as connection:
        connection.exec_driver_sql(statement)


def test_the_session_of_the_orm_is_fenced_too(anna: Account, wire: Wire) -> None:
    wire.do("addMovie", imdb_id=MATRIX)
    movie = db.session.get(Movie, (anna.id, MATRIX))
    movie.title = "Changed"
    with pytest.raises(UnguardedWrite):
        db.session.flush()
    db.session.rollback()
    db.session.delete(db.session.get(Movie, (anna.id, MATRIX)))
    with pytest.raises(UnguardedWrite):
        db.session.flush()
    db.session.rollback()
    with pytest.raises(UnguardedWrite):
        db.session.query(Movie).update({"title": "Changed"})
    db.session.rollback()
    db.session.add(Person(user_id=anna.id, id=1, name="Anna", last_modified=0.0, seq=1))
    with pytest.raises(UnguardedWrite):
        db.session.flush()
    db.session.rollback()
    db.session.remove()


def test_a_refused_write_is_told_by_the_server_as_a_fault_of_its_own(anna: Account, wire: Wire) -> None:
    """A route that forgets the clock fails in its first test, not in a user's library."""
    before = wire.pull()
    with pytest.raises(UnguardedWrite), db.engine.connect() as connection, connection.begin():
        connection.execute(text("UPDATE people SET name = 'Changed'"))
    assert wire.pull().people == before.people


def test_within_the_context_a_new_row_without_a_number_is_refused_by_the_database(anna: Account) -> None:
    row = {"user_id": anna.id, "id": 1, "name": "Anna", "last_modified": 0.0}
    with pytest.raises(IntegrityError), library_write(anna.id) as tx:
        tx.connection.execute(insert(Person.__table__), row)
