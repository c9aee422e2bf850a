"""A server whose clock was ahead once: what it wrote then stands in nobody's way afterwards."""

import shutil
import time
from pathlib import Path
from typing import Any

import pytest
import requests
from support.client import Client
from support.serving import PROGRAM, Serving, serving
from support.wall_clock import WallClock

from .wire import MATRIX, Json, Wire, action, codes, statuses, told

AHEAD = 400 * 86_400.0


def status(value: str) -> Json:
    return action("updateMovieStatus", imdb_id=MATRIX, status=value)


@pytest.fixture
def ahead(wire: Wire, clock: WallClock) -> WallClock:
    """The clock, right again after a title was added, and a person made, while it was ahead."""
    clock.time += AHEAD
    wire.do("updateMovieStatus", imdb_id=MATRIX, status="watched")
    wire.do("addPerson", name="Ben")
    clock.time -= AHEAD
    return clock


def test_what_is_done_now_is_later_than_what_was_written_then(wire: Wire, ahead: WallClock) -> None:
    assert statuses(wire.push(told(status("toWatch"), timestamp=ahead.time))) == ["applied"]
    assert statuses(wire.push(told(action("deletePerson", name="Ben"), timestamp=ahead.time))) == ["applied"]
    assert statuses(wire.push(told(action("addPerson", name="Ben"), timestamp=ahead.time))) == ["applied"]


def test_what_is_written_now_is_told_from_what_was_done_before_and_after(wire: Wire, ahead: WallClock) -> None:
    offline = ahead.time
    ahead.time += 100
    wire.do("updateMovieStatus", imdb_id=MATRIX, status="deleted")
    ahead.time += 100
    assert codes(wire.push(told(status("toWatch"), timestamp=offline))) == ["conflict"]
    assert statuses(wire.push(told(status("toWatch"), timestamp=ahead.time - 50))) == ["applied"]


def test_what_a_device_did_then_is_still_its_own(wire: Wire, clock: WallClock) -> None:
    wire.do("addMovie", imdb_id=MATRIX)
    seen = wire.pull()
    rev = seen.movies[MATRIX]["rev"]
    clock.time += AHEAD
    first = wire.push(told(status("watched"), base_rev=rev), cursor=seen.cursor, device="phone")
    clock.time -= AHEAD
    second = told(status("toWatch"), base_rev=rev, timestamp=clock.time)
    assert statuses(first + wire.push(second, cursor=seen.cursor, device="phone")) == ["applied"] * 2
    assert codes(wire.push(told(status("watched"), base_rev=rev), cursor=seen.cursor, device="tablet")) == ["conflict"]


def test_dates_of_what_is_done_now_are_of_now(wire: Wire, client: Client, ahead: WallClock) -> None:
    wire.do("watchMovie", imdb_id=MATRIX, my_rating=8)
    vote = client.post(f"/api/movies/{MATRIX}/recommendations", json={"person_name": "Anna"}).json
    made = client.post("/api/lists", json={"name": "Noir"}).json
    watched = wire.movie(MATRIX)["watch_history"]["date_watched"]
    assert [watched, vote["date_recommended"], made["created_at"]] == [ahead.time] * 3


# With the clock of a whole server

FAKETIME = ("faketime", "-f", "+400d")


@pytest.mark.skipif(shutil.which("faketime") is None, reason="faketime is not installed")
@pytest.mark.slow
def test_a_server_that_was_started_400_days_ahead_once_is_as_good_as_any(tmp_path: Path) -> None:
    with serving(tmp_path, "--workers", "1", program=(*FAKETIME, *PROGRAM)) as server:
        owner = Owner(server)
        owner.call("PUT", f"/api/movies/{MATRIX}/status", {"status": "watched"})
    with serving(tmp_path, "--workers", "1") as server:
        owner.url = server.url
        ahead = owner.call("GET", f"/api/movies/{MATRIX}")["last_modified"] - time.time()
        assert ahead > AHEAD - 600, "the clock was ahead, and the token of then is good"
        assert owner.push("toWatch", time.time()) == "applied"
        offline = time.time() - 60
        owner.call("PUT", f"/api/movies/{MATRIX}/status", {"status": "watched"})
        assert owner.push("toWatch", offline) == "conflict", "an older action still is one"
        assert owner.push("toWatch", time.time()) == "applied"


class Owner:
    """The owner of an installation, and their token."""

    def __init__(self, server: Serving) -> None:
        self.url, self.headers = server.url, {}
        body = {"email": "owner@movietracker.local", "password": server.password}
        self.headers["Authorization"] = f"Bearer {self.call('POST', '/api/auth/login', body)['access_token']}"

    def call(self, method: str, path: str, body: Json | None = None) -> Any:
        response = requests.request(method, self.url + path, json=body, headers=self.headers, timeout=30)
        response.raise_for_status()
        return response.json()

    def push(self, value: str, timestamp: float) -> str:
        return str(self.call("POST", "/api/sync", told(status(value), timestamp=timestamp))["status"])
