"""Where a user is logged in: the list of sessions, and ending one of them."""

import time
from typing import Any

import pytest
from flask import Flask
from support.client import Client, client_of
from support.shapes import assert_problem

from movietracker.services.accounts import Account


def log_in(app: Flask, account: Account, agent: str) -> Client:
    """A client that says this of itself and has logged in."""
    client = client_of(app)
    client.environ_base["HTTP_USER_AGENT"] = agent
    return client.login(account.email)


def sessions_of(client: Client) -> list[dict[str, Any]]:
    answer = client.get("/api/auth/sessions")
    assert answer.status_code == 200
    listed: list[dict[str, Any]] = answer.json
    return listed


def test_each_login_is_listed_with_its_client_and_the_present_one_is_marked(app: Flask, anna: Account) -> None:
    phone = log_in(app, anna, "Phone/1")
    laptop = log_in(app, anna, "Laptop/2")

    listed = sessions_of(laptop)

    assert [(each["client"], each["is_current"]) for each in listed] == [("Laptop/2", True), ("Phone/1", False)]
    assert [each["is_current"] for each in sessions_of(phone)] == [False, True]
    for each in listed:
        assert each["created_at"] == each["last_used_at"] == pytest.approx(time.time(), abs=60)
        assert each["expires_at"] == pytest.approx(time.time() + 30 * 86_400, abs=60)


def test_the_list_is_paged(app: Flask, anna: Account) -> None:
    client = [log_in(app, anna, f"Device/{number}") for number in range(3)][-1]

    first = client.get("/api/auth/sessions?limit=2")
    second = client.get(f"/api/auth/sessions?limit=2&cursor={first.headers['X-Next-Cursor']}")

    assert [each["client"] for each in first.json + second.json] == ["Device/2", "Device/1", "Device/0"]
    assert "X-Next-Cursor" not in second.headers


def test_a_session_that_is_ended_is_logged_out_and_others_are_not(app: Flask, anna: Account) -> None:
    phone, laptop = log_in(app, anna, "Phone/1"), log_in(app, anna, "Laptop/2")
    lost = sessions_of(laptop)[1]["id"]

    answer = laptop.delete(f"/api/auth/sessions/{lost}")

    assert (answer.status_code, answer.data) == (204, b"")
    assert_problem(phone.get("/api/auth/me"), 401, "bad_token")
    assert [each["client"] for each in sessions_of(laptop)] == ["Laptop/2"]
    assert_problem(laptop.delete(f"/api/auth/sessions/{lost}"), 404, "session_not_found")


def test_ending_the_present_session_is_logging_out(app: Flask, anna: Account) -> None:
    client = log_in(app, anna, "Laptop/2")

    assert client.delete(f"/api/auth/sessions/{sessions_of(client)[0]['id']}").status_code == 204

    assert_problem(client.get("/api/auth/me"), 401, "bad_token")


def test_a_session_leaves_the_list_when_it_logs_out(app: Flask, anna: Account) -> None:
    phone, laptop = log_in(app, anna, "Phone/1"), log_in(app, anna, "Laptop/2")
    phone.post("/api/auth/logout")
    assert [each["client"] for each in sessions_of(laptop)] == ["Laptop/2"]


def test_a_token_from_before_there_was_a_list_stays_valid_and_is_not_listed(client: Client) -> None:
    assert sessions_of(client) == []


@pytest.mark.parametrize("session_id", ["unknown", "%00", "x" * 500, "\N{SNOWMAN}"])
def test_a_session_that_is_not_there_is_404(client: Client, session_id: str) -> None:
    answer = client.delete(f"/api/auth/sessions/{session_id}")
    assert answer.status_code == 404
    assert answer.json["code"] in ("session_not_found", "not_found")


def test_failed_logins_are_no_sessions(app: Flask, anna: Account, client: Client) -> None:
    client_of(app).post("/api/auth/login", json={"email": anna.email, "password": "wrong"})
    assert sessions_of(client) == []
