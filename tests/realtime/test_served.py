"""Sockets under ``movietracker serve``, with two processes of two threads each: far fewer threads than sockets."""

import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from support.applications import close_app
from support.library import add_stubs
from support.listening import Closed, Listener
from support.live_server import LiveServer
from support.serving import Serving, serving
from support.waiting import wait_until

from movietracker import create_app
from movietracker.services.accounts import find_account

OWNER = "owner@movietracker.local"
METROPOLIS = "tt0017136"  # in the offline catalogue's sample
UNKNOWN = "tt9999999"  # to every catalogue
SOCKETS = 12


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A server that all tests of this module share."""
    with serving(tmp_path_factory.mktemp("served"), "--workers", "2", "--threads", "2") as server:
        yield server


@pytest.fixture(scope="module")
def rest(served: Serving) -> LiveServer:
    """The same server's REST endpoints, with the owner's token."""
    return rest_of(served)


def rest_of(served: Serving) -> LiveServer:
    port = int(served.url.rpartition(":")[2])
    login = LiveServer(port).call("POST", "/api/auth/login", {"email": OWNER, "password": served.password})
    return LiveServer(port, f"Bearer {login.json['access_token']}")


@pytest.fixture
def listen(rest: LiveServer) -> Iterator[Callable[[], Listener]]:
    """Opens connections of the owner's."""
    with ExitStack() as opened:
        yield lambda: opened.enter_context(closing(listener_on(rest)))


def listener_on(rest: LiveServer) -> Listener:
    assert rest.authorization is not None
    listener = Listener(rest.port, rest.authorization.removeprefix("Bearer "))
    assert listener.next()["type"] == "connected"
    return listener


def connections_of(pid: int, port: int) -> int:
    """How many connections to the server's port a process holds."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    rows = [line.split() for line in lines]
    established = {row[9] for row in rows if row[1].endswith(f":{port:04X}") and row[3] == "01"}
    links = [str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir() if entry.is_symlink()]
    return sum(match[1] in established for link in links if (match := re.fullmatch(r"socket:\[(\d+)\]", link)))


def test_listeners_in_every_process_hear_of_every_request(rest: LiveServer, listen: Callable[[], Listener]) -> None:
    listeners = [listen() for _ in range(SOCKETS)]
    made = rest.call("POST", "/api/lists", {"name": "Rainy days"}).json["id"]
    assert [listener.until("listUpdated")["list_id"] for listener in listeners] == [made] * SOCKETS


def test_listeners_hear_of_other_processes(served: Serving, listen: Callable[[], Listener], tmp_path: Path) -> None:
    listeners = [listen() for _ in range(SOCKETS)]
    instance = served.stderr_path.parent / "instance"
    app = create_app({"MOVIETRACKER_INSTANCE_PATH": str(instance)})
    try:
        with app.app_context():
            add_stubs(find_account(OWNER), [UNKNOWN])
    finally:
        close_app(app)
    assert [listener.until("movieAdded")["imdb_id"] for listener in listeners] == [UNKNOWN] * SOCKETS


def test_listeners_hear_of_details_fetched_in_the_background(rest: LiveServer, listen: Callable[[], Listener]) -> None:
    listeners = [listen() for _ in range(SOCKETS)]
    action = {"action": "addMovie", "data": {"imdb_id": METROPOLIS}}
    assert rest.call("POST", "/api/sync", action).json["status"] == "applied"
    wait_until(lambda: movie_of(rest, METROPOLIS)["tmdb_data"] is not None)
    filled_at = movie_of(rest, METROPOLIS)["last_modified"]
    for listener in listeners:
        # A busy process looks so late that it tells of the addition and of the details in one message.
        while listener.next()["timestamp"] < filled_at:
            pass


def movie_of(rest: LiveServer, imdb_id: str) -> dict[str, Any]:
    movie: dict[str, Any] = rest.call("GET", f"/api/movies/{imdb_id}").json
    return movie


def test_requests_are_answered_however_many_sockets_there_are(rest: LiveServer, listen: Callable[[], Listener]) -> None:
    for _ in range(30):
        listen()
    assert [rest.call("GET", "/api/people").status for _ in range(10)] == [200] * 10


def test_a_process_that_is_killed_takes_its_own_sockets_only(
    served: Serving, rest: LiveServer, listen: Callable[[], Listener]
) -> None:
    victim, survivor = served.workers()
    listeners = [listen()]
    while not (connections_of(victim, rest.port) and connections_of(survivor, rest.port)):
        assert len(listeners) < 200, "all connections went to one process"
        listeners.append(listen())
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: len(served.workers()) == 2 and victim not in served.workers())
    rest.call("POST", "/api/people", {"name": "Zoe"})
    assert {hears_of_it(listener) for listener in listeners} == {True, False}
    listen()


def hears_of_it(listener: Listener) -> bool:
    """Whether the listener hears of a change of people; False when its connection broke."""
    try:
        return listener.until("peopleUpdated") is not None
    except Closed:
        return False


def test_a_stop_closes_all_sockets_and_takes_less_than_ten_seconds(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "2") as served, ExitStack() as opened:
        rest = rest_of(served)
        listeners = [opened.enter_context(closing(listener_on(rest))) for _ in range(SOCKETS)]
        served.process.send_signal(signal.SIGTERM)
        assert {listener.close_code() for listener in listeners} == {1001}
        assert served.process.wait(20) == 0
        assert "Traceback" not in served.stderr
