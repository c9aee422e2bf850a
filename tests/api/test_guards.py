"""Security headers, CORS, trusted proxies, and the limits on what costs much."""

import json
from typing import Any

import pytest
from flask import Flask
from support.applications import MakeApp
from support.client import PASSWORD, Client, client_of
from support.shapes import assert_problem

from movietracker.errors import SettingsError
from movietracker.services.accounts import Account, create_account

APP, OTHER = "https://app.example.com", "https://evil.example.com"


@pytest.mark.parametrize(
    "address", ["/api/health", "/api/movies", "/api/nothing", "/nothing", "/docs", "/openapi.json"]
)
def test_every_answer_has_the_security_headers(anonymous: Client, address: str) -> None:
    headers = anonymous.get(address).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert len(headers.getlist("Content-Security-Policy")) == 1
    assert "Strict-Transport-Security" not in headers, "not without TLS"


def test_an_answer_of_the_api_may_load_nothing_and_the_docs_only_from_here(anonymous: Client) -> None:
    assert "default-src 'none'" in anonymous.get("/api/health").headers["Content-Security-Policy"]
    policy = anonymous.get("/docs").headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy, "no inline scripts, no other servers"


class TestCors:
    def test_without_origins_no_browser_page_may_call(self, anonymous: Client) -> None:
        answer = anonymous.get("/api/health", headers={"Origin": APP})
        assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]

    def test_only_the_origins_in_the_setting_may_call(self, make_app: MakeApp) -> None:
        client = client_of(make_app(CORS_ORIGINS=f"{APP}, http://localhost:5173"))

        def allowed(origin: str) -> str | None:
            return client.get("/api/health", headers={"Origin": origin}).headers.get("Access-Control-Allow-Origin")

        assert allowed(APP) == APP
        denied = client.get("/api/movies", headers={"Origin": APP})
        assert (denied.status_code, denied.headers["Access-Control-Allow-Origin"]) == (401, APP)
        assert allowed("http://localhost:5173") == "http://localhost:5173"
        for foreign in (OTHER, "null", f"{APP}.evil.com", f"{APP}:444", "https://appxexample.com"):
            assert allowed(foreign) is None, foreign
        assert "Access-Control-Allow-Origin" not in client.get("/api/health").headers

    def test_a_browser_may_ask_with_a_token_beforehand(self, make_app: MakeApp) -> None:
        asked = {
            "Origin": APP,
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": "authorization,content-type",
        }
        answer = client_of(make_app(CORS_ORIGINS=APP)).options("/api/people/Anna", headers=asked)

        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == APP
        assert "PUT" in answer.headers["Access-Control-Allow-Methods"]
        assert answer.headers["Access-Control-Allow-Headers"] == "authorization, content-type"
        assert "Access-Control-Allow-Credentials" not in answer.headers

    def test_everybody_may_call_when_the_setting_says_so_but_without_cookies(self, make_app: MakeApp) -> None:
        answer = client_of(make_app(CORS_ORIGINS="*")).get("/api/health", headers={"Origin": OTHER})

        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers

    def test_a_page_of_theirs_can_read_how_a_download_is_called(self, make_app: MakeApp, anna: Account) -> None:
        client = client_of(make_app(CORS_ORIGINS=APP), anna)
        for address in ("/api/backup/export", "/api/export/json"):
            answer = client.get(address, headers={"Origin": APP})
            assert answer.headers["Content-Disposition"].startswith("attachment")
            assert "Content-Disposition" in answer.headers["Access-Control-Expose-Headers"]

    def test_everybody_with_cookies_is_refused(self, make_app: MakeApp) -> None:
        with pytest.raises(SettingsError, match=r"CORS_ORIGINS must not be \*"):
            make_app(CORS_ORIGINS="*", CORS_CREDENTIALS="yes")

    def test_cookies_are_allowed_to_named_origins(self, make_app: MakeApp) -> None:
        client = client_of(make_app(CORS_ORIGINS=APP, CORS_CREDENTIALS="yes"))

        mine = client.get("/api/health", headers={"Origin": APP}).headers
        assert (mine["Access-Control-Allow-Origin"], mine["Access-Control-Allow-Credentials"]) == (APP, "true")
        others = client.get("/api/health", headers={"Origin": OTHER}).headers
        assert "Access-Control-Allow-Credentials" not in others

    @pytest.mark.parametrize(
        "origins", ["https://*.example.com", "example.com", "https://a.com/path", f"*,{APP}", "^.*$"]
    )
    def test_patterns_and_addresses_that_are_no_origins_are_refused(self, make_app: MakeApp, origins: str) -> None:
        with pytest.raises(SettingsError, match="CORS_ORIGINS must be web origins"):
            make_app(CORS_ORIGINS=origins)


def log_in(client: Client, forwarded_for: str, number: int = 0) -> int:
    body = {"email": f"user{number}@example.com", "password": "wrong"}
    return client.post("/api/auth/login", json=body, headers={"X-Forwarded-For": forwarded_for}).status_code


class TestProxies:
    def test_no_proxy_is_believed_by_default(self, make_app: MakeApp) -> None:
        client = client_of(make_app(LOGIN_RATE_LIMIT="3 per hour"))

        assert [log_in(client, f"198.51.100.{n}") for n in range(5)] == [401] * 3 + [429] * 2
        assert (
            "Strict-Transport-Security" not in client.get("/api/health", headers={"X-Forwarded-Proto": "https"}).headers
        )

    def test_a_trusted_proxy_tells_who_the_client_is(self, make_app: MakeApp) -> None:
        client = client_of(make_app(TRUSTED_PROXIES=1, LOGIN_RATE_LIMIT="3 per hour"))

        assert [log_in(client, "198.51.100.7", number) for number in range(4)] == [401] * 3 + [429]
        assert log_in(client, "198.51.100.8", 4) == 401, "another client is another one"
        assert log_in(client, "203.0.113.9, 198.51.100.7", 5) == 429, "what the client made up itself does not count"

    @pytest.mark.parametrize(
        "spellings",
        [
            ["203.0.113.10:40001", "203.0.113.10:40002", " 203.0.113.10 ", "::ffff:203.0.113.10"],
            ["2001:db8::1", "[2001:DB8::1]:4711", '"[2001:db8:0:0::1]"', "2001:db8::1%eth0", "2001:db8::ffff:1"],
            ["unknown", "_hidden", "", "127.0.0.1"],
        ],
    )
    def test_one_client_is_one_however_its_address_is_spelled(self, make_app: MakeApp, spellings: list[str]) -> None:
        client = client_of(make_app(TRUSTED_PROXIES=1, LOGIN_RATE_LIMIT="3 per hour"))
        for number, spelling in enumerate(spellings[:3]):
            assert log_in(client, spelling, number) == 401
        assert [log_in(client, spelling, 9) for spelling in spellings] == [429] * len(spellings)
        assert log_in(client, "2001:db8:0:1::1", 10) == 401, "another network is another client"

    @pytest.mark.parametrize(
        ("proxies", "prefix", "path"),
        [
            (1, "/movies", "/movies/api/people"),
            (1, "/a/b", "/a/b/api/people"),
            (0, "/movies", "/api/people"),
            (1, "", "/api/people"),
            (1, "//evil.example", "/api/people"),
            (1, "/a>; rel=x, <b", "/api/people"),
        ],
    )
    def test_links_begin_with_the_prefix_that_a_trusted_proxy_takes_away(
        self, make_app: MakeApp, proxies: int, prefix: str, path: str
    ) -> None:
        app = make_app(TRUSTED_PROXIES=proxies)
        with app.app_context():
            account = create_account("carla@example.com", "carla", "a long secret")
        headers = {"X-Forwarded-Prefix": prefix}
        link = client_of(app, account).get("/api/people?limit=1", headers=headers).headers["Link"]
        assert link.startswith(f"<{path}?limit=1&")

    def test_hsts_is_sent_when_the_trusted_proxy_says_that_tls_was_used(self, make_app: MakeApp) -> None:
        client = client_of(make_app(TRUSTED_PROXIES=1))

        assert client.get("/api/health", headers={"X-Forwarded-Proto": "https"}).headers["Strict-Transport-Security"]
        assert "Strict-Transport-Security" not in client.get("/api/health").headers

    def test_of_several_proxies_each_tells_its_client_and_the_last_whether_tls_is_used(self, make_app: MakeApp) -> None:
        client = client_of(make_app(TRUSTED_PROXIES=2, LOGIN_RATE_LIMIT="1 per hour"))
        balancer = "192.0.2.1"

        assert log_in(client, f"198.51.100.7, {balancer}", 1) == 401
        assert log_in(client, f"203.0.113.9, 198.51.100.7, {balancer}", 2) == 429
        assert log_in(client, f"198.51.100.8, {balancer}", 3) == 401
        # Proxies add to X-Forwarded-For, but put X-Forwarded-Proto in the place of what they got.
        headers = {"X-Forwarded-For": f"198.51.100.7, {balancer}", "X-Forwarded-Proto": "https"}
        assert client.get("/api/health", headers=headers).headers["Strict-Transport-Security"]
        assert (
            "Strict-Transport-Security"
            not in client.get("/api/health", headers=headers | {"X-Forwarded-Proto": "https, http"}).headers
        )


class TestLimits:
    def test_searches_are_limited_by_user(self, make_app: MakeApp, app: Flask, anna: Account, ben: Account) -> None:
        limited = make_app(PROXY_RATE_LIMIT="3 per hour")
        client, other = client_of(limited, anna), client_of(limited, ben)
        search = "/api/external/tmdb/search?q=matrix"

        assert [client.get(search).status_code for _ in range(3)] == [200] * 3
        refused = client.get("/api/external/tmdb/discover/list?kind=popular")
        assert_problem(refused, 429, "rate_limited")
        assert 3500 < int(refused.headers["Retry-After"]) <= 3601
        assert other.get(search).status_code == 200
        assert client.get("/api/movies").status_code == 200, "nothing else is limited"

    def test_pushes_are_limited_by_user(self, make_app: MakeApp, anna: Account, ben: Account) -> None:
        limited = make_app(SYNC_RATE_LIMIT="3 per hour")
        client, other = client_of(limited, anna), client_of(limited, ben)
        push = {"actions": []}

        assert [client.post("/api/sync/batch", json=push).status_code for _ in range(3)] == [200] * 3
        refused = client.post("/api/sync", json={"action": "addPerson", "data": {"name": "Alma"}})
        assert_problem(refused, 429, "rate_limited")
        assert other.post("/api/sync/batch", json=push).status_code == 200
        assert client.get("/api/sync/changes").status_code == 200, "pulling is not limited"

    def test_a_bad_token_is_told_so_and_counts_for_no_user(self, make_app: MakeApp) -> None:
        client = client_of(make_app(PROXY_RATE_LIMIT="1 per hour"))
        assert [client.get("/api/external/tmdb/search?q=x").status_code for _ in range(3)] == [401] * 3

    def test_imports_are_limited_by_user(self, make_app: MakeApp, anna: Account, ben: Account) -> None:
        limited = make_app(IMPORT_RATE_LIMIT="2 per hour")
        document: dict[str, Any] = {"version": 2, "movies": [], "people": [], "lists": []}

        def imports(account: Account) -> int:
            return client_of(limited, account).post("/api/backup/import", json=document).status_code

        assert [imports(anna) for _ in range(3)] == [200, 200, 429]
        assert imports(ben) == 200

    def test_an_app_that_searches_while_its_user_types_is_not_limited(self, make_app: MakeApp, anna: Account) -> None:
        rate = next(s for s in make_app().extensions["movietracker"].settings if s.name == "PROXY_RATE_LIMIT").default
        client = client_of(make_app(PROXY_RATE_LIMIT=rate), anna)
        words = ["the matrix reloaded"[:end] for end in range(2, 19)] * 3
        assert {client.get(f"/api/external/tmdb/search?q={word}").status_code for word in words} == {200}


def test_clients_without_a_token_may_send_little(anonymous: Client, anna: Account) -> None:
    long = json.dumps({"email": "anna@example.com", "password": PASSWORD, "filler": "x" * 300_000})
    assert_problem(anonymous.post("/api/auth/login", data=long), 413, "body_too_large")
    assert (
        anonymous.post(
            "/api/auth/login", data=json.dumps({"email": "anna@example.com", "password": PASSWORD})
        ).status_code
        == 200
    )
