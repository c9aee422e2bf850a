"""No statement writes to a user's library outside ``library_write``, however it is built or run."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, bindparam, column, delete, exists, insert, select, table, union_all, update
from sqlalchemy.exc import IntegrityError

from movietracker.database import UnguardedWrite, execute, execute_many, fetch, upsert
from movietracker.extensions import Base, db
from movietracker.models import LEASES, LIBRARY_TABLES, MOVIES, PEOPLE, RESPONSES, REVOKED, STATUS, TOMBSTONES, USERS
from movietracker.models.library import Person
from movietracker.models.movie import Movie
from movietracker.services import movies, people
from movietracker.services.accounts import Account
from movietracker.services.transactions import library_write

MATRIX = "tt0133093"

# Tables that belong to no library, and so may be written without its change clock.
OTHERS = {
    *("users", "revoked_tokens", "revoked_admin_tokens", "sessions", "title_metadata", "enrichment_attempts", "leases"),
    *("backup_files", "backup_runs"),
    *("import_jobs", "import_titles", "import_rows", "import_facts", "import_choices"),
}


@pytest.fixture
def connection(app: Flask, anna: Account) -> Iterator[Connection]:
    """A connection outside any write of a library."""
    with app.app_context(), db.engine.connect() as connection:
        yield connection


def test_every_table_is_guarded_unless_it_is_named_here() -> None:
    known = {table.name for table in Base.metadata.sorted_tables}
    assert known == OTHERS | {table.name for table in LIBRARY_TABLES}


def test_rows_of_a_library_can_be_deleted_in_the_order_of_its_tables() -> None:
    for at, each in enumerate(LIBRARY_TABLES):
        assert not {key.column.table for key in each.foreign_keys} & set(LIBRARY_TABLES[:at])


@pytest.mark.parametrize("written", LIBRARY_TABLES, ids=str)
def test_a_statement_outside_a_write_transaction_fails(connection: Connection, written: Any) -> None:
    first = next(iter(written.c))
    values = {each.key: None for each in written.c}
    for statement in (insert(written).values(values), update(written).values({first: first}), delete(written)):
        with pytest.raises(UnguardedWrite, match=written.name):
            connection.execute(statement)
        for _ in range(2):  # SQLAlchemy runs it the first time, the driver the second
            with pytest.raises(UnguardedWrite, match=written.name):
                execute(connection, statement, {})


_GONE = delete(MOVIES).returning(MOVIES.c.imdb_id).cte("gone")
_OTHER = PEOPLE.alias("other")
_NAMED = update(PEOPLE).where(PEOPLE.c.name == bindparam("of_name")).values(name=bindparam("to"))


@pytest.mark.parametrize(
    "statement",
    [
        select(_GONE),
        select(select(_GONE).subquery()),
        union_all(select(MOVIES.c.imdb_id), select(_GONE.c.imdb_id)),
        select(LEASES.c.name).add_cte(_GONE),
        update(LEASES).values(holder="x").add_cte(_GONE),
        insert(REVOKED).from_select(["user_id"], select(_GONE.c.imdb_id)),
        update(_OTHER).values(name="x"),
        update(table("people", column("name"))).values(name="x"),
        update(PEOPLE).where(exists().where(USERS.c.id == PEOPLE.c.user_id)).values(name="x"),
        delete(USERS),
        delete(USERS).where(USERS.c.id == "unknown"),
        update(Person).values(name="x"),
        delete(Movie),
    ],
)
def test_a_write_is_seen_wherever_it_stands(connection: Connection, statement: Any) -> None:
    with pytest.raises(UnguardedWrite):
        connection.execute(statement)
    for run in (execute, fetch, execute, fetch):
        with pytest.raises(UnguardedWrite):
            run(connection, statement, {})


@pytest.mark.parametrize(
    "run",
    [
        lambda connection: connection.execute(_NAMED, [{"of_name": "a", "to": "b"}, {"of_name": "b", "to": "c"}]),
        lambda connection: execute_many(connection, _NAMED, [{"of_name": "a", "to": "b"}]),
        lambda connection: execute(connection, insert(STATUS), {"user_id": "x", "imdb_id": MATRIX}),
        lambda connection: upsert(connection, TOMBSTONES, [{"user_id": "x", "kind": "movie", "key": MATRIX, "seq": 1}]),
    ],
)
def test_a_write_of_many_rows_is_seen(connection: Connection, run: Callable[[Connection], object]) -> None:
    with pytest.raises(UnguardedWrite):
        run(connection)


@pytest.mark.parametrize(
    "statement",
    [
        select(MOVIES),
        select(select(MOVIES.c.imdb_id).cte("movies_too")),
        update(LEASES).values(holder=LEASES.c.holder),
        delete(REVOKED),
        delete(RESPONSES).where(RESPONSES.c.imdb_id.in_(select(MOVIES.c.imdb_id))),
        update(USERS).where(USERS.c.id.in_(select(PEOPLE.c.user_id))).values(username=USERS.c.username),
    ],
)
def test_reading_and_writing_elsewhere_are_free(connection: Connection, statement: Any) -> None:
    connection.execute(statement)
    for _ in range(2):
        execute(connection, statement, {})


def test_the_session_of_the_orm_is_guarded_too(app: Flask, anna: Account) -> None:
    with app.app_context():
        with library_write(anna.id) as tx:
            movies.ensure_movie(tx, MATRIX)
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


def test_the_permission_ends_with_the_write_and_does_not_stay_in_the_pool(app: Flask, anna: Account) -> None:
    with app.app_context():
        with library_write(anna.id) as tx:
            people.add_person(tx, "Mum")
        for _ in range(3):
            with db.engine.connect() as connection, pytest.raises(UnguardedWrite):
                connection.execute(delete(PEOPLE))


def test_within_a_write_the_database_refuses_a_row_without_a_number(app: Flask, anna: Account) -> None:
    with app.app_context(), pytest.raises(IntegrityError), library_write(anna.id) as tx:
        tx.execute(insert(PEOPLE), id=1, name="Anna", last_modified=0.0)
