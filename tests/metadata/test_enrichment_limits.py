"""Enrichment counts its requests for the users whose titles it fills, and goes on later when they are used up."""

from collections.abc import Iterator

import pytest
from flask import Flask
from metadata.running import run
from support.applications import MakeApp
from support.client import Client, client_of
from support.endless_catalogue import EndlessCatalogue
from support.library import add_stubs, notes, stubs_of
from support.wall_clock import WallClock

from movietracker.services.accounts import Account

ANNAS = [f"tt{number}" for number in range(1_000_001, 1_000_011)]
BENS = ["tt2000001", "tt2000002"]
HOUR = 3600


@pytest.fixture
def app(make_app: MakeApp, catalogue: EndlessCatalogue) -> Iterator[Flask]:
    """An application whose users may cause 9 requests an hour; a title takes 3."""
    app = make_app(**catalogue.settings, PROXY_RATE_LIMIT="9 per hour")
    with app.app_context():
        yield app


def test_what_a_user_may_not_ask_for_now_is_filled_later_and_others_are_not_held_up(
    app: Flask, anna: Account, ben: Account, catalogue: EndlessCatalogue, wall_clock: WallClock
) -> None:
    add_stubs(anna, ANNAS)
    add_stubs(ben, BENS)
    report = run()
    assert report.left > 0
    assert len(catalogue.calls) <= 9 + 3 * len(BENS)
    assert stubs_of(ben) == set()
    assert notes() == {}, "what is left stays due"
    assert run().filled == 0

    for _ in range(6):
        wall_clock.time += HOUR
        catalogue.forget_calls()
        run()
        assert len(catalogue.calls) <= 9
    assert stubs_of(anna) == set()


def test_a_title_that_two_users_have_is_filled_by_the_requests_of_either(
    app: Flask, anna: Account, ben: Account, wall_clock: WallClock
) -> None:
    add_stubs(anna, ANNAS)
    run()
    add_stubs(ben, ANNAS[-2:])
    run()
    assert stubs_of(ben) == set()


def test_requests_of_the_api_count_as_well(app: Flask, anna: Account, catalogue: EndlessCatalogue) -> None:
    client = client_of(app, anna)
    for imdb_id in ANNAS:
        assert client.post("/api/movies", json={"imdb_id": imdb_id, "recommender": "Ben"}).status_code == 201
    assert len(catalogue.calls) == 9
    assert len(stubs_of(anna)) == 7
    refused = client.post(f"/api/movies/{ANNAS[-1]}/refresh")
    assert (refused.status_code, refused.json["code"]) == (429, "rate_limited")
    assert refused.headers["Retry-After"]


def test_a_search_beyond_the_budget_of_a_day_says_so(
    make_app: MakeApp, catalogue: EndlessCatalogue, anna: Account
) -> None:
    client: Client = client_of(make_app(**catalogue.settings, PROVIDER_DAILY_BUDGET="100, tmdb=1"), anna)
    for query in ("one", "two"):
        answer = client.get(f"/api/external/tmdb/search?q={query}")
    assert answer.status_code == 502
    assert answer.json["detail"] == "The server's requests to tmdb for today are used up."
    assert int(answer.headers["Retry-After"]) > 86_000
