"""Whether the server answers, and whether it has what it needs."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from conftest import ON_POSTGRESQL, Client
from flask import Flask
from sqlalchemy import event
from support.shapes import assert_problem, assert_shape

from movietracker.extensions import db


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
    assert_shape(answer.json, {"status": str, "timestamp": float, "dependencies": {"database": str}})
    assert (answer.json["status"], answer.json["dependencies"]) == ("ready", {"database": "ok"})


def test_a_server_without_its_database_is_not_ready_and_says_so_like_every_error(
    make_app: Callable[..., Flask],
) -> None:
    away: dict[str, Any] = {"DATABASE_URL": "postgresql://root:hunter2@127.0.0.1:1/nothing"}
    answer = make_app(**away).test_client().get("/api/health/ready")

    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    body = {"detail": str, "code": str, "status": str, "timestamp": float, "dependencies": {"database": str}}
    assert_shape(answer.json, body)
    assert (answer.json["code"], answer.json["status"]) == ("not_ready", "not ready")
    assert "database" in answer.json["detail"]
    assert "hunter2" not in answer.text


@pytest.mark.skipif(ON_POSTGRESQL, reason="an SQLite file that is not migrated")
def test_a_server_that_is_not_migrated_is_not_ready(make_app: Callable[..., Flask], tmp_path: Any) -> None:
    answer = make_app(MOVIETRACKER_INSTANCE_PATH=str(tmp_path / "new")).test_client().get("/api/health/ready")

    assert answer.status_code == 503
    assert answer.json["dependencies"]["database"] != "ok"


def test_health_has_no_other_methods(anonymous: Client) -> None:
    assert_problem(anonymous.post("/api/health/ready"), 405, "method_not_allowed")
