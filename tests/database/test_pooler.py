"""Everything works behind PgBouncer, where each transaction of a connection may have another session."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from support import postgresql
from support.applications import MakeApp
from support.client import Client
from support.live_server import LiveServer
from support.pooler import pgbouncer
from support.serving import Serving, run_on_machines, run_program, serving

from movietracker import database
from movietracker.database import connections, snapshot
from movietracker.extensions import db

OWNER = "owner@movietracker.local"
CALLERS, ROUNDS = 8, 4


@pytest.fixture
def empty_database() -> Iterator[str]:
    postgresql.require_server()
    with postgresql.temporary_database() as url:
        yield url


@pytest.fixture(params=["", "options"], ids=["refuses options", "ignores options"])
def database_url(request: pytest.FixtureRequest, postgresql_url: str, tmp_path: Path) -> Iterator[str]:
    """The test's application is behind a pooler with one session, which all of its connections share."""
    with pgbouncer(tmp_path, postgresql_url, sessions=1, ignored=request.param) as url:
        yield url


def sign_in(served: Serving) -> LiveServer:
    port = int(served.url.rpartition(":")[2])
    login = LiveServer(port).call("POST", "/api/auth/login", {"email": OWNER, "password": served.password})
    return LiveServer(port, f"Bearer {login.json['access_token']}")


def answers_under_load(rest: LiveServer) -> Counter[int]:
    """How often each status was answered to reads, writes, and pushes of many threads."""
    statuses: Counter[int] = Counter()

    def call(caller: int) -> None:
        for number in range(ROUNDS):
            movie = f"tt{1_000_000 + 100 * caller + number:07}"
            action = {"action": "addMovie", "data": {"imdb_id": movie}, "timestamp": time.time()}
            for method, address, body in (
                ("POST", "/api/people", {"name": f"{caller}-{number}"}),
                ("POST", "/api/sync/batch", {"actions": [action]}),
                ("GET", "/api/movies", None),
                ("GET", "/api/sync/changes?since=0", None),
                ("GET", "/api/backup/export", None),
            ):
                statuses[rest.call(method, address, body).status] += 1

    threads = [threading.Thread(target=call, args=(caller,)) for caller in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


@pytest.mark.slow
@pytest.mark.parametrize(
    ("ignored", "sessions"), [("", 1), ("options", 3)], ids=["refuses options, one session", "ignores options"]
)
def test_a_server_and_its_commands_work(tmp_path: Path, empty_database: str, ignored: str, sessions: int) -> None:
    with pgbouncer(tmp_path, empty_database, sessions=sessions, ignored=ignored) as url:
        settings = {"DATABASE_URL": url, "SYNC_RATE_LIMIT": ""}
        with serving(tmp_path, "--workers", "2", settings=settings) as served:
            answers = answers_under_load(sign_in(served))
            assert answers.keys() == {200, 201}, served.stderr
            commands = [
                run_program(tmp_path, *command.split(), settings=settings)
                for command in ("db upgrade", "doctor", f"backup enable {OWNER}", "backup run", "users list")
            ]

    assert answers.total() == CALLERS * ROUNDS * 5
    assert [command.returncode for command in commands] == [0] * 5, [each.stdout + each.stderr for each in commands]


@pytest.mark.slow
def test_several_machines_may_migrate_at_once_through_one_session(tmp_path: Path, empty_database: str) -> None:
    with pgbouncer(tmp_path, empty_database, sessions=1) as url:
        ends = run_on_machines(tmp_path, 3, "db", "upgrade", settings={"DATABASE_URL": url})

    assert [end.returncode for end in ends] == [0, 0, 0], ends


def test_a_statement_ends_after_a_while(monkeypatch: pytest.MonkeyPatch, make_app: MakeApp) -> None:
    monkeypatch.setattr(connections, "STATEMENT_SECONDS", 0.2)
    monkeypatch.setattr(database, "STATEMENT_SECONDS", 0.2)
    with (
        make_app().app_context(),
        db.engine.connect() as connection,
        pytest.raises(OperationalError, match="statement timeout"),
    ):
        connection.execute(text("SELECT pg_sleep(10)"))


def test_transactions_are_as_strict_as_without(app: Flask) -> None:
    level = text("SELECT current_setting('transaction_isolation'), current_setting('lock_timeout')")
    with app.app_context():
        with snapshot(db.engine) as connection:
            assert connection.execute(level).one() == ("repeatable read", "5s")
        with db.engine.begin() as connection:
            assert connection.execute(level).one() == ("read committed", "5s")


def test_nothing_is_left_in_a_session_for_other_programs(client: Client, database_url: str) -> None:
    for number in range(8):  # psycopg prepares what runs more often than five times
        client.post("/api/people", json={"name": f"Anna {number}"})
    with psycopg.connect(database_url) as connection:
        left = connection.execute(
            "SELECT (SELECT count(*) FROM pg_prepared_statements), current_setting('lock_timeout'),"
            " current_setting('statement_timeout')"
        ).fetchone()

    assert left == (0, "0", "0")
