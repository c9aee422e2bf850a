"""The log: a line for each request that says enough, and never a secret."""

import json
import logging
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.applications import MakeApp
from support.client import Client, client_of
from support.listening import Listener
from support.live_server import LiveServer
from support.serving import Serving, serving

from movietracker.cli.logs import HIDDEN, JsonFormatter, PlainFormatter, Redactor
from movietracker.services.accounts import Account

OWNER = "owner@movietracker.local"
PASSWORD_OF_BEN = "the password of ben"
BODY = "words that only a body has"
NAME = "Grandmother Hildegard"
SETTINGS = {
    "ADMIN_TOKEN": "the-admin-token-of-this-test",
    "SECRET_KEY": "the-secret-key-of-this-test-0123456789",
    "METRICS_TOKEN": "the-metrics-token-of-this-test",
    "TMDB_API_KEY": "thetmdbkeyofthistest",
    "TMDB_BASE_URL": "http://127.0.0.1:1/3",
    "METADATA_PROVIDERS": "tmdb,offline",
}

FAULTY_PLUGIN = """
from flask import Blueprint, request
from movietracker.pluginapi import hookimpl

@hookimpl
def register_blueprints(register, context):
    blueprint = Blueprint("faulty", __name__)

    @blueprint.post("/faulty")
    def fail():
        raise RuntimeError(f"{request.headers['Authorization']} {request.full_path} {context.settings['TMDB_API_KEY']}")

    register(blueprint)
"""


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Callable[[], list[dict[str, Any]]]:
    """What the access log says of the requests so far."""
    caplog.set_level(logging.INFO, "movietracker.access")
    return lambda: [record.request for record in caplog.records if record.name == "movietracker.access"]  # type: ignore[attr-defined]


def test_a_request_is_told_by_its_route_user_status_and_time(
    client: Client, anna: Account, told: Callable[[], list[dict[str, Any]]]
) -> None:
    client.get("/api/movies/tt0133093?token=secret", headers={"X-Request-ID": "from-the-phone.1"})

    (line,) = told()
    assert 0 <= line.pop("ms") < 60_000
    assert line == {
        "request_id": "from-the-phone.1",
        "user": anna.id,
        "method": "GET",
        "route": "/api/movies/<string:imdb_id>",
        "status": 404,
    }


def test_who_has_no_token_has_no_user(anonymous: Client, told: Callable[[], list[dict[str, Any]]]) -> None:
    anonymous.get("/api/movies")
    anonymous.get("/nothing")
    assert [(line["user"], line["route"], line["status"]) for line in told()] == [
        ("-", "/api/movies", 401),
        ("-", "none", 404),
    ]


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/nothing/here?token=secret", "/nothing/here"),
        ("/a%0Ab/%1B%5B31m", "/a%0Ab/%1B%5B31m"),
        ("/" + "x" * 40 + "/y", "/.../y"),
        ("/" + "z/" * 200, ("/" + "z/" * 200)[:100]),
    ],
)
def test_a_path_that_does_not_exist_is_logged_without_what_may_be_secret(
    anonymous: Client, told: Callable[[], list[dict[str, Any]]], path: str, logged: str
) -> None:
    anonymous.get(path)
    anonymous.get("/api/people/Mum/stats")
    assert [line.get("path") for line in told()] == [logged, None]


@pytest.mark.parametrize("given_id", ["", "with space", "a" * 65, "ü", "new%0Aline", "<script>", "a/b"])
def test_an_id_that_is_not_sane_is_replaced(anonymous: Client, given_id: str) -> None:
    answer = anonymous.get("/api/health", headers={"X-Request-ID": given_id.encode().decode("latin-1")})
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-ID"])


def test_requests_are_not_told_when_the_setting_says_so(
    make_app: MakeApp, told: Callable[[], list[dict[str, Any]]]
) -> None:
    assert client_of(make_app(LOG_REQUESTS="no")).get("/api/health").headers["X-Request-ID"]
    assert told() == []


class TestRedaction:
    @pytest.mark.parametrize(
        "text",
        [
            *("GET /ws/sync?token=SECRET HTTP/1.1", "GET /ws/sync?a=1&token=SECRET&b=2"),
            *("Authorization: Bearer SECRET", "Sec-WebSocket-Protocol: bearer, SECRET"),
            "https://api.example.com/3/search?api_key=SECRET&q=x",
            *("postgresql://root:SECRET@localhost/db", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.SECRET"),
            "the setting SECRET of ours",
        ],
    )
    def test_what_looks_like_a_secret_or_is_one_is_hidden(self, text: str) -> None:
        secret = "s3cr3t-V4lue_x"
        redact = Redactor([secret] if "of ours" in text else [])
        assert secret not in redact(text.replace("SECRET", secret))
        assert HIDDEN in redact(text.replace("SECRET", secret))

    @pytest.mark.parametrize("text", ["Backup run ok: 3 users, 0 with failures", "http://127.0.0.1:8000/docs", ""])
    def test_other_text_stays(self, text: str) -> None:
        assert Redactor(["x", ""])(text) == text

    def test_every_text_of_options_that_are_secret_is_hidden(self) -> None:
        options = {"key": "AKIA-KEY", "client_kwargs": {"verify": False, "hosts": ["inner-secret"]}, "n": 5, "o": None}
        hidden = Redactor([options, "third-secret", 7])("AKIA-KEY inner-secret third-secret verify")
        assert hidden == f"{HIDDEN} {HIDDEN} {HIDDEN} verify"

    @given(before=st.text(), after=st.text(), secret=st.text(min_size=6))
    def test_a_known_secret_is_hidden_wherever_it_stands(self, before: str, after: str, secret: str) -> None:
        hidden = Redactor([secret])(f"{before}{secret}{after}")
        assert secret not in hidden.replace(HIDDEN, "") or secret in before + after

    @pytest.mark.parametrize("formatter", [PlainFormatter, JsonFormatter])
    def test_a_traceback_is_redacted_too(self, formatter: type[PlainFormatter] | type[JsonFormatter]) -> None:
        try:
            raise ValueError("the key is 0123456789abcdef")
        except ValueError as error:
            failure = (ValueError, error, error.__traceback__)
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed", None, failure)
        line = formatter(Redactor(["0123456789abcdef"])).format(record)
        assert "ValueError: the key is [hidden]" in line


@pytest.fixture(scope="module", params=["plain", "json"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server whose log is read; a plugin of it has a fault."""
    folder = tmp_path_factory.mktemp(request.param)
    plugins = folder / "instance" / "plugins"
    plugins.mkdir(parents=True)
    (plugins / "faulty.py").write_text(FAULTY_PLUGIN)
    with serving(folder, "--workers", "2", settings={**SETTINGS, "LOG_FORMAT": request.param}) as server:
        yield server


def walk(port: int, password: str) -> set[str]:
    """Use everything that takes or gives a secret, and return the secrets."""
    call = LiveServer(port).call
    token = call("POST", "/api/auth/login", {"email": OWNER, "password": password}).json["access_token"]
    mine = {"Authorization": f"Bearer {token}"}
    admin = call("POST", "/api/auth/admin/login", {"token": SETTINGS["ADMIN_TOKEN"]}).json["access_token"]
    ben = {"email": "ben@example.com", "username": "ben", "password": PASSWORD_OF_BEN}
    assert call("POST", "/api/auth/admin/users", ben, {"Authorization": f"Bearer {admin}"}).status == 201
    call("POST", "/api/auth/login", {"email": OWNER, "password": BODY})
    call("POST", "/api/auth/login", b'{"email": "' + BODY.encode())
    call("POST", f"/api/people?access_token={token}", {"name": NAME}, mine)
    call("PUT", f"/api/people/{NAME.replace(' ', '%20')}", {"is_trusted": BODY}, mine)
    call("POST", "/api/sync/batch", {"actions": [{"action": BODY, "data": {"name": BODY}}]}, mine)
    call("GET", "/api/external/tmdb/search?q=matrix", None, mine)
    call("GET", "/metrics", None, {"Authorization": f"Bearer {SETTINGS['METRICS_TOKEN']}"})
    call("GET", "/metrics", None, {"Authorization": f"Bearer {token}"})
    assert call("POST", f"/faulty?token={token}", {"name": BODY}, mine).status == 500
    for listener in (Listener(port, token), Listener(port, subprotocols=["bearer", token])):
        with closing(listener):
            assert listener.next()["type"] == "connected"
    with closing(Listener(port, token + "x")) as listener:
        assert listener.close_code() == 1008
    for nonsense in (
        f"GET /ws/sync?token={token} HTTQ\r\n\r\n",
        f"GET /ws/sync?token={token} HTTP/1.1\r\nAuthorization Bearer {token}\r\n\r\n",
        f"GET /ws/sync?token={token}{'x' * 9000} HTTP/1.1\r\n\r\n",
        f"POST /api/people?token={token} HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
        f"Authorization: Bearer {token}\r\n\r\n{BODY}\r\n",
    ):
        with closing(socket.create_connection(("127.0.0.1", port), timeout=10)) as sock:
            sock.sendall(nonsense.encode())
            answer = sock.recv(65_536)
            assert re.match(rb"HTTP/1\.1 [45]\d\d ", answer), answer
            assert b"application/json" in answer
            assert token.encode() not in answer
    return {token, admin, token.rpartition(".")[2], password}


@pytest.mark.slow
def test_no_secret_and_no_body_is_logged_whatever_happens(served: Serving) -> None:
    port = int(served.url.rpartition(":")[2])
    secrets = walk(port, served.password) | {PASSWORD_OF_BEN, BODY, NAME, *SETTINGS.values()} - {
        SETTINGS["METADATA_PROVIDERS"],
        SETTINGS["TMDB_BASE_URL"],
    }
    assert served.stop() == 0

    log = served.stderr
    out = (served.stderr_path.parent / "stdout.txt").read_text()
    for secret in secrets:
        assert secret not in log
        assert secret not in out
    assert "/ws/sync" in log, "it tells of the sockets"
    assert "RuntimeError" in log, "it tells of faults"
    lines = log.splitlines()
    if lines[0].startswith("{"):
        told = [json.loads(line) for line in lines]
        requests = [line for line in told if line["logger"] == "movietracker.access"]
        assert {(line["route"], line["status"]) for line in requests} >= {
            ("/ws/sync", 101),
            ("/api/auth/login", 401),
            ("/api/people/<name:name>", 422),
        }
        (fault,) = [line for line in told if "traceback" in line]
        assert fault["request_id"] in {line["request_id"] for line in requests if line["status"] == 500}
