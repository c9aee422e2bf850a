"""401 means that the token is bad, and nothing else does; the wrong kind of good token is 403."""

import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from flask import Flask
from support.applications import MakeApp
from support.client import ADMIN_TOKEN, PASSWORD, Client
from support.shapes import assert_problem
from support.waiting import wait_until

from movietracker.api import authentication
from movietracker.services.accounts import Account, delete_account, set_active, set_password

USER_ADDRESSES = [
    ("GET", "/api/auth/me"),
    ("GET", "/api/movies"),
    ("POST", "/api/people"),
    ("PUT", "/api/movies/no-id/status"),
    ("DELETE", "/api/lists/1"),
    ("GET", "/api/external/tmdb/search"),
    ("GET", "/api/movies?limit=nonsense"),
]
ADMIN_ADDRESSES = [
    ("GET", "/api/auth/admin/users"),
    ("POST", "/api/auth/admin/users"),
    ("PATCH", "/api/auth/admin/users/1"),
    ("DELETE", "/api/auth/admin/users/1"),
    ("POST", "/api/auth/admin/logout"),
]


def token_of(client: Client) -> str:
    return str(client.environ_base["HTTP_AUTHORIZATION"]).removeprefix("Bearer ")


def call(app: Flask, header: str | None, method: str = "GET", address: str = "/api/auth/me", **more: Any) -> Any:
    headers = {} if header is None else {"Authorization": header}
    return app.test_client().open(address, method=method, headers=headers, **more)


def forge(app: Flask, client: Client, *, key: str | None = None, algorithm: str = "HS256", **changes: Any) -> str:
    """A token like the client's, with some claims changed; a claim of None is left out."""
    claims = jwt.decode(token_of(client), options={"verify_signature": False}) | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(claims, key or app.config["SECRET_KEY"], algorithm)


def test_a_missing_or_bad_token_is_401_before_anything_else_is_looked_at(app: Flask) -> None:
    for header in [None, "Bearer nonsense"]:
        for method, address in USER_ADDRESSES + ADMIN_ADDRESSES:
            answer = call(app, header, method, address, data=b"{ no json")

            assert_problem(answer, 401, "bad_token")
            assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "bEaReR", "Bearer ", "bearer  "])
def test_the_scheme_of_a_token_is_read_in_any_case(app: Flask, client: Client, admin: Client, scheme: str) -> None:
    user, administrator = token_of(client), token_of(admin)

    assert call(app, f"{scheme} {user}").status_code == 200
    assert call(app, f"{scheme} {administrator}", address="/api/auth/admin/users").status_code == 200


def test_a_malformed_header_is_401(app: Flask, client: Client) -> None:
    for header in [
        *("", "Bearer", "Bearer ", "Bearer  ", "bearer", "Bearer nonsense", "Bearer a.b.c", "Bearer ...."),
        *("Bearer a b c", "Basic YW5uYTphIGxvbmcgc2VjcmV0", "Token {token}", "{token}", "Bearer {token}x"),
        *("Bearer x{token}", "Bearer {token} trailing", "Bearer\t{token}x", 'Bearer "{token}"'),
        *("Bearer {token},Bearer {token}", "Bearer \xe4\xf6\xfc", "Bearer " + "x" * 7000),
        "Bearer eyJhbGciOiJIUzI1NiJ9." + "e30" + ".",
    ]:
        assert_problem(call(app, header.replace("{token}", token_of(client))), 401, "bad_token")


def test_the_word_bearer_is_taken_as_contract_and_rfc_write_it(app: Flask, client: Client) -> None:
    assert call(app, f"Bearer {token_of(client)}").status_code == 200


def test_a_token_in_the_query_is_not_taken(app: Flask, client: Client) -> None:
    for name in ("jwt", "token", "access_token"):
        assert_problem(call(app, None, address=f"/api/auth/me?{name}={token_of(client)}"), 401, "bad_token")


def test_an_unsigned_token_is_401(app: Flask, client: Client) -> None:
    claims = jwt.decode(token_of(client), options={"verify_signature": False})

    assert_problem(call(app, f"Bearer {jwt.encode(claims, None, 'none')}"), 401, "bad_token")


def test_a_token_signed_with_another_key_or_algorithm_is_401(app: Flask, client: Client) -> None:
    for token in (
        forge(app, client, key="another secret key, just as long as it has to be, or longer than that still"),
        forge(app, client, key=app.config["SECRET_KEY"] + " and more than sixty-four bytes of it", algorithm="HS512"),
    ):
        assert_problem(call(app, f"Bearer {token}"), 401, "bad_token")


def test_a_token_whose_claims_were_changed_is_401(app: Flask, client: Client, ben: Account) -> None:
    head, _, signature = token_of(client).split(".")
    payload = forge(app, client, sub=ben.id).split(".")[1]

    assert_problem(call(app, f"Bearer {head}.{payload}.{signature}"), 401, "bad_token")


def test_a_token_with_other_claims_is_401(app: Flask, client: Client) -> None:
    """Such a token bears our signature, so it came from an older version of the server, or from this one long ago."""
    for changes in [
        {"exp": 1_700_000_000},
        {"exp": 0},
        {"sub": None},
        {"sub": "00000000-0000-0000-0000-000000000000"},
        {"jti": None},
        {"ver": None},
        {"ver": "0"},
        {"ver": 1},
        {"ver": -1},
        {"role": None},
        {"role": "owner"},
        {"type": "refresh"},
    ]:
        answer = call(app, f"Bearer {forge(app, client, **changes)}")

        assert_problem(answer, 401, "bad_token")


def test_a_token_outlives_a_clock_that_is_set_back(app: Flask, client: Client) -> None:
    issued_in_the_future = forge(app, client, iat=time.time() + 3600 - 86_400)

    assert call(app, f"Bearer {issued_in_the_future}").status_code == 200


def test_a_token_signed_while_the_clock_was_ahead_is_good_and_no_other_of_that_time(app: Flask, client: Client) -> None:
    ahead = time.time() + 400 * 86_400
    good = forge(app, client, iat=ahead, exp=ahead + 3600)
    head, payload, signature = good.split(".")

    assert call(app, f"Bearer {good}").status_code == 200
    assert_problem(call(app, f"Bearer {forge(app, client, iat=ahead, exp=1_700_000_000)}"), 401, "bad_token")
    assert_problem(call(app, f"Bearer {forge(app, client, iat=ahead, type='refresh')}"), 401, "bad_token")
    assert_problem(call(app, f"Bearer {head}.{payload}.{signature[::-1]}"), 401, "bad_token")


def test_tokens_survive_a_restart_but_not_another_secret_key(make_app: MakeApp, client: Client) -> None:
    header = f"Bearer {token_of(client)}"

    assert call(make_app(), header).status_code == 200
    assert_problem(call(make_app(SECRET_KEY="a new key " * 5), header), 401, "bad_token")


@pytest.mark.parametrize(
    "kill",
    [
        lambda user: set_password(user.id, "another secret"),
        lambda user: set_active(user.id, False),
        lambda user: delete_account(user.id),
    ],
    ids=["password", "disabled", "deleted"],
)
@pytest.mark.parametrize("address", ["/api/auth/me", "/api/movies", "/api/auth/admin/users"])
def test_the_token_of_a_changed_account_is_401_everywhere(
    app: Flask, client: Client, anna: Account, kill: Callable[[Account], None], address: str
) -> None:
    with app.app_context():
        kill(anna)

    assert_problem(client.get(address), 401, "bad_token")


def test_an_admins_token_opens_no_endpoint_of_users(admin: Client) -> None:
    for method, address in USER_ADDRESSES:
        assert_problem(admin.open(address, method=method), 403, "forbidden")


def test_a_users_token_opens_no_endpoint_of_the_administrator(client: Client) -> None:
    for method, address in ADMIN_ADDRESSES:
        assert_problem(client.open(address, method=method), 403, "forbidden")


@pytest.mark.parametrize("address", ["/api/auth/admin/users", "/api/auth/me", "/api/movies"])
def test_an_admins_token_dies_when_the_admin_token_changes(make_app: MakeApp, admin: Client, address: str) -> None:
    header = f"Bearer {token_of(admin)}"
    restarted = make_app(ADMIN_TOKEN="a new admin token")

    assert_problem(call(restarted, header, address=address), 401, "bad_token")
    answer = restarted.test_client().post("/api/auth/admin/login", json={"token": ADMIN_TOKEN})
    assert_problem(answer, 401, "bad_credentials")


def test_a_good_token_is_401_once_it_has_expired(app: Flask, client: Client) -> None:
    """Though the server remembers that its signature was right."""
    header = f"Bearer {forge(app, client, exp=time.time() + 3)}"

    assert call(app, header).status_code == 200
    wait_until(lambda: call(app, header).status_code == 401)
    assert_problem(call(app, header), 401, "bad_token")


def test_what_is_remembered_of_tokens_is_bounded(
    app: Flask, client: Client, anna: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authentication, "MAX_VERIFIED", 3)
    for number in range(10):
        assert call(app, f"Bearer {forge(app, client, jti=str(number))}").json["id"] == anna.id
        assert_problem(call(app, f"Bearer {forge(app, client, jti=str(number), key='x' * 40)}"), 401, "bad_token")
    assert 1 <= len(app.extensions["movietracker"].verified_tokens) <= 3


def test_an_expired_admins_token_is_401(app: Flask, admin: Client) -> None:
    token = forge(app, admin, exp=time.time() - 1)

    assert_problem(call(app, f"Bearer {token}", address="/api/auth/admin/users"), 401, "bad_token")


def test_only_logins_and_health_need_no_token(app: Flask) -> None:
    """Walks the address table, so that a new endpoint cannot forget its guard."""
    open_to_all = {
        ("POST", "/api/auth/login"),
        ("POST", "/api/auth/admin/login"),
        ("GET", "/api/health"),
        ("GET", "/api/health/ready"),
    }
    unguarded = set()
    for rule in app.url_map.iter_rules():
        address = rule.rule.replace("<int:title_id>", "1").replace("<string:imdb_id>", "tt0133093")
        if not address.startswith("/api"):
            continue
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            answer = app.test_client().open(address, method=method, json={"password": PASSWORD})
            if answer.status_code != 401 or answer.json["code"] != "bad_token":
                unguarded.add((method, rule.rule))
    assert unguarded == open_to_all
