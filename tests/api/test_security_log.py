"""What the security log says of logins, administrators' acts and limits, and that fail2ban can read it."""

import logging
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import requests
from support.applications import MakeApp
from support.client import ADMIN_TOKEN, PASSWORD, Client, client_of
from support.serving import serving

from movietracker.services.accounts import Account

ROOT = Path(__file__).parents[2]
ATTACKER = {"REMOTE_ADDR": "203.0.113.7"}
NEW = {"email": "new@example.com", "username": "new", "password": PASSWORD}


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Any:
    """Returns the lines since the last call, without request ids, and without e-mail digests unless wanted."""
    caplog.set_level(logging.INFO, logger="movietracker.security")

    def lines() -> list[dict[str, str]]:
        fields: list[dict[str, str]] = [
            dict(record.__dict__["request"]) for record in caplog.records if record.name == "movietracker.security"
        ]
        caplog.clear()
        assert all(len(each.pop("request_id")) == 32 for each in fields)
        return fields

    return lines


def log_in(client: Client, email: str, password: str = PASSWORD) -> int:
    body = {"email": email, "password": password}
    return int(client.post("/api/auth/login", json=body, environ_base=ATTACKER).status_code)


def test_a_login_leaves_its_address_account_and_outcome(anonymous: Client, anna: Account, logged: Any) -> None:
    log_in(anonymous, anna.email, "wrong")
    log_in(anonymous, " ANNA@example.com")
    log_in(anonymous, "other@example.com", "wrong")

    failed, right, other = logged()
    account = failed.pop("account")
    assert failed == {"event": "login", "address": "203.0.113.7", "user": "-", "outcome": "failed"}
    assert right == failed | {"user": anna.id, "outcome": "ok", "account": account}
    assert other.pop("account") != account
    assert other == failed


def test_a_login_beyond_the_limit_is_told_as_that(make_app: MakeApp, anna: Account, logged: Any) -> None:
    client = make_app(LOGIN_RATE_LIMIT="1 per hour").test_client()
    for _ in range(2):
        log_in(client, anna.email, "wrong")
    client.post("/api/auth/admin/login", json={"token": "wrong"}, environ_base=ATTACKER)

    assert [(each["event"], each["address"], each["outcome"]) for each in logged()] == [
        ("login", "203.0.113.7", "failed"),
        ("login", "203.0.113.7", "limited"),
        ("admin_login", "203.0.113.7", "limited"),
    ]


def test_any_request_beyond_a_limit_is_logged_and_others_are_not(make_app: MakeApp, anna: Account, logged: Any) -> None:
    client = client_of(make_app(PROXY_RATE_LIMIT="1 per hour"), anna)
    for _ in range(2):
        client.get("/api/external/tmdb/search?q=matrix")
    client.get("/api/movies")

    assert logged() == [{"event": "rate_limited", "address": "127.0.0.1", "user": anna.id, "outcome": "limited"}]


def test_a_new_password_and_a_logout_are_logged(client: Client, anna: Account, logged: Any) -> None:
    for current in ("wrong", PASSWORD):
        client.post("/api/auth/password", json={"current_password": current, "new_password": "another secret"})
    client.login(anna.email, "another secret").post("/api/auth/logout")
    client.login(anna.email, "another secret").post("/api/auth/logout/everywhere")

    assert [(each["event"], each["user"], each["outcome"]) for each in logged()] == [
        ("change_password", anna.id, "failed"),
        ("change_password", anna.id, "ok"),
        ("login", anna.id, "ok"),
        ("logout", anna.id, "ok"),
        ("login", anna.id, "ok"),
        ("logout_everywhere", anna.id, "ok"),
    ]


def test_new_names_are_logged_without_the_names(client: Client, anna: Account, logged: Any) -> None:
    for proof in ("wrong", PASSWORD):
        client.patch("/api/auth/me", json={"email": "new@example.com", "username": "new", "current_password": proof})

    failed, right = logged()
    assert failed == {
        "event": "change_me",
        "address": "127.0.0.1",
        "user": anna.id,
        "changed": "email,username",
        "outcome": "failed",
    }
    assert right == failed | {"outcome": "ok"}


def test_acts_of_an_administrator_are_logged(admin: Client, client: Client, anna: Account, logged: Any) -> None:
    admin.post("/api/auth/admin/login", json={"token": ADMIN_TOKEN})
    created = admin.post("/api/auth/admin/users", json=NEW).json["id"]
    admin.patch(f"/api/auth/admin/users/{created}", json={"is_active": False, "password": "another secret"})
    admin.delete(f"/api/auth/admin/users/{created}")
    admin.delete(f"/api/auth/admin/users/{created}")
    client.delete(f"/api/auth/admin/users/{anna.id}")
    admin.post("/api/auth/admin/logout")

    assert [(each["event"], each["user"], each.get("target"), each["outcome"]) for each in logged()] == [
        ("admin_login", "admin", None, "ok"),
        ("create_user", "admin", created, "ok"),
        ("change_user", "admin", created, "ok"),
        ("delete_user", "admin", created, "ok"),
        ("delete_user", "admin", created, "failed"),
        ("delete_user", "-", None, "failed"),
        ("admin_logout", "admin", "-", "ok"),
    ]


def test_no_value_forges_a_field_or_a_line(make_app: MakeApp, admin: Client, logged: Any) -> None:
    forged = "203.0.113.9 outcome=ok\n2026-11-29"
    client = make_app(TRUSTED_PROXIES=1).test_client()
    client.post("/api/auth/login", json=NEW, headers={"X-Forwarded-For": forged.replace("\n", "\t")})
    admin.delete("/api/auth/admin/users/a%20b%0Aoutcome=ok")

    lines = logged()
    assert len(lines) == 2
    assert not re.search(r"[\s=]", "".join(value for each in lines for value in each.values()))


def test_fail2ban_finds_the_addresses_of_those_who_guess(tmp_path: Path) -> None:
    if shutil.which("fail2ban-regex") is None:
        pytest.skip("fail2ban is not installed")
    settings = {"LOGIN_RATE_LIMIT": "2 per hour", "TRUSTED_PROXIES": "1", "ADMIN_TOKEN": ADMIN_TOKEN}
    with serving(tmp_path, "--workers", "1", settings=settings) as server:

        def post(path: str, body: dict[str, str], address: str) -> None:
            headers = {"X-Forwarded-For": address}
            requests.post(f"{server.url}/api/auth/{path}", json=body, headers=headers, timeout=10)

        for number, (path, body) in enumerate(
            [
                ("login", {"email": "anna@example.com", "password": "wrong"}),
                ("login", {"email": "outcome=ok", "password": "wrong"}),
                ("login", {}),
                ("admin/login", {"token": "wrong"}),
                ("admin/login", {"token": ADMIN_TOKEN}),
                ("login", {"email": "owner@movietracker.local", "password": server.password}),
            ]
        ):
            post(path, body, f"203.0.113.{number}")
        for _ in range(3):
            post("admin/login", {"token": "wrong"}, "2001:db8::1")
        log = tmp_path / "log"
        log.write_text(server.stderr)
    guide = (ROOT / "docs" / "deploy.md").read_text()
    (tmp_path / "filter.conf").write_text(
        re.search(r"```ini\n(# /etc/fail2ban/filter\.d.*?)```", guide, flags=re.DOTALL)[1]  # type: ignore[index]
    )

    command = ["fail2ban-regex", "--out", "ip", str(log), str(tmp_path / "filter.conf")]
    found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.split()
    assert sorted(set(found)) == ["2001:db8::1", "203.0.113.0", "203.0.113.1", "203.0.113.2", "203.0.113.3"]
    assert found.count("2001:db8::1") == 3
