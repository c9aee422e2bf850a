"""Logging in and out, passwords, and the administrator's care for accounts."""

import hashlib
import time
from typing import Any

import jwt
import pytest
from flask import Flask
from sqlalchemy import select
from support.applications import MakeApp
from support.client import ADMIN_TOKEN, PASSWORD, Client, client_of
from support.shapes import USER, assert_invalid, assert_problem, assert_shape
from support.wall_clock import WallClock

from movietracker.extensions import db
from movietracker.models.installation import User
from movietracker.services.accounts import Account

UNKNOWN_ID = "00000000-0000-0000-0000-000000000000"


def login(client: Client, email: str, password: str = PASSWORD, *, address: str = "127.0.0.1") -> Any:
    body = {"email": email, "password": password}
    return client.post("/api/auth/login", json=body, environ_base={"REMOTE_ADDR": address})


def claims_of(answer: Any) -> dict[str, Any]:
    return jwt.decode(answer.json["access_token"], options={"verify_signature": False})


def test_a_login_answers_a_token_and_the_user(anonymous: Client, anna: Account) -> None:
    answer = login(anonymous, "anna@example.com")

    assert answer.status_code == 200
    assert_shape(answer.json, {"access_token": str, "token_type": str, "user": USER})
    assert answer.json["token_type"] == "bearer"
    assert answer.json["user"] == anna.to_json()


@pytest.mark.parametrize(("settings", "days"), [({}, 30), ({"USER_TOKEN_DAYS": "3"}, 3)])
def test_a_users_token_is_valid_for_thirty_days_or_as_set(
    make_app: MakeApp, anna: Account, settings: dict[str, str], days: int
) -> None:
    expires_at = claims_of(login(make_app(**settings).test_client(), anna.email))["exp"]

    assert expires_at - time.time() == pytest.approx(days * 86_400, abs=60)


@pytest.mark.parametrize(("settings", "hours"), [({}, 12), ({"ADMIN_TOKEN_HOURS": "3"}, 3)])
def test_an_admins_token_is_valid_for_twelve_hours_or_as_set(
    make_app: MakeApp, settings: dict[str, str], hours: int
) -> None:
    anonymous = make_app(**settings).test_client()
    answer = anonymous.post("/api/auth/admin/login", json={"token": ADMIN_TOKEN})

    assert_shape(answer.json, {"access_token": str, "token_type": str})
    assert answer.json["token_type"] == "bearer"
    assert claims_of(answer)["role"] == "admin"
    assert claims_of(answer)["exp"] - time.time() == pytest.approx(hours * 3600, abs=60)


@pytest.mark.parametrize("email", ["ANNA@Example.COM", "  anna@example.com "])
def test_e_mail_is_compared_case_insensitively(anonymous: Client, anna: Account, email: str) -> None:
    assert login(anonymous, email).status_code == 200


def test_wrong_e_mail_and_wrong_password_give_the_same_answer(anonymous: Client, anna: Account) -> None:
    wrong_email = login(anonymous, "unknown@example.com")
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
    known, unknown = (min(seconds(email) for _ in range(5)) for email in (anna.email, "unknown@example.com"))
    assert unknown == pytest.approx(known, rel=0.5)


def test_a_disabled_user_cannot_log_in_and_is_not_told_why(anonymous: Client, admin: Client, anna: Account) -> None:
    admin.patch(f"/api/auth/admin/users/{anna.id}", json={"is_active": False})

    answer = login(anonymous, anna.email)
    assert_problem(answer, 401, "bad_credentials")
    assert answer.json == login(anonymous, "unknown@example.com").json


@pytest.mark.each_database
def test_a_login_with_wrong_types_names_the_field(database_url: str, anonymous: Client) -> None:
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
    def test_earlier_tokens_die_and_the_new_password_works(self, app: Flask, client: Client, anna: Account) -> None:
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

        assert_invalid(client.post("/api/auth/password", json=body), "current_password")
        assert client.get("/api/auth/me").status_code == 200

    def test_a_new_password_has_8_to_1024_characters(self, client: Client) -> None:
        for new in ["", "short", "x" * 1025, 12345678, None]:
            body = {"current_password": PASSWORD, "new_password": new}

            assert_invalid(client.post("/api/auth/password", json=body), "new_password")


class TestLoggingOut:
    def test_this_token_dies_and_others_live(self, app: Flask, client: Client, anna: Account) -> None:
        other_device = app.test_client().login(anna.email)

        answer = client.post("/api/auth/logout")

        assert (answer.status_code, answer.data) == (204, b"")
        assert "Content-Type" not in answer.headers
        assert_problem(client.get("/api/auth/me"), 401, "bad_token")
        assert_problem(client.post("/api/auth/logout"), 401, "bad_token")
        assert other_device.get("/api/auth/me").status_code == 200

    def test_everywhere_every_token_of_this_user_dies(
        self, app: Flask, client: Client, anna: Account, ben: Account
    ) -> None:
        other_device, other_user = app.test_client().login(anna.email), app.test_client().login(ben.email)

        answer = client.post("/api/auth/logout/everywhere")

        assert (answer.status_code, answer.data) == (204, b"")
        for device in (client, other_device):
            assert_problem(device.get("/api/auth/me"), 401, "bad_token")
        assert other_user.get("/api/auth/me").status_code == 200
        assert client.login(anna.email).get("/api/auth/me").status_code == 200


class TestTheAdministrator:
    def test_logs_out_and_other_tokens_live(self, app: Flask, admin: Client) -> None:
        other_device = app.test_client()
        token = other_device.post("/api/auth/admin/login", json={"token": ADMIN_TOKEN}).json["access_token"]
        other_device.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"

        answer = admin.post("/api/auth/admin/logout")

        assert (answer.status_code, answer.data) == (204, b"")
        for method, address in (("GET", "/api/auth/admin/users"), ("POST", "/api/auth/admin/logout")):
            assert_problem(admin.open(address, method=method), 401, "bad_token")
        assert_problem(admin.get("/api/auth/me"), 401, "bad_token")
        assert other_device.get("/api/auth/admin/users").status_code == 200

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
        for field, wrong in (
            *(("email", each) for each in ("no address", None, "x" * 250 + "@example.com")),
            *(("username", each) for each in ("  ", "\u200b", "x" * 101, 7)),
            *(("password", each) for each in ("short", ["long enough"])),
        ):
            body = {"email": "new@example.com", "username": "new", "password": PASSWORD} | {field: wrong}

            assert_invalid(admin.post("/api/auth/admin/users", json=body), field)

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

    def test_enabling_an_enabled_account_leaves_it_logged_in(
        self, admin: Client, client: Client, anna: Account
    ) -> None:
        admin.patch(f"/api/auth/admin/users/{anna.id}", json={"is_active": True})

        assert client.get("/api/auth/me").status_code == 200

    def test_sets_a_password_and_the_tokens_die(self, app: Flask, admin: Client, client: Client, anna: Account) -> None:
        answer = admin.patch(f"/api/auth/admin/users/{anna.id}", json={"password": "another secret"})

        assert answer.json == anna.to_json()
        assert_problem(client.get("/api/auth/me"), 401, "bad_token")
        assert login(app.test_client(), anna.email, "another secret").status_code == 200

    def test_changes_e_mail_and_username_and_the_user_stays_logged_in(
        self, admin: Client, client: Client, anna: Account
    ) -> None:
        new = {"email": "new@example.com", "username": "new"}
        answer = admin.patch(f"/api/auth/admin/users/{anna.id}", json=new)

        assert (answer.status_code, answer.json) == (200, anna.to_json() | new)
        assert client.get("/api/auth/me").json == answer.json

    def test_a_change_that_is_not_valid_changes_nothing(self, admin: Client, client: Client, anna: Account) -> None:
        address = f"/api/auth/admin/users/{anna.id}"

        for body in (
            {"is_active": False, "password": "short"},
            {"is_active": False, "email": "no address"},
            {"is_active": False, "username": ""},
            {"is_active": 0},
            {"is_active": None},
        ):
            assert_problem(admin.patch(address, json=body), 422, "validation_error")
        assert client.get("/api/auth/me").status_code == 200

    def test_an_empty_change_answers_the_account(self, admin: Client, client: Client, anna: Account) -> None:
        assert_problem(admin.patch(f"/api/auth/admin/users/{anna.id}", json={"unknown": 1}), 422, "validation_error")
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
        for user_id in [UNKNOWN_ID, "not-an-id", "a b", "%00"]:
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

    def test_too_many_logins_from_an_address_have_to_wait(self, make_app: MakeApp) -> None:
        client = make_app(LOGIN_RATE_LIMIT="3 per minute").test_client()

        for number in range(3):
            assert login(client, f"user{number}@example.com").status_code == 401
        answer = login(client, "another@example.com")

        assert_problem(answer, 429, "rate_limited")
        assert 1 <= int(answer.headers["Retry-After"]) <= 61

    def test_too_many_wrong_logins_for_an_account_delay_the_next_from_wherever_they_come(
        self, make_app: MakeApp, wall_clock: WallClock
    ) -> None:
        client = make_app(LOGIN_RATE_LIMIT="3 per minute").test_client()

        for number in range(9):
            assert login(client, "anna@example.com", "wrong", address=f"10.0.0.{number}").status_code == 401
        for number, delay in enumerate((1, 2, 4, 8, 16, 32, 60, 60)):
            answer = login(client, " ANNA@example.com ", "wrong", address=f"10.0.1.{number}")
            assert_problem(answer, 429, "rate_limited")
            assert answer.headers["Retry-After"] == str(delay)
            assert login(client, "ben@example.com", address=f"10.0.2.{number}").status_code == 401
            wall_clock.time += delay
            assert login(client, "anna@example.com", "wrong", address=f"10.0.3.{number}").status_code == 401

    def test_an_address_may_guess_at_an_account_ever_less_often(self, make_app: MakeApp, wall_clock: WallClock) -> None:
        client = make_app(LOGIN_RATE_LIMIT="10 per minute").test_client()
        wrong = 0
        for _ in range(360):
            wrong += login(client, "anna@example.com", "wrong").status_code == 401
            wall_clock.time += 10
        assert wrong <= 25, "in an hour"

    def test_an_owner_is_not_locked_out_by_guesses_from_elsewhere(
        self, make_app: MakeApp, anna: Account, wall_clock: WallClock
    ) -> None:
        client = make_app(LOGIN_RATE_LIMIT="3 per minute").test_client()
        assert login(client, anna.email, address="192.0.2.1").status_code == 200
        for number in range(9):
            assert login(client, anna.email, "wrong", address=f"10.0.0.{number}").status_code == 401

        assert login(client, anna.email, address="192.0.2.2").status_code == 429, "an address that is not known"
        assert login(client, anna.email, address="192.0.2.1").status_code == 200
        wall_clock.time += 1
        assert login(client, anna.email, address="192.0.2.2").status_code == 200

    def test_a_client_with_a_valid_token_is_not_locked_out_by_others_at_its_address(
        self, make_app: MakeApp, anna: Account, ben: Account
    ) -> None:
        app = make_app(LOGIN_RATE_LIMIT="3 per minute")
        client, other = client_of(app, anna), client_of(app, ben)
        for email in (anna.email, ben.email, "nobody@example.com"):
            login(app.test_client(), email, "wrong")

        assert login(app.test_client(), anna.email).status_code == 429
        assert login(other, anna.email).status_code == 429, "the token is another account's"
        assert login(client, anna.email).status_code == 200
        assert [login(client, anna.email, "wrong").status_code for _ in range(4)] == [401, 401, 401, 429]
        client.post("/api/auth/logout")
        assert login(client, anna.email).status_code == 429, "the token is revoked"

    def test_right_passwords_are_not_counted(self, make_app: MakeApp, anna: Account) -> None:
        client = make_app(LOGIN_RATE_LIMIT="2 per hour").test_client()

        assert [login(client, anna.email).status_code for _ in range(5)] == [200] * 5
        assert [login(client, anna.email, "wrong").status_code for _ in range(3)] == [401, 401, 429]

    def test_guesses_at_the_admin_token_are_limited_over_all_addresses(
        self, make_app: MakeApp, wall_clock: WallClock
    ) -> None:
        app = make_app(LOGIN_RATE_LIMIT="10 per minute")
        client = app.test_client()

        def attempt(token: str, address: str) -> int:
            base = {"REMOTE_ADDR": address}
            return client.post("/api/auth/admin/login", json={"token": token}, environ_base=base).status_code

        assert attempt(ADMIN_TOKEN, "192.0.2.1") == 200
        wrong = 0
        for number in range(360):
            wrong += attempt("wrong", f"10.1.{number // 250}.{number % 250}") == 401
            wall_clock.time += 10
        assert wrong <= 100, "in an hour"
        assert attempt(ADMIN_TOKEN, "192.0.2.2") == 429
        assert attempt(ADMIN_TOKEN, "192.0.2.1") == 200, "from where the administrator has logged in before"

    def test_guesses_at_the_admin_token_are_limited_too(self, make_app: MakeApp) -> None:
        client = make_app(LOGIN_RATE_LIMIT="2 per minute").test_client()

        answers = [client.post("/api/auth/admin/login", json={"token": "wrong"}).status_code for _ in range(3)]
        assert answers == [401, 401, 429]

    def test_the_holder_of_a_token_cannot_guess_the_password_at_will(self, make_app: MakeApp, anna: Account) -> None:
        client = client_of(make_app(LOGIN_RATE_LIMIT="2 per minute"), anna)
        guess = {"current_password": "wrong", "new_password": "another secret"}

        answers = [client.post("/api/auth/password", json=guess).status_code for _ in range(3)]
        assert answers == [422, 422, 429]

    def test_nonsense_counts_as_well(self, make_app: MakeApp) -> None:
        client = make_app(LOGIN_RATE_LIMIT="3 per minute").test_client()

        answers = [client.post("/api/auth/login", data=data) for data in (b"{", b"[]", b'{"email": 7}', b"")]
        assert [answer.status_code for answer in answers] == [400, 422, 422, 429]

    def test_an_empty_setting_means_no_limit(self, make_app: MakeApp) -> None:
        client = make_app(LOGIN_RATE_LIMIT="").test_client()

        assert {client.post("/api/auth/login", data=b"{").status_code for _ in range(15)} == {400}

    def test_other_endpoints_are_not_limited(self, make_app: MakeApp) -> None:
        client = make_app(LOGIN_RATE_LIMIT="1 per minute").test_client()

        assert {client.get("/api/health").status_code for _ in range(5)} == {200}


class TestChangingTheOwnNames:
    def test_e_mail_and_username_are_changed_and_sessions_go_on(
        self, app: Flask, client: Client, anna: Account
    ) -> None:
        other_device = app.test_client().login(anna.email)
        new = {"email": "New@Example.com", "username": " new "}
        answer = client.patch("/api/auth/me", json=new | {"current_password": PASSWORD})

        assert answer.status_code == 200
        assert answer.json == anna.to_json() | {"email": "new@example.com", "username": "new"}
        for device in (client, other_device):
            assert device.get("/api/auth/me").json == answer.json
        for name in ("new@example.com", "new"):
            assert login(app.test_client(), name).json["user"] == answer.json
        for name in (anna.email, anna.username):
            assert_problem(login(app.test_client(), name), 401, "bad_credentials")

    @pytest.mark.parametrize("change", [{"email": "new@example.com"}, {"username": "new"}])
    def test_either_can_be_changed_alone(self, client: Client, anna: Account, change: dict[str, str]) -> None:
        answer = client.patch("/api/auth/me", json=change | {"current_password": PASSWORD})
        assert answer.json == anna.to_json() | change

    @pytest.mark.parametrize("proof", [{}, {"current_password": "wrong"}, {"current_password": None}])
    def test_not_without_the_password(self, client: Client, anna: Account, proof: dict[str, Any]) -> None:
        answer = client.patch("/api/auth/me", json={"email": "new@example.com", **proof})

        assert_invalid(answer, "current_password")
        assert client.get("/api/auth/me").json == anna.to_json()

    def test_wrong_fields_are_named_as_at_registration(self, client: Client, anna: Account) -> None:
        for field, wrong in (
            *(("email", each) for each in ("no address", None, "x" * 250 + "@example.com")),
            *(("username", each) for each in ("  ", "\u200b", "x" * 101, 7, None)),
        ):
            assert_invalid(client.patch("/api/auth/me", json={field: wrong, "current_password": PASSWORD}), field)
        for nothing in ({}, {"emial": "new@example.com"}, {"is_active": False, "password": "another secret"}):
            assert_invalid(client.patch("/api/auth/me", json=nothing | {"current_password": PASSWORD}), "email")
        assert client.get("/api/auth/me").json == anna.to_json()

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"email": "BEN@example.com"}, "email_taken"),
            ({"username": "ben"}, "username_taken"),
            ({"username": "Ben@example.com"}, "username_taken"),
            ({"username": "ben\u200b"}, "username_taken"),
            ({"email": "new@example.com", "username": "ben"}, "username_taken"),
        ],
    )
    def test_a_taken_one_is_409_for_owner_and_administrator(
        self, client: Client, admin: Client, anna: Account, ben: Account, change: dict[str, str], code: str
    ) -> None:
        assert_problem(client.patch("/api/auth/me", json=change | {"current_password": PASSWORD}), 409, code)
        with_more = change | {"password": "another secret", "is_active": False}
        assert_problem(admin.patch(f"/api/auth/admin/users/{anna.id}", json=with_more), 409, code)
        assert client.get("/api/auth/me").json == anna.to_json()

    def test_which_names_others_have_cannot_be_asked_at_will(
        self, make_app: MakeApp, anna: Account, ben: Account
    ) -> None:
        client = client_of(make_app(LOGIN_RATE_LIMIT="2 per minute"), anna)
        body = {"email": ben.email, "current_password": PASSWORD}

        assert [client.patch("/api/auth/me", json=body).status_code for _ in range(3)] == [409, 409, 429]


class TestRemovingTheOwnAccount:
    def test_it_goes_with_all_its_data(self, client: Client, bens_client: Client, anna: Account) -> None:
        answer = client.delete("/api/auth/me", json={"current_password": PASSWORD})

        assert (answer.status_code, answer.data) == (204, b"")
        assert_problem(client.get("/api/auth/me"), 401, "bad_token")
        assert_problem(login(client, anna.email), 401, "bad_credentials")
        assert bens_client.get("/api/auth/me").status_code == 200

    @pytest.mark.parametrize("body", [{}, {"current_password": "wrong"}, {"current_password": 1}])
    def test_not_without_the_password(self, client: Client, body: dict[str, Any]) -> None:
        assert_invalid(client.delete("/api/auth/me", json=body), "current_password")
        assert client.get("/api/auth/me").status_code == 200


def test_a_login_takes_a_username_too(anonymous: Client, anna: Account) -> None:
    assert login(anonymous, anna.username).json["user"] == anna.to_json()
