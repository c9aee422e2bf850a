from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from standin import Answer, Standin
from support.applications import MakeApp
from support.client import client_of
from support.library import add_stubs, imdb_ids, movie_of, notes, stubs_of
from support.stopwatch import Stopwatch
from support.waiting import wait_until

from movietracker.metadata.enrichment import Report, enrich
from movietracker.metadata.title_store import SIMULTANEOUS_REFRESHES
from movietracker.services.accounts import Account
from movietracker.state import state

MATRIX = "tt0133093"
UNKNOWN = "tt0000404"


@pytest.fixture
def app(make_app: MakeApp, standin: Standin) -> Iterator[Flask]:
    app = make_app(**standin.settings, METADATA_PROVIDERS="tmdb,omdb")
    with app.app_context():
        yield app


def with_votes(count: int) -> Callable[[Answer], Answer]:
    return lambda right: Answer(right.body | {"vote_count": count})


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_refresh_fetches_both_parts_anew_past_the_cache(client: Any, standin: Standin, method: str) -> None:
    added = client.post("/api/movies", json={"imdb_id": MATRIX}).json
    standin.misbehave(with_votes(5), service="tmdb", path="/movie/603")
    answer = client.open(f"/api/movies/{MATRIX}/refresh", method=method)
    assert answer.status_code == 200
    assert answer.json["success"] is True
    assert answer.json["updated"] == {"tmdb": True, "omdb": True}
    assert answer.json["queued"] is False
    movie = client.get(f"/api/movies/{MATRIX}").json
    assert movie["tmdb_data"]["voteCount"] == 5
    assert movie["last_modified"] == answer.json["last_modified"] > added["last_modified"]


def test_a_refresh_works_for_a_stub_with_only_an_imdb_id(client: Any, app: Flask, anna: Account) -> None:
    add_stubs(anna, [MATRIX])
    answer = client.post(f"/api/movies/{MATRIX}/refresh")
    assert answer.json["updated"] == {"tmdb": True, "omdb": True}
    assert stubs_of(anna) == set()


def test_a_refresh_by_get_is_done_each_time_whatever_the_client_holds(client: Any, standin: Standin) -> None:
    client.post("/api/movies", json={"imdb_id": MATRIX})
    first = client.get(f"/api/movies/{MATRIX}/refresh")
    assert first.headers["Cache-Control"] == "no-store"
    standin.misbehave(with_votes(6), service="tmdb", path="/movie/603")
    held = client.get(f"/api/movies/{MATRIX}").headers["ETag"]
    again = client.get(f"/api/movies/{MATRIX}/refresh", headers={"If-None-Match": held})
    assert again.status_code == 200
    assert client.get(f"/api/movies/{MATRIX}").json["tmdb_data"]["voteCount"] == 6


def test_a_title_that_is_not_in_the_library_cannot_be_refreshed(
    client: Any, bens_client: Any, standin: Standin
) -> None:
    bens_client.post("/api/movies", json={"imdb_id": MATRIX})
    standin.forget_calls()
    for answer in (client.get(f"/api/movies/{MATRIX}/refresh"), client.post(f"/api/movies/{MATRIX}/refresh")):
        assert answer.status_code == 404
        assert answer.json["code"] == "movie_not_found"
    assert standin.calls == []


@pytest.mark.parametrize(
    ("fail", "status", "code"),
    [
        (lambda standin: standin.fail_with(401), 502, "provider_error"),
        (lambda standin: standin.serve_html(), 502, "provider_error"),
        (lambda standin: standin.close_connection(), 503, "provider_unavailable"),
    ],
)
def test_when_neither_part_is_to_be_had_the_provider_s_problem_is_answered(
    client: Any, app: Flask, anna: Account, standin: Standin, fail: Callable[[Standin], None], status: int, code: str
) -> None:
    client.post("/api/movies", json={"imdb_id": MATRIX})
    before = movie_of(anna, MATRIX)
    fail(standin)
    answer = client.post(f"/api/movies/{MATRIX}/refresh")
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert movie_of(anna, MATRIX) == before


def test_a_title_that_no_provider_knows_is_404(client: Any, app: Flask, anna: Account) -> None:
    add_stubs(anna, [UNKNOWN])
    answer = client.post(f"/api/movies/{UNKNOWN}/refresh")
    assert (answer.status_code, answer.json["code"]) == (404, "title_unknown")


def test_without_a_key_a_refresh_says_so(make_app: MakeApp, anna: Account) -> None:
    unready = make_app(METADATA_PROVIDERS="tmdb,omdb")
    with unready.app_context():
        add_stubs(anna, [MATRIX])
    answer = client_of(unready, anna).post(f"/api/movies/{MATRIX}/refresh")
    assert (answer.status_code, answer.json["code"]) == (503, "provider_not_configured")


@pytest.mark.parametrize(
    ("away", "updated"), [("omdb", {"tmdb": True, "omdb": False}), ("tmdb", {"tmdb": False, "omdb": True})]
)
def test_a_part_that_failed_is_said_kept_and_tried_again_later(
    client: Any, app: Flask, anna: Account, standin: Standin, away: str, updated: dict[str, bool]
) -> None:
    client.post("/api/movies", json={"imdb_id": MATRIX})
    before = movie_of(anna, MATRIX)
    standin.fail_with(401, service=away)
    answer = client.post(f"/api/movies/{MATRIX}/refresh")
    assert answer.status_code == 200
    assert answer.json["updated"] == updated
    assert answer.json["queued"] is True
    after = movie_of(anna, MATRIX)
    assert (after["tmdb_data"], after["omdb_data"]) == (before["tmdb_data"], before["omdb_data"])
    assert notes()[MATRIX].refresh
    standin.recover()
    assert enrich(state().lookup, ignore_pauses=True) == Report(filled=1)
    assert notes() == {}


def test_a_fallback_keeps_the_better_details(make_app: MakeApp, standin: Standin, anna: Account, client: Any) -> None:
    client.post("/api/movies", json={"imdb_id": MATRIX})
    with_fallback = make_app(**standin.settings, METADATA_PROVIDERS="tmdb,omdb,offline")
    standin.fail_with(401, service="tmdb")
    answer = client_of(with_fallback, anna).post(f"/api/movies/{MATRIX}/refresh")
    assert answer.json["updated"] == {"tmdb": False, "omdb": True}
    assert client.get(f"/api/movies/{MATRIX}").json["tmdb_data"]["poster"] is not None


def test_concurrent_refreshes_of_a_title_share_a_call(client: Any, app: Flask, anna: Account, standin: Standin) -> None:
    add_stubs(anna, [MATRIX])
    standin.hang(0.3, service="tmdb", path="/find")

    def refresh(_: int) -> int:
        return client_of(app, anna).post(f"/api/movies/{MATRIX}/refresh").status_code

    with ThreadPoolExecutor(SIMULTANEOUS_REFRESHES) as pool:
        assert set(pool.map(refresh, range(SIMULTANEOUS_REFRESHES))) == {200}
    assert len([call for call in standin.calls if call.path.startswith("/find")]) == 1


def test_what_finds_no_room_is_queued_and_done_soon(client: Any, app: Flask, anna: Account, standin: Standin) -> None:
    client.post("/api/movies", json={"imdb_id": MATRIX})
    add_stubs(anna, imdb_ids(SIMULTANEOUS_REFRESHES))
    standin.hang(1.5, path="/find/tt000000")

    def refresh(imdb_id: str) -> Any:
        return client_of(app, anna).post(f"/api/movies/{imdb_id}/refresh")

    with ThreadPoolExecutor(SIMULTANEOUS_REFRESHES) as pool:
        slow = [pool.submit(refresh, imdb_id) for imdb_id in imdb_ids(SIMULTANEOUS_REFRESHES)]
        wait_until(lambda: len([c for c in standin.calls if c.path.startswith("/find/tt000000")]) == len(slow))
        watch = Stopwatch()
        answer = refresh(MATRIX)
        assert watch.seconds() < 1.0
        assert answer.status_code == 200
        assert answer.json["updated"] == {"tmdb": False, "omdb": False}
        assert answer.json["queued"] is True
        assert notes()[MATRIX].refresh
    standin.misbehave(with_votes(7), service="tmdb", path="/movie/603")
    enrich(state().lookup)
    assert movie_of(anna, MATRIX)["tmdb_data"]["voteCount"] == 7


def test_the_full_response_of_each_provider_is_served(client: Any) -> None:
    client.post("/api/movies", json={"imdb_id": MATRIX})
    tmdb = client.get(f"/api/movies/{MATRIX}/metadata/tmdb")
    assert tmdb.content_type == "application/json"
    assert tmdb.json["id"] == 603
    assert len(tmdb.json["credits"]["cast"]) > 10
    assert client.get(f"/api/movies/{MATRIX}/metadata/omdb").json["Title"] == "The Matrix"


@pytest.mark.parametrize("provider", ["offline", "unknown", "tmdb%00", "..%2Ftmdb"])
def test_a_provider_that_has_said_nothing_of_the_title_is_404(client: Any, provider: str) -> None:
    client.post("/api/movies", json={"imdb_id": MATRIX})
    missing = client.get(f"/api/movies/{MATRIX}/metadata/{provider}")
    assert missing.status_code == 404
    if provider in ("offline", "unknown"):
        assert missing.json["code"] == "metadata_not_found"
