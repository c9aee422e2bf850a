"""Titles of which a client told the details alone: enrichment fetches their ratings, and leaves the rest as it is."""

import time
from typing import Any

import pytest
from flask import Flask
from metadata.running import run
from support.endless_catalogue import EndlessCatalogue
from support.library import add_stubs, movie_of, notes
from support.wall_clock import WallClock

from movietracker.metadata.enrichment import Report
from movietracker.services.accounts import Account

MINUTE = 60
MATRIX = "tt0133093"
TOLD = {"title": "From the phone"}
RATED = {"imdbRating": 8.1}


def recommend(client: Any, name: str = "Ben", **metadata: Any) -> None:
    body = {"person_name": name, **metadata}
    assert client.post(f"/api/movies/{MATRIX}/recommendations", json=body).status_code == 201


def push(client: Any, **metadata: Any) -> None:
    data = {"imdb_id": MATRIX, "person_name": "Ben", **metadata}
    action = {"action": "addRecommendation", "data": data, "timestamp": time.time()}
    assert client.post("/api/sync", json=action).json["status"] == "applied"


@pytest.mark.parametrize("bring", [recommend, push])
def test_ratings_are_fetched_and_the_clients_details_stay(app: Flask, anna: Account, client: Any, bring: Any) -> None:
    bring(client, tmdb_data=TOLD)
    assert run() == Report(filled=1)
    movie = movie_of(anna, MATRIX)
    assert (movie["tmdb_data"], movie["omdb_data"]["imdbRating"]) == (TOLD, 7.5)
    assert notes() == {}


def test_a_stub_of_which_a_client_tells_the_details_gets_its_ratings(app: Flask, anna: Account, client: Any) -> None:
    add_stubs(anna, [MATRIX])
    recommend(client, tmdb_data=TOLD)
    run()
    assert movie_of(anna, MATRIX)["omdb_data"]["imdbRating"] == 7.5


def test_nothing_is_asked_when_the_client_tells_both(app: Flask, client: Any, catalogue: EndlessCatalogue) -> None:
    recommend(client, tmdb_data=TOLD, omdb_data=RATED)
    assert run() == Report()
    assert catalogue.calls == []


def test_details_that_are_told_again_cause_no_further_lookup(
    app: Flask, client: Any, catalogue: EndlessCatalogue
) -> None:
    catalogue.fail_with(404, service="omdb")
    recommend(client, tmdb_data=TOLD)
    run()
    catalogue.forget_calls()
    recommend(client, "Cleo", tmdb_data=TOLD)
    assert run() == Report()
    assert catalogue.calls == []


def test_ratings_that_cannot_be_had_now_are_fetched_later(
    app: Flask, anna: Account, client: Any, catalogue: EndlessCatalogue, wall_clock: WallClock
) -> None:
    catalogue.fail_with(401, service="omdb")
    recommend(client, tmdb_data=TOLD)
    run()
    assert run() == Report(), "the next attempt follows after a pause"
    catalogue.recover()
    wall_clock.time += 5 * MINUTE
    assert run() == Report(filled=1)
    movie = movie_of(anna, MATRIX)
    assert (movie["tmdb_data"], movie["omdb_data"]["imdbRating"]) == (TOLD, 7.5)


def test_a_title_that_is_removed_before_is_not_looked_up(app: Flask, client: Any, catalogue: EndlessCatalogue) -> None:
    recommend(client, tmdb_data=TOLD)
    client.delete(f"/api/movies/{MATRIX}")
    assert run() == Report()
    assert notes() == {}
    assert catalogue.calls == []
