"""``movietracker db copy``: an installation moves between SQLite and PostgreSQL with all that clients rely on."""

import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import make_url
from support import postgresql
from support.applications import close_app
from support.client import Client, client_of
from support.serving import run_program, serving

from movietracker import create_app
from movietracker.services.accounts import Account, create_account

ADDRESSES = ("/api/movies", "/api/people", "/api/lists", "/api/backup/settings")


@pytest.fixture
def sqlite_url(migrated_database: Path, tmp_path: Path) -> str:
    """An empty, migrated SQLite file."""
    path = shutil.copy(migrated_database, tmp_path / "elsewhere.db")
    return f"sqlite:///{path}"


@pytest.fixture
def other_url(migrated_postgresql: str, postgresql_url: str, tmp_path: Path) -> Iterator[str]:
    """One more empty, migrated PostgreSQL database."""
    with postgresql.temporary_database() as url:
        postgresql.migrate(url, str(tmp_path / "other"))
        yield url


@pytest.fixture
def make_on(tmp_path: Path) -> Iterator[Callable[[str], Flask]]:
    """Makes applications on the database of a URL."""
    made: list[Flask] = []

    def make(url: str) -> Flask:
        folder = tmp_path / f"instance-{len(made)}"
        made.append(create_app({"DATABASE_URL": url, "MOVIETRACKER_INSTANCE_PATH": str(folder), "TESTING": True}))
        return made[-1]

    yield make
    for app in made:
        close_app(app)


def copy(tmp_path: Path, source: str, target: str) -> Any:
    """Run the command as a user does."""
    return run_program(tmp_path, "db", "copy", "--from", source, "--to", target)


def fill(app: Flask) -> Account:
    """A library with something in every table that clients can fill."""
    with app.app_context():
        anna = create_account("anna@example.com", "anna", "a long secret")
        create_account("ben@example.com", "ben", "a long secret")
    client = client_of(app, anna)
    client.post("/api/movies", json={"imdb_id": "tt0133093", "recommender": "Zoë 🎬 \\ 'Quote'"})
    client.put("/api/people/Zo%C3%AB%20%F0%9F%8E%AC%20%5C%20'Quote'", json={"name": "Zoë"})
    client.put("/api/movies/tt0133093/watch", json={"date_watched": 1.7e9 + 0.1, "my_rating": 7.3})
    list_id = client.post("/api/lists", json={"name": "Rain"}).json["id"]
    for first in range(0, 600, 100):  # more than one batch of the copy
        batch = [
            {
                "id": f"action-{number}",
                "action": "updateMovieStatus",
                "data": {"imdb_id": f"tt{number + 1:07}", "status": "custom", "custom_list_id": list_id},
            }
            for number in range(first, first + 100)
        ]
        assert client.post("/api/sync/batch", json={"actions": batch}).status_code == 200
    client.post("/api/people", json={"name": "Gone"})
    assert client.delete("/api/people/Gone").status_code == 204
    return anna


def cursor_of(client: Client) -> str:
    """The cursor of a client that has pulled everything."""
    body = client.get("/api/sync/changes?limit=5000").json
    while body["has_more"]:
        body = client.get(f"/api/sync/changes?limit=5000&cursor={body['cursor']}").json
    return str(body["cursor"])


@pytest.mark.parametrize("direction", ["sqlite to postgresql", "postgresql to sqlite", "postgresql to postgresql"])
def test_a_library_moves_with_everything_clients_rely_on(
    request: pytest.FixtureRequest, tmp_path: Path, make_on: Callable[[str], Flask], direction: str
) -> None:
    fixtures = {"sqlite": "sqlite_url", "postgresql": "postgresql_url"}
    from_kind, to_kind = direction.split(" to ")
    source = request.getfixturevalue(fixtures[from_kind])
    target = request.getfixturevalue("other_url" if from_kind == to_kind else fixtures[to_kind])
    old_app = make_on(source)
    anna = fill(old_app)
    old = client_of(old_app, anna)
    cursor = cursor_of(old)
    before = {address: old.get(address).json for address in ADDRESSES}

    result = copy(tmp_path, source, target)

    assert result.returncode == 0, result.stderr
    assert re.search(r"^movies +601 rows  [0-9a-f]{16}$", result.stdout, re.MULTILINE), result.stdout
    assert "movies: 601 rows" in result.stderr
    new = client_of(make_on(target), anna)
    assert {address: new.get(address).json for address in ADDRESSES} == before
    nothing_new = new.get(f"/api/sync/changes?cursor={cursor}").json
    assert (nothing_new["movies"], nothing_new["people"], nothing_new["cursor"]) == ([], [], cursor)
    # What was pushed before the move is known after it, and ids go on where they were.
    replayed = {"id": "action-7", "action": "updateMovieStatus"}
    replayed["data"] = {"imdb_id": "tt0000008", "status": "custom", "custom_list_id": before["/api/lists"][0]["id"]}
    assert new.post("/api/sync/batch", json={"actions": [replayed]}).json["results"][0]["replayed"]
    added = new.post("/api/people", json={"name": "New"}).json
    assert added["id"] > max(person["id"] for person in before["/api/people"])
    after = new.get(f"/api/sync/changes?cursor={cursor}").json
    assert [person["name"] for person in after["people"]] == ["New"]


def secret_of(url: str) -> str:
    """The URL with a password, which the server of the tests does not ask for."""
    return url.replace("@", ":hidden-secret@", 1)


def test_a_password_comes_from_the_environment_or_standard_input_without_a_warning(
    tmp_path: Path, sqlite_url: str, postgresql_url: str
) -> None:
    settings = {"DATABASE_URL": secret_of(postgresql_url)}
    there = run_program(tmp_path, "db", "copy", "--from", sqlite_url, settings=settings)
    urls = f"{secret_of(postgresql_url)}\n{sqlite_url}\n"
    back = run_program(tmp_path, "db", "copy", "--from", "-", "--to", "-", stdin=urls)
    settings = {"SOURCE_DATABASE_URL": secret_of(postgresql_url), "DATABASE_URL": sqlite_url}
    again = run_program(tmp_path, "db", "copy", settings=settings)

    for done in (there, back, again):
        assert done.returncode == 0, done.stderr
        assert "Warning" not in done.stderr
        assert "hidden-secret" not in done.stdout + done.stderr


def test_the_target_is_the_database_of_the_other_commands_unless_it_is_given(tmp_path: Path, sqlite_url: str) -> None:
    missing = run_program(tmp_path, "db", "copy", "--from", sqlite_url)
    (tmp_path / ".env").write_text("DATABASE_URL=sqlite:///moved.db\n")
    migrated = run_program(tmp_path, "db", "upgrade")
    moved = run_program(tmp_path, "db", "copy", "--from", sqlite_url)

    assert missing.returncode == 2
    assert "Missing option '--to'; DATABASE_URL is not set." in missing.stderr
    assert (migrated.returncode, moved.returncode) == (0, 0), moved.stderr
    assert f"Copied to {tmp_path / 'instance' / 'moved.db'};" in moved.stdout


def test_a_password_on_the_command_line_is_warned_of(tmp_path: Path, sqlite_url: str, postgresql_url: str) -> None:
    by_query = f"{postgresql_url}{'&' if '?' in postgresql_url else '?'}password=hidden-secret"
    for url in (secret_of(postgresql_url), by_query):
        done = copy(tmp_path, url, sqlite_url)

        assert done.returncode == 0, done.stderr
        assert (
            "Warning: other users of this machine can see the password in --from while the command runs;" in done.stderr
        )
        assert "set SOURCE_DATABASE_URL instead" in done.stderr
        assert "hidden-secret" not in done.stdout + done.stderr


def test_a_password_in_the_query_of_an_address_is_told_nowhere(
    tmp_path: Path, sqlite_url: str, postgresql_url: str
) -> None:
    server = make_url(postgresql_url)
    by_query = {"host": server.host or "localhost", "password": "hidden-secret", "sslpassword": "hidden-secret"}
    url = server.update_query_dict(by_query).render_as_string(hide_password=False)
    settings = {"DATABASE_URL": url}
    told = f"/{server.database}?host={by_query['host']}"

    done = run_program(tmp_path, "db", "copy", "--from", sqlite_url, settings=settings)
    assert f"{told}; set" in done.stdout
    found = run_program(tmp_path, "doctor", settings={**settings, "SECRET_KEY": "x" * 32})
    assert f"{told} can be read" in found.stdout
    with serving(tmp_path, "--workers", "1", settings=settings) as running:
        assert f"{told}\n" in running.stdout
        said = running.stdout + running.stderr
    assert "hidden-secret" not in said + done.stdout + done.stderr + found.stdout + found.stderr


def test_a_target_that_is_not_empty_is_refused_and_left_alone(
    tmp_path: Path, sqlite_url: str, postgresql_url: str, make_on: Callable[[str], Flask]
) -> None:
    fill(make_on(sqlite_url))
    with make_on(postgresql_url).app_context():
        create_account("carla@example.com", "carla", "a long secret")

    result = copy(tmp_path, sqlite_url, postgresql_url)

    assert result.returncode == 1
    assert result.stderr.splitlines()[-1].startswith("Error: The target is not empty: there are rows in users")
    with psycopg.connect(postgresql_url) as connection:
        assert connection.execute("SELECT username FROM users").fetchall() == [("carla",)]


def test_a_row_that_the_target_cannot_hold_leaves_the_target_empty(
    tmp_path: Path, sqlite_url: str, postgresql_url: str, make_on: Callable[[str], Flask]
) -> None:
    fill(make_on(sqlite_url))
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute("UPDATE tombstones SET device = ? WHERE rowid = 1", ("x" * 200,))  # SQLite takes any length

    result = copy(tmp_path, sqlite_url, postgresql_url)

    assert result.returncode == 1
    assert "Error: A row of tombstones cannot be stored in the target: value too long" in result.stderr
    with psycopg.connect(postgresql_url) as connection:
        assert connection.execute("SELECT count(*) FROM users").fetchone() == (0,)


def test_another_schema_version_is_refused(tmp_path: Path, sqlite_url: str, postgresql_url: str) -> None:
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")

    result = copy(tmp_path, sqlite_url, postgresql_url)

    assert result.returncode == 1
    assert "Error: The source is at schema revision 0001, the target at " in result.stderr


def test_a_target_without_tables_is_told_to_be_migrated(tmp_path: Path, sqlite_url: str, postgresql_url: str) -> None:
    with postgresql.temporary_database() as url:
        result = copy(tmp_path, sqlite_url, url)

    assert result.returncode == 1
    assert "run movietracker db upgrade with it as DATABASE_URL first" in result.stderr


@pytest.mark.parametrize(
    ("source", "target", "complaint"),
    [
        ("sqlite:///nowhere.db", "postgresql://root@127.0.0.1/x", "--from: there is no file"),
        ("sqlite://", "postgresql://root@127.0.0.1/x", "--from names no file"),
        ("mysql://root:hunter2@h/x", "sqlite:///x.db", "--from must be an SQLite or PostgreSQL URL"),
        ("sqlite:///.env", "sqlite:///.env", "Source and target are the same database."),
        ("sqlite:///.env", "postgresql://root:hunter2@127.0.0.1:1/x", "cannot be used"),
        ("sqlite:///.env", "postgresql://root:hunter2@h:port/x", "--to must be an SQLite or PostgreSQL URL"),
    ],
)
def test_a_refusal_does_not_tell_the_password(tmp_path: Path, source: str, target: str, complaint: str) -> None:
    (tmp_path / ".env").touch()

    result = copy(tmp_path, source, target)

    assert result.returncode == 1
    assert complaint in result.stderr
    assert "hunter2" not in result.stdout + result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("database", "complaint"),
    [
        ("movietracker_no_such_database", 'database "movietracker_no_such_database" does not exist'),
        ("movietracker_none?user=unknown_role", 'role "unknown_role" does not exist'),
    ],
)
def test_a_database_or_user_that_does_not_exist_is_said(
    tmp_path: Path, sqlite_url: str, migrated_postgresql: str, database: str, complaint: str
) -> None:
    server = migrated_postgresql.rpartition("/")[0]

    result = copy(tmp_path, sqlite_url, f"{server}/{database}")

    assert result.returncode == 1
    assert complaint in result.stderr
    assert "movietracker db upgrade" not in result.stderr


def test_no_table_has_a_sequence_that_a_copy_would_have_to_set(postgresql_url: str) -> None:
    with psycopg.connect(postgresql_url) as connection:
        assert connection.execute("SELECT count(*) FROM pg_sequences").fetchone() == (0,)
