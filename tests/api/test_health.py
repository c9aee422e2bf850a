"""Whether the server answers, and whether it has what it needs."""

import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, text
from support import postgresql
from support.applications import MakeApp
from support.client import Client, client_of
from support.postgresql import ON_POSTGRESQL
from support.shapes import assert_problem, assert_shape

from movietracker import scheduler
from movietracker.extensions import db
from movietracker.services.leases import lease


def test_a_server_that_answers_is_healthy(anonymous: Client) -> None:
    answer = anonymous.get("/api/health")

    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert_shape(answer.json, {"status": str, "timestamp": float})
    assert answer.json["status"] == "healthy"
    assert answer.json["timestamp"] == pytest.approx(time.time(), abs=5)


def test_health_needs_no_database(app: Flask, anonymous: Client) -> None:
    statements: list[str] = []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *call: statements.append(call[2]))

    assert anonymous.get("/api/health").status_code == 200
    assert statements == []


def test_a_bad_token_does_not_matter(anonymous: Client) -> None:
    for address in ("/api/health", "/api/health/ready"):
        assert anonymous.get(address, headers={"Authorization": "Bearer nonsense"}).status_code == 200


def test_health_is_never_cached(anonymous: Client) -> None:
    for address in ("/api/health", "/api/health/ready"):
        assert anonymous.get(address).headers["Cache-Control"] == "no-store"


def test_a_server_with_its_database_is_ready(anonymous: Client) -> None:
    answer = anonymous.get("/api/health/ready")

    assert answer.status_code == 200
    assert answer.json.keys() == {"status", "timestamp", "dependencies"}
    assert answer.json["status"] == "ready"
    assert answer.json["dependencies"] == {
        "database": "ok",
        "migrations": "ok",
        "leases": "ok",
        "cache": "ok",
        "rate_limits": "ok",
        "scheduler": "not in this process",
        "backup:local": "no backup yet",
    }


def test_who_works_in_the_background_is_named(app: Flask, anonymous: Client) -> None:
    with app.app_context(), lease("backup", 30.0):
        assert anonymous.get("/api/health/ready").json["dependencies"]["leases"] == "held: backup"
    assert anonymous.get("/api/health/ready").json["dependencies"]["leases"] == "ok"


def test_a_process_with_background_jobs_says_so(app: Flask, anonymous: Client) -> None:
    scheduler.start(app)
    try:
        assert anonymous.get("/api/health/ready").json["dependencies"]["scheduler"] == "ok"
    finally:
        scheduler.stop(app)


@pytest.fixture
def old_revision(app: Flask) -> Iterator[None]:
    """A database that says it is at an older migration; no longer at the end, since tests may share it."""

    def set_revision(revision: str) -> str:
        with app.app_context(), db.engine.begin() as connection:
            before: str = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
            connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})
        return before

    newest = set_revision("0001")
    yield
    set_revision(newest)


@pytest.mark.parametrize("headers", [{"X-Forwarded-For": "192.0.2.1"}, {"Host": "movies.example.com"}], ids=str)
def test_only_monitors_are_told_of_backups(make_app: MakeApp, headers: dict[str, str]) -> None:
    client = client_of(make_app(METRICS_TOKEN="a token for metrics"))

    def is_told(**more: str) -> bool:
        return "backup:local" in client.get("/api/health/ready", headers=headers | more).json["dependencies"]

    assert not is_told()
    assert not is_told(Authorization="Bearer wrong")
    assert is_told(Authorization="Bearer a token for metrics")


@pytest.mark.usefixtures("old_revision")
def test_migrations_that_are_due_make_the_server_not_ready(anonymous: Client) -> None:
    answer = anonymous.get("/api/health/ready")
    assert (answer.status_code, answer.json["code"]) == (503, "not_ready")
    assert answer.json["dependencies"]["migrations"] == "due: movietracker db upgrade"


def test_a_cache_and_limits_that_cannot_be_used_are_named_and_do_without(
    app: Flask, anonymous: Client, client: Client, instance_path: Path
) -> None:
    for name in ("http_cache.sqlite", "rate_limits.sqlite"):
        (instance_path / name).mkdir()
    assert client.get("/api/external/tmdb/search?q=matrix").status_code == 200
    with app.app_context():
        app.extensions["movietracker"].http.cache_info()
    answer = anonymous.get("/api/health/ready")
    assert (answer.status_code, answer.json["status"]) == (200, "ready")
    assert answer.json["dependencies"]["cache"] == "not available, going on without it"
    assert answer.json["dependencies"]["rate_limits"] == "not available, each process counts its share"


def test_a_server_without_its_database_is_not_ready_and_says_so_like_every_error(
    make_app: MakeApp,
) -> None:
    away: dict[str, Any] = {"DATABASE_URL": "postgresql://root:hunter2@127.0.0.1:1/nothing"}
    answer = make_app(**away).test_client().get("/api/health/ready")

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.json.keys() == {"detail", "code", "status", "timestamp", "dependencies"}
    assert answer.json["dependencies"]["migrations"] == "not known"
    assert (answer.json["code"], answer.json["status"]) == ("not_ready", "not ready")
    assert "database" in answer.json["detail"]
    assert "hunter2" not in answer.text


def test_a_server_that_is_not_migrated_is_not_ready(make_app: MakeApp, tmp_path: Path) -> None:
    with postgresql.temporary_database() if ON_POSTGRESQL else nullcontext("") as url:
        app = make_app(DATABASE_URL=url, MOVIETRACKER_INSTANCE_PATH=str(tmp_path / "new"))
        answer = app.test_client().get("/api/health/ready")

    assert answer.status_code == 503
    assert answer.json["dependencies"]["database"] != "ok"


def test_health_has_no_other_methods(anonymous: Client) -> None:
    assert_problem(anonymous.post("/api/health/ready"), 405, "method_not_allowed")
