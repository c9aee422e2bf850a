"""Logging in and out, passwords, and the administrator's care for accounts."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from conftest import ADMIN_TOKEN, PASSWORD, Client, client_of
from flask import Flask
from sqlalchemy import select
from support.shapes import USER, assert_problem, assert_shape

from movietracker.extensions import db
from movietracker.models import User
from movietracker.services.accounts import Account

NOBODY = "00000000-0000-0000-0000-000000000000"


def login(client: Client, email: str, password: str = PASSWORD) -> Any:
    return client.post("/api/auth/login", json={"email": email, "password": password})


def claims_of(answer: Any) -> dict[str, Any]:
    return jwt.decode(answer.json["access_token"], options={"verify_signature": False})


def test_a_login_answers_a_token_and_the_user(anonymous: Client, anna: Account) -> None:
    answer = login(anonymous, "anna@example.com")

    assert answer.status_code == 200
    assert_shape(answer.json, {"access_token": str, "token_type": str, "user": USER})
    assert answer.json["token_type"] == "bearer"
    assert answer.json["user"] == anna.to_json()


def test_a_users_token_is_good_for_thirty_days(anonymous: Client, anna: Account) -> None:
    expires_at = claims_of(login(anonymous, anna.email))["exp"]

    assert expires_at - time.time() == pytest.approx(30 * 86_400, abs=60)


def test_an_admins_token_is_good_for_twelve_hours(anonymous: Client) -> None:
    answer = anonymous.post("/api/auth/admin/login", json={"token": ADMIN_TOKEN})

    assert_shape(answer.json, {"access_token": str, "token_type": str})
    assert answer.json["token_type"] == "bearer"
    assert claims_of(answer)["role"] == "admin"
    assert claims_of(answer)["exp"] - time.time() == pytest.approx(12 * 3600, abs=60)


@pytest.mark.parametrize("email", ["ANNA@Example.COM", "  anna@example.com "])
def test_e_mail_is_compared_case_insensitively(anonymous: Client, anna: Account, email: str) -> None:
    assert login(anonymous, email).status_code == 200


def test_wrong_e_mail_and_wrong_password_give_the_same_answer(anonymous: Client, anna: Account) -> None:
    wrong_email = login(anonymous, "nobody@example.com")
    wrong_password = login(anonymous, anna.email, "not the secret")

    assert_problem(wrong_email, 401, "bad_credentials")
    assert wrong_password.json == wrong_email.json
    assert wrong_password.status_code == wrong_email.status_code


def test_a_login_for_an_unknown_e_mail_takes_as_long_as_for_a_known_one(anonymous: Client, anna: Account) -> None:
    def seconds(email: str) -> float:
        start = time.thread_time()  # hashing is nearly all of it; a busy machine does not disturb
        login(anonymous, email, "not the secret")
        return time.thread_time() - start

    seconds("warm@example.com")
    known, unknown = (min(seconds(email) for _ in range(5)) for email in (anna.email, "nobody@example.com"))
    assert unknown == pytest.approx(known, rel=0.5)


def test_a_disabled_user_cannot_log_in_and_is_told_no_more_than_others(
    anonymous: Client, admin: Client, anna: Account
) -> None:
    admin.patch(f"/api/auth/admin/users/{anna.id}", json={"is_active": False})

    answer = login(anonymous, anna.email)
    assert_problem(answer, 401, "bad_credentials")
    assert answer.json == login(anonymous, "nobody@example.com").json


def test_a_login_with_wrong_types_names_the_field(anonymous: Client) -> None:
    for body, field in [
        ({"email": "anna@example.com"}, "password"),
        ({"password": PASSWORD}, "email"),
        ({"email": 7, "password": PASSWORD}, "email"),
        ({"email": "anna@example.com", "password": None}, "password"),
        ({"email": "anna@example.com", "password": ["x"]}, "password"),
        ({"email": "a\0b@example.com", "password": "x"}, "email"),
    ]:
        problem = assert_problem(anonymous.post("/api/auth/login", json=body), 422, "validation_error")
        assert field in problem["errors"]


def test_a_wrong_admin_token_is_refused(anonymous: Client) -> None:
    for token in ("", "wrong", ADMIN_TOKEN + "x", ADMIN_TOKEN.upper(), "ключ"):
        assert_problem(anonymous.post("/api/auth/admin/login", json={"token": token}), 401, "bad_credentials")


def test_passwords_are_stored_in_the_format_of_existing_accounts(app: Flask, anna: Account) -> None:
    with app.app_context(), db.engine.connect() as connection:
        stored = connection.execute(select(User.hashed_password).where(User.id == anna.id)).scalar_one()

    salt, digest = stored.split("$")
    assert len(salt) == 64
    assert set(salt) <= set("0123456789abcdef")
    assert digest == hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), salt.encode("utf-8"), 100_000).hex()


def test_me_answers_the_user(client: Client, anna: Account) -> None:
    answer = client.get("/api/auth/me")

    assert answer.status_code == 200
    assert_shape(answer.json, USER)
    assert answer.json == anna.to_json()


def test_there_is_no_self_registration(anonymous: Client) -> None:
    body = {"email": "new@example.com", "username": "new", "password": PASSWORD}

    for address in ("/api/auth/register", "/api/auth/signup", "/api/auth/users"):
        assert_problem(anonymous.post(address, json=body), 404, "not_found")
    assert_problem(anonymous.post("/api/auth/admin/users", json=body), 401, "bad_token")


class TestChangingThePassword:
    def test_every_earlier_token_dies_and_the_new_password_works(
        self, app: Flask, client: Client, anna: Account
    ) -> None:
        other_device = app.test_client().login(anna.email)

        body = {"current_password": PASSWORD, "new_password": "another secret"}
        answer = client.post("/api/auth/password", json=body)

        assert (answer.status_code, answer.data) == (204, b"")
        for device in (client, other_device):
            assert_problem(device.get("/api/auth/me"), 401, "bad_token")
        assert_problem(login(app.test_client(), anna.email), 401, "bad_credentials")
        assert login(app.test_client(), anna.email, "another secret").status_code == 200

    def test_a_wrong_current_password_is_no_bad_token(self, client: Client) -> None:
        body = {"current_password": "wrong", "new_password": "another secret"}

        problem = assert_problem(client.post("/api/auth/password", json=body), 422, "validation_error")
        assert list(problem["errors"]) == ["current_password"]
        assert client.get("/api/auth/me").status_code == 200

    def test_a_new_password_has_8_to_1024_characters(self, client: Client) -> None:
        for new in ["", "short", "x" * 1025, 12345678, None]:
            body = {"current_password": PASSWORD, "new_password": new}

            problem = assert_problem(client.post("/api/auth/password", json=body), 422, "validation_error")
            assert list(problem["errors"]) == ["new_password"]


class TestLoggingOut:
    def test_this_token_dies_and_others_live(self, app: Flask, client: Client, anna: Account) -> None:
        other_device = app.test_client().login(anna.email)

        answer = client.post("/api/auth/logout")

        assert (answer.status_code, answer.data) == (204, b"")
        assert "Content-Type" not in answer.headers
        assert_problem(client.get("/api/auth/me"), 401, "bad_token")
        assert_problem(client.post("/api/auth/logout"), 401, "bad_token")
        assert other_device.get("/api/auth/me").status_code == 200


class TestTheAdministrator:
    def test_creates_an_account_with_the_four_quick_recommenders(self, app: Flask, admin: Client) -> None:
        body = {"email": "Carla@Example.com", "username": "carla", "password": PASSWORD}
        answer = admin.post("/api/auth/admin/users", json=body)

        assert answer.status_code == 201
        assert_shape(answer.json, USER)
        assert answer.json["email"] == "carla@example.com"
        assert answer.json["username"] == "carla"
        assert answer.json["is_active"] is True
        assert answer.json["created_at"] == pytest.approx(time.time(), abs=60)
        people = app.test_client().login("carla@example.com").get("/api/people").json
        assert [(p["quick_key"], p["name"], p["color"], p["emoji"], p["is_trusted"]) for p in people] == [
            ("youtube", "Random YouTube Video", "#bf5af2", "📺", False),
            ("oscar", "Oscar Winner/Nominee", "#ffd60a", "🏆", False),
            ("random_person", "Random Person", "#30d158", "🤝", False),
            ("google", "Google Search", "#64d2ff", "🔎", False),
        ]

    def test_a_taken_e_mail_or_username_is_400(self, admin: Client, anna: Account) -> None:
        for email, username in [
            ("anna@example.com", "other"),
            ("ANNA@EXAMPLE.COM", "other"),
            ("other@example.com", "anna"),
        ]:
            body = {"email": email, "username": username, "password": PASSWORD}

            assert_problem(admin.post("/api/auth/admin/users", json=body), 400, "account_exists")
            assert len(admin.get("/api/auth/admin/users").json) == 1

    def test_a_new_account_needs_valid_fields(self, admin: Client) -> None:
        for change, field in [
            ({"email": "no address"}, "email"),
            ({"email": None}, "email"),
            ({"email": "x" * 250 + "@example.com"}, "email"),
            ({"username": "  "}, "username"),
            ({"username": "x" * 101}, "username"),
            ({"username": 7}, "username"),
            ({"password": "short"}, "password"),
            ({"password": ["long enough"]}, "password"),
        ]:
            body = {"email": "new@example.com", "username": "new", "password": PASSWORD} | change

            problem = assert_problem(admin.post("/api/auth/admin/users", json=body), 422, "validation_error")
            assert list(problem["errors"]) == [field]

    def test_lists_all_accounts_the_oldest_first(self, admin: Client, anna: Account, ben: Account) -> None:
        answer = admin.get("/api/auth/admin/users")

        assert answer.status_code == 200
        assert_shape(answer.json, [USER])
        assert [user["id"] for user in answer.json] == [anna.id, ben.id]

    def test_disables_an_account_and_its_tokens_stay_dead(
        self, app: Flask, admin: Client, client: Client, anna: Account
    ) -> None:
        address = f"/api/auth/admin/users/{anna.id}"

        answer = admin.patch(address, json={"is_active": False})
        assert answer.status_code == 200
        assert answer.json == anna.to_json() | {"is_active": False}
        assert_problem(client.get("/api/auth/me"), 401, "bad_token")

        assert admin.patch(address, json={"is_active": True}).json == anna.to_json()
        assert_problem(client.get("/api/auth/me"), 401, "bad_token")
        assert app.test_client().login(anna.email).get("/api/auth/me").status_code == 200

    def test_enabling_an_enabled_account_logs_nobody_out(self, admin: Client, client: Client, anna: Account) -> None:
        admin.patch(f"/api/auth/admin/users/{anna.id}", json={"is_active": True})

        assert client.get("/api/auth/me").status_code == 200

    def test_sets_a_password_and_the_tokens_die(self, app: Flask, admin: Client, client: Client, anna: Account) -> None:
        answer = admin.patch(f"/api/auth/admin/users/{anna.id}", json={"password": "another secret"})

        assert answer.json == anna.to_json()
        assert_problem(client.get("/api/auth/me"), 401, "bad_token")
        assert login(app.test_client(), anna.email, "another secret").status_code == 200

    def test_a_change_that_is_not_valid_changes_nothing(self, admin: Client, client: Client, anna: Account) -> None:
        address = f"/api/auth/admin/users/{anna.id}"

        for body in ({"is_active": False, "password": "short"}, {"is_active": 0}, {"is_active": None}):
            assert_problem(admin.patch(address, json=body), 422, "validation_error")
        assert client.get("/api/auth/me").status_code == 200

    def test_an_empty_change_answers_the_account(self, admin: Client, client: Client, anna: Account) -> None:
        assert admin.patch(f"/api/auth/admin/users/{anna.id}", json={"unknown": 1}).json == anna.to_json()
        assert client.get("/api/auth/me").status_code == 200

    def test_removes_an_account_with_all_its_data(
        self, app: Flask, admin: Client, client: Client, bens_client: Client, anna: Account
    ) -> None:
        for device in (client, bens_client):
            device.post("/api/movies/tt0133093/recommendations", json={"person_name": "Mum"})
            a_list = device.post("/api/lists", json={"name": "Rainy"}).json
            status = {"status": "custom", "custom_list_id": a_list["id"]}
            device.put("/api/movies/tt0133093/status", json=status)
            device.put("/api/movies/tt0133093/watch", json={"date_watched": 1.5e9, "my_rating": 8})
            device.delete("/api/people/Mum")
        client.post("/api/auth/logout")
        bens = bens_client.get("/api/movies").json

        assert admin.delete(f"/api/auth/admin/users/{anna.id}").status_code == 204

        assert rows_of(app, anna.id) == {}
        assert bens_client.get("/api/movies").json == bens
        assert_problem(client.get("/api/auth/me"), 401, "bad_token")
        assert_problem(login(app.test_client(), anna.email), 401, "bad_credentials")

    def test_an_unknown_account_is_404(self, admin: Client) -> None:
        for user_id in [NOBODY, "not-an-id", "a b", "%00"]:
            for answer in (
                admin.patch(f"/api/auth/admin/users/{user_id}", json={"is_active": True}),
                admin.patch(f"/api/auth/admin/users/{user_id}", json={}),
                admin.patch(f"/api/auth/admin/users/{user_id}", json={"password": "long enough"}),
                admin.delete(f"/api/auth/admin/users/{user_id}"),
            ):
                assert answer.status_code == 404
                assert answer.json["code"] in ("user_not_found", "not_found")


def rows_of(app: Flask, user_id: str) -> dict[str, int]:
    """How many rows of each table are this user's, of those that have any."""
    counts = {}
    with app.app_context(), db.engine.connect() as connection:
        for table in db.metadata.sorted_tables:
            column = table.c.get("user_id", table.c.id if table.name == "users" else None)
            if column is not None:
                rows = connection.execute(select(column).where(column == user_id)).all()
                counts[table.name] = len(rows)
    return {name: count for name, count in counts.items() if count}


class TestTheLoginLimit:
    def try_often(self, client: Client, times: int, **body: str) -> list[int]:
        return [client.post("/api/auth/login", json=body).status_code for _ in range(times)]

    def test_too_many_logins_from_an_address_have_to_wait(self, make_app: Callable[..., Flask]) -> None:
        client = make_app(LOGIN_RATE_LIMIT="3 per minute").test_client()

        for number in range(3):
            assert login(client, f"user{number}@example.com").status_code == 401
        answer = login(client, "another@example.com")

        assert_problem(answer, 429, "rate_limited")
        assert 1 <= int(answer.headers["Retry-After"]) <= 61

    def test_too_many_logins_for_an_account_have_to_wait_from_wherever_they_come(
        self, make_app: Callable[..., Flask]
    ) -> None:
        client = make_app(LOGIN_RATE_LIMIT="3 per minute").test_client()

        def attempt(number: int, email: str) -> Any:
            address = {"REMOTE_ADDR": f"10.0.0.{number}"}
            return client.post("/api/auth/login", json={"email": email, "password": "x"}, environ_base=address)

        for number in range(3):
            assert attempt(number, "anna@example.com").status_code == 401
        assert_problem(attempt(4, " ANNA@example.com "), 429, "rate_limited")
        assert attempt(5, "ben@example.com").status_code == 401

    def test_guesses_at_the_admin_token_are_limited_too(self, make_app: Callable[..., Flask]) -> None:
        client = make_app(LOGIN_RATE_LIMIT="2 per minute").test_client()

        answers = [client.post("/api/auth/admin/login", json={"token": "wrong"}).status_code for _ in range(3)]
        assert answers == [401, 401, 429]

    def test_whoever_holds_a_token_cannot_guess_the_password_at_will(
        self, make_app: Callable[..., Flask], anna: Account
    ) -> None:
        client = client_of(make_app(LOGIN_RATE_LIMIT="2 per minute"), anna)
        guess = {"current_password": "wrong", "new_password": "another secret"}

        answers = [client.post("/api/auth/password", json=guess).status_code for _ in range(3)]
        assert answers == [422, 422, 429]

    def test_nonsense_counts_as_well(self, make_app: Callable[..., Flask]) -> None:
        client = make_app(LOGIN_RATE_LIMIT="3 per minute").test_client()

        answers = [client.post("/api/auth/login", data=data) for data in (b"{", b"[]", b'{"email": 7}', b"")]
        assert [answer.status_code for answer in answers] == [400, 422, 422, 429]

    def test_an_empty_setting_means_no_limit(self, make_app: Callable[..., Flask]) -> None:
        client = make_app(LOGIN_RATE_LIMIT="").test_client()

        assert {client.post("/api/auth/login", data=b"{").status_code for _ in range(15)} == {400}

    def test_other_endpoints_are_not_limited(self, make_app: Callable[..., Flask]) -> None:
        client = make_app(LOGIN_RATE_LIMIT="1 per minute").test_client()

        assert {client.get("/api/health").status_code for _ in range(5)} == {200}
