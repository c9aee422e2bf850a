"""Which pages may open a socket."""

import pytest
from flask import Flask
from support.frames import open_socket
from support.live_server import LiveServer

APP = "https://app.example.com"
UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://127.0.0.1"},
        {"Host": "movies.example.com", "Origin": "https://movies.example.com"},
        {"Host": "movies.example.com", "Origin": "https://MOVIES.example.com:8443"},
        {"Host": "movies.example.com:8000", "Origin": "https://movies.example.com"},
        {"Host": "127.0.0.1:8000", "X-Forwarded-Host": "movies.example.com", "Origin": "https://movies.example.com"},
        {"Host": "[::1]:8000", "Origin": "http://[::1]:5173"},
        {"Origin": APP},
    ],
    ids=str,
)
def test_pages_of_the_same_host_or_of_a_listed_origin_may(
    server: LiveServer, app: Flask, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str]
) -> None:
    monkeypatch.setitem(app.config, "CORS_ORIGINS", (APP,))
    open_socket(server.port, **headers).close()


def test_all_pages_may_if_all_origins_are_allowed(
    server: LiveServer, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "CORS_ORIGINS", ("*",))
    open_socket(server.port, Origin="https://elsewhere.example").close()


@pytest.mark.parametrize(
    "origin",
    [
        "https://elsewhere.example",
        "https://127.0.0.1.elsewhere.example",
        "https://elsewhere.example/127.0.0.1",
        "https://127.0.0.1@elsewhere.example",
        "http://app.example.com",
        "https://app.example.com:444",
        "http://[",
        "null",
        "",
    ],
)
def test_pages_of_other_sites_may_not(
    server: LiveServer, app: Flask, monkeypatch: pytest.MonkeyPatch, origin: str
) -> None:
    monkeypatch.setitem(app.config, "CORS_ORIGINS", (APP,))
    answer = server.call("GET", "/ws/sync", headers={**UPGRADE, "Origin": origin})
    assert (answer.status, answer.json["code"]) == (403, "forbidden")
