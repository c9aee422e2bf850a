"""What enrichment stores, and for whom."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from metadata.running import run
from standin import Answer
from support.applications import MakeApp
from support.endless_catalogue import EndlessCatalogue
from support.library import add_stubs, head_of, imdb_ids, movie_of, notes, stubs_of
from support.wall_clock import WallClock

from movietracker.metadata.enrichment import Report
from movietracker.services import movies
from movietracker.services.accounts import Account, delete_account
from movietracker.services.enrichment_queue import queue_refresh
from movietracker.services.movies.metadata import Metadata
from movietracker.services.transactions import library_write

MINUTE = 60
MATRIX = "tt0133093"


def test_a_stub_of_which_only_the_imdb_id_is_known_gets_details_and_ratings(app: Flask, anna: Account) -> None:
    add_stubs(anna, [MATRIX])
    assert run() == Report(filled=1)
    movie = movie_of(anna, MATRIX)
    assert movie["tmdb_data"]["title"] == f"Movie {MATRIX}"
    assert movie["omdb_data"]["imdbRating"] == 7.5
    assert notes() == {}


def test_clients_hear_of_a_filled_stub_by_the_change_clock(app: Flask, anna: Account) -> None:
    add_stubs(anna, [MATRIX])
    before = head_of(anna)
    run()
    assert head_of(anna).seq == before.seq + 1
    assert movie_of(anna, MATRIX)["last_modified"] > before.at


def test_the_full_responses_are_kept(app: Flask, anna: Account, client: Any) -> None:
    add_stubs(anna, [MATRIX])
    run()
    kept = client.get(f"/api/movies/{MATRIX}/metadata/tmdb")
    assert kept.json["original_title"] == f"Movie {MATRIX}"


def test_one_lookup_serves_all_holders(app: Flask, anna: Account, ben: Account, catalogue: EndlessCatalogue) -> None:
    add_stubs(anna, [MATRIX])
    add_stubs(ben, [MATRIX])
    assert run() == Report(filled=1)
    assert catalogue.titles_found == [MATRIX]
    assert stubs_of(anna) == stubs_of(ben) == set()


def test_nothing_is_asked_when_there_are_no_stubs(app: Flask, anna: Account, catalogue: EndlessCatalogue) -> None:
    assert run() == Report()
    assert catalogue.calls == []


def test_a_title_added_while_the_provider_is_down_is_filled_when_it_is_back(
    app: Flask, anna: Account, client: Any, catalogue: EndlessCatalogue, wall_clock: WallClock
) -> None:
    catalogue.fail_with(404, service="tmdb", path="/find")
    catalogue.fail_with(401)
    added = client.post("/api/movies", json={"imdb_id": MATRIX, "recommender": "Ben"})
    assert added.status_code == 201
    assert added.json["tmdb_data"] is None
    catalogue.recover()
    catalogue.forget_calls()

    wall_clock.time += 4.9 * MINUTE
    assert run() == Report()
    assert catalogue.calls == []

    wall_clock.time += 0.2 * MINUTE
    assert run() == Report(filled=1)
    assert movie_of(anna, MATRIX)["tmdb_data"]["title"] == f"Movie {MATRIX}"
    assert notes() == {}


def test_one_users_stubs_can_be_filled_alone(app: Flask, anna: Account, ben: Account) -> None:
    add_stubs(anna, imdb_ids(3))
    add_stubs(ben, imdb_ids(3, first=3))
    assert run(user_id=anna.id) == Report(filled=3)
    assert stubs_of(anna) == set()
    assert stubs_of(ben) == {"tt0000004", "tt0000005"}


def test_details_that_came_during_the_fetch_are_not_overwritten(
    app: Flask, anna: Account, ben: Account, catalogue: EndlessCatalogue
) -> None:
    def deliver_first(right: Answer) -> Answer:
        with app.app_context(), library_write(anna.id) as tx:
            movies.ensure_movie(tx, MATRIX, Metadata(tmdb_data={"title": "From the phone"}))
        return right

    add_stubs(anna, [MATRIX])
    add_stubs(ben, [MATRIX])
    catalogue.misbehave(deliver_first, path="/find", times=1)
    assert run() == Report(filled=1)
    assert movie_of(anna, MATRIX)["tmdb_data"]["title"] == "From the phone"
    assert movie_of(anna, MATRIX)["omdb_data"]["imdbRating"] == 7.5, "what was missing is filled in"
    assert movie_of(ben, MATRIX)["tmdb_data"]["title"] == f"Movie {MATRIX}"


def test_an_account_deleted_during_the_fetch_disturbs_no_other(
    app: Flask, anna: Account, ben: Account, catalogue: EndlessCatalogue
) -> None:
    def delete_first(right: Answer) -> Answer:
        with app.app_context():
            delete_account(anna.id)
        return right

    add_stubs(anna, imdb_ids(2))
    add_stubs(ben, imdb_ids(1))
    catalogue.misbehave(delete_first, path="/find/tt0000001", times=1)
    report = run()
    assert (report.failed, stubs_of(ben)) == (0, set())
    assert run() == Report()


def test_ratings_that_were_missing_are_fetched_later(
    app: Flask, anna: Account, client: Any, catalogue: EndlessCatalogue, wall_clock: WallClock
) -> None:
    catalogue.fail_with(401, service="omdb")
    added = client.post("/api/movies", json={"imdb_id": MATRIX})
    assert added.json["tmdb_data"] is not None
    assert added.json["omdb_data"] is None
    catalogue.recover()
    assert run() == Report()
    wall_clock.time += 5 * MINUTE
    assert run() == Report(filled=1)
    assert movie_of(anna, MATRIX)["omdb_data"]["imdbRating"] == 7.5
    assert notes() == {}


def test_what_a_fallback_answered_is_replaced_when_the_first_provider_is_back(
    make_app: MakeApp, anna: Account, catalogue: EndlessCatalogue, wall_clock: WallClock
) -> None:
    with make_app(**catalogue.settings | {"METADATA_PROVIDERS": "tmdb,omdb,offline"}).app_context():
        catalogue.fail_with(401, service="tmdb")
        add_stubs(anna, [MATRIX])
        assert run() == Report(filled=1)
        assert movie_of(anna, MATRIX)["tmdb_data"]["title"] == "The Matrix"

        wall_clock.time += 5 * MINUTE
        before = head_of(anna)
        assert run() == Report(failed=1), "the fallback alone is no news"
        assert head_of(anna) == before

        catalogue.recover()
        wall_clock.time += 10 * MINUTE
        assert run() == Report(filled=1)
        assert movie_of(anna, MATRIX)["tmdb_data"]["title"] == f"Movie {MATRIX}"
        assert notes() == {}


def test_a_queued_refresh_overwrites_what_all_holders_have_and_bypasses_the_cache(
    app: Flask, anna: Account, ben: Account, catalogue: EndlessCatalogue
) -> None:
    add_stubs(anna, [MATRIX])
    add_stubs(ben, [MATRIX])
    run()
    catalogue.misbehave(_with_plot("A new one."), service="tmdb", path="/movie/")
    queue_refresh(MATRIX)
    assert run() == Report(filled=1)
    assert movie_of(anna, MATRIX)["tmdb_data"]["plot"] == "A new one."
    assert movie_of(ben, MATRIX)["tmdb_data"]["plot"] == "A new one."
    assert notes() == {}


def test_a_refresh_that_brings_nothing_new_changes_nothing(app: Flask, anna: Account) -> None:
    add_stubs(anna, [MATRIX])
    run()
    before = head_of(anna)
    queue_refresh(MATRIX)
    assert run() == Report(filled=1)
    assert head_of(anna) == before


def test_a_queued_refresh_of_a_removed_title_is_dropped(app: Flask, anna: Account, catalogue: EndlessCatalogue) -> None:
    queue_refresh(MATRIX)
    assert run() == Report()
    assert notes() == {}
    assert catalogue.calls == []


def test_a_refresh_that_failed_is_tried_again_later_and_stays_a_refresh(
    app: Flask, anna: Account, catalogue: EndlessCatalogue, wall_clock: WallClock
) -> None:
    add_stubs(anna, [MATRIX])
    run()
    catalogue.fail_with(401)
    queue_refresh(MATRIX)
    assert run() == Report(failed=1)
    assert movie_of(anna, MATRIX)["tmdb_data"] is not None
    catalogue.recover()
    catalogue.forget_calls()
    wall_clock.time += 5 * MINUTE
    assert run() == Report(filled=1)
    assert catalogue.titles_found == [MATRIX]


def _with_plot(plot: str) -> Callable[[Answer], Answer]:
    return lambda right: Answer(right.body | {"overview": plot})
