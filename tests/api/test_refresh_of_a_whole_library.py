"""A client that refreshes its whole library at once, on a real server."""

import http.client
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from standin import Answer
from support import pacing
from support.endless_catalogue import EndlessCatalogue
from support.library import add_stubs, imdb_ids, notes
from support.serving import Serving, serving
from support.stopwatch import Stopwatch
from support.waiting import wait_until

from movietracker.metadata.enrichment import PARALLEL
from movietracker.metadata.title_store import SIMULTANEOUS_REFRESHES
from movietracker.services.accounts import Account

TITLES = 1000
CONNECTIONS = 100
WORKERS = 2
TMDB_REQUESTS_PER_SECOND = 40

pytestmark = pytest.mark.slow


@pytest.fixture
def app(catalogue_app: Flask) -> Flask:
    return catalogue_app


class Traffic:
    """What arrives at TMDB, which takes a moment to answer."""

    def __init__(self) -> None:
        self.most_at_once = self._now = 0
        self.arrivals: list[float] = []
        self._lock = threading.Lock()

    def __call__(self, right: Answer) -> Answer:
        with self._lock:
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
            self.arrivals.append(time.monotonic())
        time.sleep(0.5)
        with self._lock:
            self._now -= 1
        return right


def test_a_thousand_simultaneous_refreshes_exhaust_neither_the_server_nor_the_provider(
    app: Flask, anna: Account, client: FlaskClient, catalogue: EndlessCatalogue, instance_path: Path, tmp_path: Path
) -> None:
    settings = {
        "MOVIETRACKER_INSTANCE_PATH": str(instance_path),
        "DATABASE_URL": app.config["DATABASE_URL"],
        "SECRET_KEY": app.config["SECRET_KEY"],
        "PROXY_RATE_LIMIT": "",  # on a slow machine the user would use it up, and wait
        **catalogue.settings,
    }
    add_stubs(anna, imdb_ids(TITLES))
    traffic = Traffic()
    catalogue.misbehave(traffic, service="tmdb")
    folder = tmp_path / "server"
    folder.mkdir()
    with serving(folder, "--workers", str(WORKERS), settings=settings) as server:
        call = Caller(server, client.environ_base["HTTP_AUTHORIZATION"])
        with ThreadPoolExecutor(CONNECTIONS + 1) as pool:
            chunks = [imdb_ids(TITLES)[start::CONNECTIONS] for start in range(CONNECTIONS)]
            refreshing = [pool.submit(call.refresh_all, chunk) for chunk in chunks]
            checking = pool.submit(call.check_health, lambda: all(each.done() for each in refreshing))
            answers = [answer for each in refreshing for answer in each.result()]
            slowest = checking.result()
        noted_or_asked = set(notes()) | set(catalogue.titles_found)
        # A slow machine may have asked for nearly all of them by now.
        more = min(len(catalogue.titles_found) + PARALLEL, TITLES)
        wait_until(lambda: len(catalogue.titles_found) >= more)
        assert "Traceback" not in server.stderr

    assert [status for status, _ in answers] == [200] * TITLES
    assert all(body["queued"] or body["updated"]["tmdb"] for _, body in answers)
    assert noted_or_asked == set(imdb_ids(TITLES)), "none is forgotten"
    assert slowest < 10, "other users are served during the refresh"
    assert traffic.most_at_once <= WORKERS * SIMULTANEOUS_REFRESHES + PARALLEL
    assert pacing.is_kept(traffic.arrivals, TMDB_REQUESTS_PER_SECOND)


class Caller:
    """Calls the server as the user with this token."""

    def __init__(self, server: Serving, token: str) -> None:
        self._address = urlsplit(server.url).netloc
        self._workers = server.workers()
        self._headers = {"Authorization": token}

    def refresh_all(self, ids: list[str]) -> list[tuple[int, Any]]:
        """Refresh one title after the other on one connection."""
        connection = http.client.HTTPConnection(self._address, timeout=30)
        try:
            return [self._ask(connection, "POST", f"/api/movies/{imdb_id}/refresh") for imdb_id in ids]
        finally:
            connection.close()

    def check_health(self, is_over: Callable[[], bool]) -> float:
        """Look at the library's titles again and again, and return the longest wait in seconds."""
        longest = 0.0
        while not is_over():
            connection = http.client.HTTPConnection(self._address, timeout=30)
            watch = Stopwatch(*self._workers)
            status, _ = self._ask(connection, "GET", "/api/movies/tt0000001")
            connection.close()
            assert status == 200
            longest = max(longest, watch.seconds())
            time.sleep(0.1)
        return longest

    def _ask(self, connection: http.client.HTTPConnection, method: str, path: str) -> tuple[int, Any]:
        connection.request(method, path, headers=self._headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
