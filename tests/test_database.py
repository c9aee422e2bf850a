"""How connections behave, and that a user's library cannot be written past ``library_write``."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from conftest import ON_POSTGRESQL
from flask import Flask
from sqlalchemy import Connection, delete, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from movietracker import database
from movietracker.database import LIBRARY_TABLES, UnguardedWrite
from movietracker.errors import SettingsError
from movietracker.extensions import db
from movietracker.models import Movie, Person
from movietracker.services import people
from movietracker.services.accounts import Account
from movietracker.services.transactions import library_write

NOWHERE = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def connection(app: Flask, anna: Account) -> Iterator[Connection]:
    """A connection that is no write of a library."""
    with app.app_context(), db.engine.connect() as connection:
        yield connection


class TestTheWriteGuard:
    def test_sees_a_write_however_it_is_written(self, connection: Connection) -> None:
        """The many ways are in test_sql_reading.py."""
        for statement in ("DELETE FROM movies", "/* x */ WITH a AS (SELECT 1) INSERT INTO people (user_id) SELECT 'x'"):
            with pytest.raises(UnguardedWrite, match=r"(movies|people) is written"):
                connection.exec_driver_sql(statement)

    def test_guards_every_table_of_a_library(self, connection: Connection) -> None:
        for table in LIBRARY_TABLES:
            with pytest.raises(UnguardedWrite, match=table):
                connection.execute(text(f"DELETE FROM {table}"))

    def test_guards_what_a_removed_account_takes_with_it(self, connection: Connection, anna: Account) -> None:
        for statement in ("DELETE FROM users", "delete from \"users\" where id = 'x'"):
            with pytest.raises(UnguardedWrite):
                connection.execute(text(statement))
        connection.execute(text("UPDATE users SET username = username"))

    def test_knows_every_table_that_belongs_to_a_user(self) -> None:
        """A new table with a user_id is guarded, or named here with the reason why not."""
        not_of_the_library = {
            "revoked_tokens": "tokens are no part of the library, and die without a change number",
            "backup_files": "say where copies of the library lie; making one changes nothing in it",
        }
        of_users = {table.name for table in db.metadata.sorted_tables if "user_id" in table.c}
        assert of_users - not_of_the_library.keys() <= LIBRARY_TABLES

    def test_sees_statements_of_sqlalchemy_and_of_its_sessions(self, app: Flask, anna: Account) -> None:
        statements = (
            insert(Movie).values(user_id=anna.id, imdb_id="tt0000001"),
            update(Person).values(name="x"),
            delete(Person),
        )
        with app.app_context():
            for statement in statements:
                with db.engine.connect() as connection, pytest.raises(UnguardedWrite):
                    connection.execute(statement)
                with pytest.raises(UnguardedWrite):
                    db.session.execute(statement)
                db.session.rollback()
            person = db.session.execute(select(Person).limit(1)).scalar_one()
            person.name = "changed by the session"
            with pytest.raises(UnguardedWrite):
                db.session.commit()
            db.session.rollback()
            with Session(db.engine) as session:
                session.delete(session.execute(select(Person).limit(1)).scalar_one())
                with pytest.raises(UnguardedWrite):
                    session.flush()

    def test_sees_statements_for_many_rows(self, connection: Connection) -> None:
        with pytest.raises(UnguardedWrite):
            connection.execute(text("UPDATE people SET name = :name"), [{"name": "a"}, {"name": "b"}])

    def test_lets_reading_pass(self, connection: Connection) -> None:
        for statement in (
            "SELECT count(*) FROM movies",
            "SELECT 'DELETE FROM movies'",
            "SELECT 'it''s; DELETE FROM movies' AS \"UPDATE movies\"",
            "SELECT 1 -- DELETE FROM movies",
            "SELECT 1 /* UPDATE movies SET x */",
            "WITH movies_too AS (SELECT * FROM movies) SELECT count(*) FROM movies_too",
        ):
            connection.exec_driver_sql(statement)

    def test_lets_other_tables_pass(self, connection: Connection) -> None:
        for statement in (
            "UPDATE leases SET holder = holder",
            "DELETE FROM revoked_tokens",
            "DELETE FROM title_metadata WHERE imdb_id IN (SELECT imdb_id FROM movies WHERE 1 = 0)",
            "UPDATE users SET username = username WHERE id IN (SELECT user_id FROM people)",
        ):
            connection.execute(text(statement))

    def test_lets_the_writing_of_a_library_pass(self, app: Flask, anna: Account) -> None:
        with app.app_context():
            with library_write(anna.id) as tx:
                people.add_person(tx, "Mum")
            with library_write(anna.id) as tx:
                assert people.find_person(tx, "Mum")

    def test_is_over_when_the_writing_is_over(self, app: Flask, anna: Account) -> None:
        """The permission must not stay with a pooled connection."""
        with app.app_context():
            with library_write(anna.id):
                pass
            for _ in range(3):
                with db.engine.connect() as connection, pytest.raises(UnguardedWrite):
                    connection.execute(text("DELETE FROM people"))


@pytest.mark.skipif(ON_POSTGRESQL, reason="these are habits of SQLite")
class TestSQLite:
    def test_the_pragmas_are_on_for_every_connection(self, app: Flask) -> None:
        expected = {
            "foreign_keys": 1,
            "journal_mode": "wal",
            "synchronous": 2,  # FULL
            "busy_timeout": int(database.BUSY_TIMEOUT_SECONDS * 1000),
        }
        with app.app_context():
            held = [db.engine.connect() for _ in range(5)]
            try:
                for connection in held:
                    found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in expected}
                    assert found == expected
            finally:
                for connection in held:
                    connection.close()

    def test_a_lock_is_waited_for(self) -> None:
        assert database.BUSY_TIMEOUT_SECONDS >= 2

    def test_a_write_takes_its_lock_before_it_reads(self, app: Flask, anna: Account, instance_path: Path) -> None:
        """A transaction that reads first and writes later fails at once when another one wrote in between."""
        with closing(sqlite3.connect(instance_path / "app.db", timeout=0, isolation_level=None)) as other:
            with app.app_context(), library_write(anna.id), pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
            other.execute("BEGIN IMMEDIATE")


class TestForeignKeys:
    def test_are_enforced(self, app: Flask, anna: Account) -> None:
        with app.app_context():
            statement = text(
                "INSERT INTO recommendations (user_id, id, imdb_id, person_id, date_recommended)"
                " VALUES (:user, 1, 'tt0000001', 1, 0)"
            )
            with pytest.raises(IntegrityError), library_write(anna.id) as tx:
                tx.connection.execute(statement, {"user": anna.id})

    def test_keep_a_library_from_an_account_that_there_is_not(self, app: Flask) -> None:
        statement = text("INSERT INTO library_heads (user_id, seq, at, next_id) VALUES (:user, 0, 0, 1)")
        with app.app_context(), db.engine.connect().execution_options(library_write=True) as connection:
            with pytest.raises(IntegrityError):
                connection.execute(statement, {"user": NOWHERE})
            connection.rollback()


class TestAddresses:
    @pytest.mark.parametrize(
        "url",
        [
            "nonsense",
            "mysql://root@127.0.0.1/x",
            "oracle://x",
            "postgresql://host:port/x",
            "://",
        ],
    )
    def test_a_database_that_cannot_be_used_stops_the_start_with_a_sentence(
        self, make_app: Callable[..., Flask], url: str
    ) -> None:
        with pytest.raises(SettingsError, match="DATABASE_URL"):
            make_app(DATABASE_URL=url)

    def test_a_password_that_is_not_escaped_is_told_without_showing_its_end_as_a_host(
        self, make_app: Callable[..., Flask]
    ) -> None:
        with pytest.raises(SettingsError, match="DATABASE_URL: an @ within the password") as raised:
            make_app(DATABASE_URL="postgresql://root:hunter@2@127.0.0.1:1/nothing")
        assert "2@" not in str(raised.value)

    @pytest.mark.parametrize("name", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"])
    def test_postgresql_is_understood_by_any_name_and_driver_of_its_addresses(
        self, make_app: Callable[..., Flask], name: str
    ) -> None:
        app = make_app(DATABASE_URL=f"{name}://root@127.0.0.1:1/nothing")
        assert app.config["SQLALCHEMY_DATABASE_URI"].drivername == "postgresql+psycopg"

    def test_by_default_the_database_is_a_file_in_the_instance_folder(
        self, make_app: Callable[..., Flask], instance_path: Path
    ) -> None:
        app = make_app(DATABASE_URL="")
        with app.app_context():
            assert db.engine.url.database == str(instance_path / "app.db")
