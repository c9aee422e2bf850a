"""Clients that send or read slowly, or not at all, hold no thread: others are served throughout."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from ..faults.clients import Connection
from .conftest import Target
from .cost import MAX_HEALTH_SECONDS, cost_of

pytestmark = pytest.mark.slow

ATTACK_SECONDS = 4.0
CONNECTIONS = 120
READERS = 40
LARGE_MB = 8

LOGIN = b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\n"

BEGINNINGS = {
    "a body that never comes": LOGIN + b"Content-Length: 1000\r\n\r\n{",
    "a body announced to be large": LOGIN + b"Content-Length: 200000\r\n\r\n{",
    "a large body that stops": LOGIN + b"Content-Length: 200000\r\n\r\n" + b" " * 70_000,
    "chunks that never end": LOGIN + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{0\r\n\r\n",
    "a body that waits for continue": LOGIN + b"Expect: 100-continue\r\nContent-Length: 1000\r\n\r\n",
    "headers that never end": b"GET /api/health HTTP/1.1\r\nHost: x\r\nX: ",
    "one byte": b"G",
    "a connection that is not closed": b"GET /api/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
}


@pytest.fixture
def connect(target: Target) -> Iterator[Callable[[], socket.socket]]:
    """Open connections, closed at the end."""
    with ExitStack() as stack:

        def new() -> socket.socket:
            return stack.enter_context(closing(socket.create_connection(target.address, timeout=20)))

        yield new


@pytest.mark.parametrize("beginning", BEGINNINGS.values(), ids=BEGINNINGS)
def test_requests_that_do_not_end(target: Target, connect: Callable[[], socket.socket], beginning: bytes) -> None:
    with cost_of(target.server) as cost:
        for _ in range(CONNECTIONS):
            connect().sendall(beginning)
        time.sleep(ATTACK_SECONDS)
    cost.check()


@pytest.mark.parametrize("beginning", [LOGIN + b"Content-Length: 1000\r\n\r\n", b"GET /api/health HTTP/1.1\r\nX: "])
def test_a_byte_each_half_second(target: Target, connect: Callable[[], socket.socket], beginning: bytes) -> None:
    socks = [connect() for _ in range(CONNECTIONS)]
    with cost_of(target.server) as cost:
        for sock in socks:
            sock.sendall(beginning)
        for _ in range(int(ATTACK_SECONDS * 2)):
            time.sleep(0.5)
            for sock in socks:
                sock.sendall(b"x")
    cost.check()


def fill_library(target: Target) -> None:
    """Store titles whose list has LARGE_MB megabytes."""
    details = {"title": "x", "plot": "p" * 18_000}
    titles = [f"tt{number:07}" for number in range(1, LARGE_MB * 1_000_000 // 18_000 + 20)]
    with closing(Connection(target.server.url, target.user.token)) as connection:
        for begin in range(0, len(titles), 50):
            actions = [
                {"action": "addRecommendation", "data": {"imdb_id": each, "person_name": "p", "tmdb_data": details}}
                for each in titles[begin : begin + 50]
            ]
            connection.post("/api/sync/batch", {"actions": actions})


def test_readers_that_do_not_read(target: Target, connect: Callable[[], socket.socket]) -> None:
    fill_library(target)
    request = f"GET /api/movies HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {target.user.token}\r\n\r\n".encode()
    with cost_of(target.server) as cost:
        readers = [connect() for _ in range(READERS)]
        for reader in readers:
            reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            reader.sendall(request)
        time.sleep(ATTACK_SECONDS)
    assert cost.health_seconds <= MAX_HEALTH_SECONDS, cost

    with closing(Connection(target.server.url, target.user.token)) as connection:
        movies = connection.ask("GET", "/api/movies").body
    assert len(movies) > LARGE_MB * 1_000_000
    assert {movie["recommendations"][0]["person_name"] for movie in json.loads(movies)} == {"p"}
