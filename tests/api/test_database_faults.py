"""A database that is locked, away, empty or damaged is 503 with Retry-After everywhere: never 401, never a trace."""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from support import postgresql
from support.applications import MakeApp
from support.client import ADMIN_TOKEN, PASSWORD, Client, client_of
from support.postgresql import ON_POSTGRESQL
from support.shapes import assert_problem

from movietracker.database import connections
from movietracker.extensions import db
from movietracker.services.accounts import Account

MATRIX = "tt0133093"

READS = [
    ("GET", "/api/auth/me", None),
    ("GET", "/api/movies", None),
    ("GET", f"/api/movies/{MATRIX}", None),
    ("GET", "/api/people", None),
    ("GET", "/api/people/Mum/stats", None),
    ("GET", "/api/lists", None),
    ("GET", "/api/external/tmdb/search?q=matrix", None),
    ("GET", "/api/external/cache/info", None),
]
WRITES = [
    ("POST", "/api/people", {"name": "Dad"}),
    ("PUT", "/api/people/Mum", {"is_trusted": True}),
    ("DELETE", "/api/people/Mum", None),
    ("POST", "/api/movies", {"imdb_id": "tt1375666"}),
    ("POST", f"/api/movies/{MATRIX}/recommendations", {"person_name": "Dad"}),
    ("DELETE", f"/api/movies/{MATRIX}/recommendations/Mum", None),
    ("PUT", f"/api/movies/{MATRIX}/status", {"status": "deleted"}),
    ("PUT", f"/api/movies/{MATRIX}/watch", {"date_watched": 1, "my_rating": 1}),
    ("POST", "/api/lists", {"name": "Rainy"}),
    ("POST", "/api/auth/logout", None),
    ("POST", "/api/auth/password", {"current_password": PASSWORD, "new_password": "another secret"}),
]
LOGIN = ("POST", "/api/auth/login", {"email": "anna@example.com", "password": PASSWORD})
NEW_ACCOUNT = ("POST", "/api/auth/admin/users", {"email": "x@example.com", "username": "x", "password": PASSWORD})
ADMIN_LOGOUT = ("POST", "/api/auth/admin/logout", None)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lock is waited for a moment only."""
    monkeypatch.setattr(connections, "BUSY_TIMEOUT_SECONDS", 0.05)


@pytest.fixture
def app(impatient: None, make_app: MakeApp) -> Flask:
    """An impatient application; the offline catalogue is away, so that nothing else has a database."""
    return make_app(MOVIETRACKER_PLUGINS_DISABLED="offline")


@pytest.fixture
def client(app: Flask, anna: Account) -> Client:
    """A client of Anna's, who has a movie recommended by Mum."""
    client = client_of(app, anna)
    assert client.post(f"/api/movies/{MATRIX}/recommendations", json={"person_name": "Mum"}).status_code == 201
    return client


def assert_unavailable(client: Client, calls: list[Any]) -> None:
    for method, address, body in calls:
        answer = client.open(address, method=method, json=body)
        problem = assert_problem(answer, 503, "database_unavailable")
        for part in ("sqlite", "psycopg", "SELECT", "users", "app.db", "locked"):
            assert part not in str(problem), (method, address, problem)


def assert_all_unavailable(app: Flask, client: Client, admin: Client) -> None:
    """Every kind of endpoint, for every kind of caller; and those that need no database go on."""
    assert_unavailable(client, READS + WRITES)
    assert_unavailable(client_of(app), [LOGIN])
    assert_unavailable(admin, [NEW_ACCOUNT, ("GET", "/api/auth/admin/users", None), ADMIN_LOGOUT])
    assert_problem(client_of(app).get("/api/movies"), 401, "bad_token")
    assert client_of(app).get("/api/health").status_code == 200
    assert client_of(app).post("/api/auth/admin/login", json={"token": ADMIN_TOKEN}).status_code == 200
    assert client_of(app).get("/openapi.json").status_code == 200
    ready = client_of(app).get("/api/health/ready")
    assert ready.status_code == 503
    assert ready.json["dependencies"]["database"] != "ok"


@pytest.mark.skipif(ON_POSTGRESQL, reason="these faults are of SQLite files")
class TestSQLite:
    @pytest.fixture
    def path(self, client: Client, instance_path: Path) -> Path:
        return instance_path / "app.db"

    @pytest.fixture
    def let_go(self, app: Flask, client: Client) -> Callable[[], None]:
        """Closes the application's connections, as if it had just started."""

        def close() -> None:
            with app.app_context():
                db.engine.dispose()

        return close

    @pytest.fixture
    def writer(self, path: Path) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            yield connection

    def test_while_another_process_writes_reading_goes_on_and_writing_is_503(
        self, client: Client, writer: sqlite3.Connection, path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        before = client.get("/api/movies").json
        writer.execute("BEGIN EXCLUSIVE")

        for method, address, _ in READS[:6]:
            assert client.open(address, method=method).status_code == 200
        assert_unavailable(client, WRITES)
        assert f"): database is locked ({path})" in caplog.text

        writer.execute("ROLLBACK")
        assert client.get("/api/movies").json == before
        assert client.post("/api/people", json={"name": "Dad"}).status_code == 201

    def test_a_file_that_another_process_has_for_itself(
        self,
        app: Flask,
        client: Client,
        admin: Client,
        writer: sqlite3.Connection,
        let_go: Callable[[], None],
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        let_go()
        writer.execute("PRAGMA locking_mode=EXCLUSIVE")
        writer.execute("BEGIN EXCLUSIVE")
        writer.execute("UPDATE users SET username = username")

        with caplog.at_level(logging.WARNING):
            assert_all_unavailable(app, client, admin)
        assert "Traceback" not in caplog.text

        writer.execute("ROLLBACK")
        writer.close()
        assert client.get("/api/movies").status_code == 200

    @pytest.mark.parametrize("keeps_connections", [True, False])
    def test_a_file_that_is_gone(
        self, app: Flask, client: Client, admin: Client, path: Path, let_go: Callable[[], None], keeps_connections: bool
    ) -> None:
        if not keeps_connections:
            let_go()
        for each in path.parent.glob("app.db*"):
            each.rename(each.with_name(f"kept-{each.name}"))

        assert_all_unavailable(app, client, admin)

        if not keeps_connections:
            let_go()
        for each in path.parent.glob("app.db*"):
            each.unlink()
        for each in path.parent.glob("kept-app.db*"):
            each.rename(each.with_name(each.name.removeprefix("kept-")))
        assert [movie["imdb_id"] for movie in client.get("/api/movies").json] == [MATRIX]

    def test_a_file_that_replaces_another_is_read_and_written_from_then_on(self, client: Client, path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection, closing(sqlite3.connect(path.with_name("copy.db"))) as copy:
            connection.backup(copy)
        assert client.post("/api/people", json={"name": "Dad"}).status_code == 201

        for each in path.parent.glob("app.db*"):
            each.unlink()
        path.with_name("copy.db").rename(path)

        assert "Dad" not in {person["name"] for person in client.get("/api/people").json}
        assert client.post("/api/people", json={"name": "Zoe"}).status_code == 201
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("SELECT 1 FROM people WHERE name = 'Zoe'").fetchall() == [(1,)]

    def test_a_folder_that_is_gone(
        self, app: Flask, client: Client, admin: Client, path: Path, let_go: Callable[[], None]
    ) -> None:
        let_go()
        path.parent.rename(path.parent.with_name("elsewhere"))

        assert_all_unavailable(app, client, admin)
        path.parent.with_name("elsewhere").rename(path.parent)

    @pytest.mark.parametrize("content", [b"", b"This is not a database. " * 500, b"SQLite format 3\0" + b"\xff" * 8000])
    def test_a_file_that_is_no_database(
        self, app: Flask, client: Client, admin: Client, path: Path, let_go: Callable[[], None], content: bytes
    ) -> None:
        let_go()
        path.write_bytes(content)

        assert_all_unavailable(app, client, admin)

    def test_a_file_with_damaged_pages(
        self, app: Flask, client: Client, admin: Client, path: Path, let_go: Callable[[], None]
    ) -> None:
        let_go()
        whole = bytearray(path.read_bytes())
        whole[4096:] = b"\xa5" * (len(whole) - 4096)
        path.write_bytes(whole)

        assert_all_unavailable(app, client, admin)

    def test_a_disk_that_is_full(self, app: Flask, client: Client) -> None:
        with app.app_context(), db.engine.connect() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

        def no_more_room(connection: sqlite3.Connection, _: object) -> None:
            connection.execute(f"PRAGMA max_page_count={pages}").close()

        with app.app_context():
            db.engine.dispose()
            db.event.listen(db.engine, "connect", no_more_room)
        body = {"person_name": "Dad", "tmdb_data": {"plot": "x" * 60_000}}
        assert_unavailable(client, [("POST", "/api/movies/tt1375666/recommendations", body)])
        assert client.get("/api/movies").status_code == 200
        assert [movie["imdb_id"] for movie in client.get("/api/movies").json] == [MATRIX]


class TestPostgreSQL:
    @pytest.fixture
    def database_url(self, postgresql_url: str) -> str:
        return postgresql_url

    @pytest.fixture
    def other(self, client: Client, postgresql_url: str) -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(postgresql_url) as connection:
            yield connection
            connection.rollback()

    def test_a_row_that_another_process_holds(
        self, app: Flask, client: Client, other: psycopg.Connection[Any], anna: Account
    ) -> None:
        other.execute("SELECT 1 FROM library_heads WHERE user_id = %s FOR UPDATE", (anna.id,))

        assert_unavailable(client, WRITES[:1])
        for method, address, _ in READS[:6]:
            assert client.open(address, method=method).status_code == 200

    def test_tables_that_another_process_holds(
        self, app: Flask, client: Client, admin: Client, other: psycopg.Connection[Any]
    ) -> None:
        other.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")

        assert_unavailable(client, READS[:1])
        assert_unavailable(client_of(app), [LOGIN])

    def test_a_server_without_connections(self, app: Flask, client: Client, admin: Client, postgresql_url: str) -> None:
        name = postgresql.name_of(postgresql_url)
        postgresql.run(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false')
        try:
            postgresql.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
            assert_all_unavailable(app, client, admin)
        finally:
            postgresql.run(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true')
        assert client.get("/api/movies").status_code == 200

    def test_a_connection_that_was_lost_is_made_anew(self, app: Flask, client: Client, postgresql_url: str) -> None:
        name = postgresql.name_of(postgresql_url)
        postgresql.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")

        assert client.get("/api/movies").status_code == 200

    def test_a_database_without_tables(self, make_app: MakeApp, client: Client, admin: Client) -> None:
        with postgresql.temporary_database() as url:
            app = make_app(DATABASE_URL=url, MOVIETRACKER_PLUGINS_DISABLED="offline")
            assert_all_unavailable(app, moved(client, app), moved(admin, app))
            with app.app_context():
                db.engine.dispose()


def moved(client: Client, app: Flask) -> Client:
    """A client of another application with the same token."""
    there = client_of(app)
    there.environ_base["HTTP_AUTHORIZATION"] = client.environ_base["HTTP_AUTHORIZATION"]
    return there


def test_a_server_that_is_not_there(make_app: MakeApp, client: Client, admin: Client) -> None:
    """As if the machine of the database were off."""
    app = make_app(DATABASE_URL="postgresql://root@127.0.0.1:1/nothing", MOVIETRACKER_PLUGINS_DISABLED="offline")
    assert_all_unavailable(app, moved(client, app), moved(admin, app))


def test_more_callers_than_connections_are_503(
    make_app: MakeApp, client: Client, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        pool = db.engine.pool
        monkeypatch.setattr(pool, "_timeout", 0.05)
        monkeypatch.setattr(pool, "_max_overflow", 0)
        held = [db.engine.connect() for _ in range(pool.size())]  # type: ignore[attr-defined]
        try:
            assert_unavailable(client, READS[:1])
        finally:
            for connection in held:
                connection.close()
    assert client.get("/api/movies").status_code == 200
