"""How connections behave on each database, and which URLs are understood."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError
from support.applications import MakeApp
from support.postgresql import ON_POSTGRESQL

from movietracker import database
from movietracker.database import connections
from movietracker.errors import SettingsError
from movietracker.extensions import db
from movietracker.services.accounts import Account
from movietracker.services.transactions import library_write

NOWHERE = "00000000-0000-0000-0000-000000000000"


@pytest.mark.skipif(ON_POSTGRESQL, reason="these are habits of SQLite")
class TestSQLite:
    def test_the_pragmas_are_on_for_every_connection(self, app: Flask) -> None:
        expected = {
            "foreign_keys": 1,
            "journal_mode": "wal",
            "synchronous": 2,  # FULL
            "busy_timeout": int(connections.BUSY_TIMEOUT_SECONDS * 1000),
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
        assert connections.BUSY_TIMEOUT_SECONDS >= 2

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
        "url", ["nonsense", "mysql://root@127.0.0.1/x", "oracle://x", "postgresql://host:port/x", "://"]
    )
    def test_a_database_that_cannot_be_used_stops_the_start_with_a_sentence(self, make_app: MakeApp, url: str) -> None:
        with pytest.raises(SettingsError, match="DATABASE_URL"):
            make_app(DATABASE_URL=url)

    def test_a_password_that_is_not_escaped_is_told_without_showing_its_end_as_a_host(self, make_app: MakeApp) -> None:
        with pytest.raises(SettingsError, match="DATABASE_URL: an @ within the password") as raised:
            make_app(DATABASE_URL="postgresql://root:hunter@2@127.0.0.1:1/nothing")
        assert "2@" not in str(raised.value)

    @pytest.mark.parametrize("name", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"])
    def test_postgresql_is_understood_by_any_scheme_and_driver(self, make_app: MakeApp, name: str) -> None:
        app = make_app(DATABASE_URL=f"{name}://root@127.0.0.1:1/nothing")
        assert app.config["SQLALCHEMY_DATABASE_URI"].drivername == "postgresql+psycopg"

    def test_by_default_the_database_is_in_the_instance_folder(self, make_app: MakeApp, instance_path: Path) -> None:
        app = make_app(DATABASE_URL="")
        with app.app_context():
            assert db.engine.url.database == str(instance_path / "app.db")


@pytest.mark.each_database
def test_a_statement_ends_after_a_while(monkeypatch: pytest.MonkeyPatch, make_app: MakeApp) -> None:
    monkeypatch.setattr(connections, "STATEMENT_SECONDS", 0.2)
    monkeypatch.setattr(database, "STATEMENT_SECONDS", 0.2)
    numbers = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000) SELECT count(*) FROM n"
    )
    with make_app().app_context(), db.engine.connect() as connection:
        begun = time.monotonic()
        with pytest.raises(OperationalError):
            connection.execute(text(numbers))
        assert time.monotonic() - begun < 5
        connection.rollback()
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
