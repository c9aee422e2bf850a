from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from standin import Answer
from support.endless_catalogue import EndlessCatalogue
from support.library import add_stubs, head_of, imdb_ids, movie_of, notes, stubs_of
from support.wall_clock import WallClock, wall_clock

from movietracker.metadata import enrichment
from movietracker.metadata.enrichment import GIVE_UP_AFTER, PARALLEL, Report, enrich
from movietracker.services import enrichment_queue, library
from movietracker.services.accounts import Account, delete_account
from movietracker.services.enrichment_queue import pause_after, queue_refresh
from movietracker.services.leases import acquire
from movietracker.services.transactions import library_write
from movietracker.state import state

__all__ = ["wall_clock"]

MINUTE, HOUR, DAY = 60, 3600, 86_400
MATRIX = "tt0133093"


@pytest.fixture
def catalogue() -> Iterator[EndlessCatalogue]:
    with EndlessCatalogue() as server:
        yield server


@pytest.fixture
def app(make_app: Callable[..., Flask], catalogue: EndlessCatalogue) -> Iterator[Flask]:
    app = make_app(**catalogue.settings)
    with app.app_context():
        yield app


def run(**options: Any) -> Report:
    report = enrich(state().lookup, **options)
    assert report is not None
    return report


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


def test_one_lookup_serves_everybody_who_holds_the_stub(
    app: Flask, anna: Account, ben: Account, catalogue: EndlessCatalogue
) -> None:
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


def test_pauses_double_with_every_failure(
    app: Flask, anna: Account, catalogue: EndlessCatalogue, wall_clock: WallClock
) -> None:
    add_stubs(anna, [MATRIX])
    catalogue.fail_with(401)
    for attempt, pause in enumerate((5 * MINUTE, 10 * MINUTE, 20 * MINUTE), 1):
        assert run() == Report(failed=1)
        assert run() == Report(), "it rests"
        note = notes()[MATRIX]
        assert note.attempts == attempt
        assert note.next_attempt_at == pytest.approx(wall_clock.time + pause)
        assert "key" in note.last_error
        wall_clock.time += pause


@given(st.integers(1, 10_000))
def test_pauses_grow_from_five_minutes_to_a_day(attempts: int) -> None:
    assert 5 * MINUTE <= pause_after(attempts) <= pause_after(attempts + 1) <= DAY
    assert pause_after(attempts) == DAY or pause_after(attempts + 1) == min(2 * pause_after(attempts), DAY)


def test_a_provider_that_asks_for_a_longer_pause_gets_it(
    app: Flask, anna: Account, catalogue: EndlessCatalogue, wall_clock: WallClock
) -> None:
    add_stubs(anna, [MATRIX])
    catalogue.fail_with(429, headers={"Retry-After": "7200"})
    assert run() == Report(failed=1)
    assert notes()[MATRIX].next_attempt_at == pytest.approx(wall_clock.time + 2 * HOUR)


def test_a_title_that_no_provider_knows_rests_for_a_week(
    app: Flask, anna: Account, catalogue: EndlessCatalogue, wall_clock: WallClock
) -> None:
    catalogue.unknown.add(MATRIX.removeprefix("tt"))
    add_stubs(anna, [MATRIX])
    assert run() == Report(unknown=1)
    catalogue.unknown.clear()
    catalogue.forget_calls()

    wall_clock.time += 6.9 * DAY
    assert run() == Report()
    assert catalogue.calls == []

    wall_clock.time += 0.2 * DAY
    state().http.clear()  # the cache has a clock of its own
    assert run() == Report(filled=1)


def test_a_title_that_nobody_knew_when_it_was_added_is_not_asked_for_again_at_once(
    app: Flask, client: Any, catalogue: EndlessCatalogue
) -> None:
    catalogue.unknown.add(MATRIX.removeprefix("tt"))
    assert client.post("/api/movies", json={"imdb_id": MATRIX}).status_code == 201
    catalogue.forget_calls()
    assert run() == Report()
    assert catalogue.calls == []


def test_a_rest_is_over_when_another_provider_becomes_ready(
    make_app: Callable[..., Flask], catalogue: EndlessCatalogue, anna: Account, app: Flask
) -> None:
    add_stubs(anna, [MATRIX, "tt9999999"])
    without_key = make_app(METADATA_PROVIDERS="offline")
    with without_key.app_context():
        assert run() == Report(filled=1, unknown=1), "the offline catalogue has The Matrix"
        assert run() == Report()
    assert run() == Report(filled=1)
    assert stubs_of(anna) == set()


def test_without_a_configured_provider_stubs_rest_quietly(
    make_app: Callable[..., Flask], anna: Account, caplog: pytest.LogCaptureFixture
) -> None:
    unready = make_app(METADATA_PROVIDERS="tmdb,omdb")
    with unready.app_context(), caplog.at_level(logging.WARNING):
        add_stubs(anna, [MATRIX])
        assert run() == Report(unknown=1)
        assert run() == Report()
        assert "configured" in notes()[MATRIX].last_error
    assert caplog.text == ""


def test_pauses_can_be_ignored_once(app: Flask, anna: Account, catalogue: EndlessCatalogue) -> None:
    add_stubs(anna, [MATRIX, "tt0000001"])
    catalogue.fail_with(401)
    assert run() == Report(failed=2)
    assert run(ignore_pauses=True) == Report(failed=2), "each is tried once, not for ever"
    catalogue.recover()
    assert run(ignore_pauses=True) == Report(filled=2)


def test_whoever_ignores_pauses_is_not_served_from_the_cache(
    app: Flask, anna: Account, catalogue: EndlessCatalogue
) -> None:
    catalogue.unknown.add(MATRIX.removeprefix("tt"))
    add_stubs(anna, [MATRIX])
    assert run() == Report(unknown=1)
    catalogue.unknown.clear()
    assert run(ignore_pauses=True) == Report(filled=1)


def test_one_users_stubs_can_be_filled_alone(app: Flask, anna: Account, ben: Account) -> None:
    add_stubs(anna, imdb_ids(3))
    add_stubs(ben, imdb_ids(3, first=3))
    assert run(user_id=anna.id) == Report(filled=3)
    assert stubs_of(anna) == set()
    assert stubs_of(ben) == {"tt0000004", "tt0000005"}


def test_details_that_came_meanwhile_are_not_overwritten(
    app: Flask, anna: Account, ben: Account, catalogue: EndlessCatalogue
) -> None:
    def deliver_meanwhile(right: Answer) -> Answer:
        with app.app_context(), library_write(anna.id) as tx:
            library.ensure_movie(tx, MATRIX, library.Metadata(tmdb_data={"title": "From the phone"}))
        return right

    add_stubs(anna, [MATRIX])
    add_stubs(ben, [MATRIX])
    catalogue.misbehave(deliver_meanwhile, path="/find", times=1)
    assert run() == Report(filled=1)
    assert movie_of(anna, MATRIX)["tmdb_data"]["title"] == "From the phone"
    assert movie_of(anna, MATRIX)["omdb_data"]["imdbRating"] == 7.5, "what was missing is filled in"
    assert movie_of(ben, MATRIX)["tmdb_data"]["title"] == f"Movie {MATRIX}"


def test_an_account_that_goes_meanwhile_disturbs_nobody(
    app: Flask, anna: Account, ben: Account, catalogue: EndlessCatalogue
) -> None:
    def delete_meanwhile(right: Answer) -> Answer:
        with app.app_context():
            delete_account(anna.id)
        return right

    add_stubs(anna, imdb_ids(2))
    add_stubs(ben, imdb_ids(1))
    catalogue.misbehave(delete_meanwhile, path="/find/tt0000001", times=1)
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
    make_app: Callable[..., Flask], anna: Account, catalogue: EndlessCatalogue, wall_clock: WallClock
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


def test_a_queued_refresh_of_a_title_that_nobody_holds_any_more_is_dropped(
    app: Flask, anna: Account, catalogue: EndlessCatalogue
) -> None:
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


def test_at_most_four_titles_are_looked_up_at_the_same_time(
    app: Flask, anna: Account, catalogue: EndlessCatalogue
) -> None:
    counter = Counter()
    catalogue.misbehave(counter.count, service="tmdb")
    add_stubs(anna, imdb_ids(10))
    assert run() == Report(filled=10)
    assert counter.most == PARALLEL == 4


def test_more_titles_than_a_batch_are_all_filled_each_once(
    app: Flask, anna: Account, catalogue: EndlessCatalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enrichment, "BATCH", 3)
    add_stubs(anna, imdb_ids(10))
    assert run() == Report(filled=10)
    assert sorted(catalogue.titles_found) == imdb_ids(10)


def test_stubs_that_appear_during_a_run_are_filled_by_it(
    app: Flask, anna: Account, catalogue: EndlessCatalogue
) -> None:
    def add_meanwhile(right: Answer) -> Answer:
        with app.app_context():
            add_stubs(anna, ["tt0000001"])  # before the one under way, in the order of ids
            assert enrich(state().lookup) is None, "another run sees the lease taken and leaves it to this one"
        return right

    add_stubs(anna, ["tt0000005"])
    catalogue.misbehave(add_meanwhile, path="/find/tt0000005", times=1)
    assert run() == Report(filled=2)
    assert stubs_of(anna) == set()


def test_nothing_is_done_while_another_process_holds_the_lease(
    app: Flask, anna: Account, catalogue: EndlessCatalogue
) -> None:
    add_stubs(anna, [MATRIX])
    other = acquire(enrichment.LEASE_NAME, 60)
    assert other is not None
    assert enrich(state().lookup) is None
    assert catalogue.calls == []
    other.release()
    assert run() == Report(filled=1)


def test_a_run_whose_lease_was_lost_begins_no_further_title(
    app: Flask, anna: Account, catalogue: EndlessCatalogue, wall_clock: WallClock
) -> None:
    def sleep_too_long(right: Answer) -> Answer:
        wall_clock.time += 61
        return right

    add_stubs(anna, imdb_ids(20))
    catalogue.misbehave(sleep_too_long, path="/find/tt0000001", times=1)
    assert 0 < run().filled <= 2 * PARALLEL
    assert len(catalogue.titles_found) <= 2 * PARALLEL


def test_a_run_gives_up_while_every_title_fails(app: Flask, anna: Account, catalogue: EndlessCatalogue) -> None:
    catalogue.fail_with(401)
    add_stubs(anna, imdb_ids(60))
    report = run()
    assert report.gave_up
    assert GIVE_UP_AFTER <= report.failed < GIVE_UP_AFTER + PARALLEL
    assert len(notes()) == report.failed, "the others are due as soon as somebody looks again"
    catalogue.recover()
    assert run() == Report(filled=60 - report.failed)


def test_a_few_titles_that_always_fail_do_not_hold_up_the_others(
    app: Flask, anna: Account, catalogue: EndlessCatalogue
) -> None:
    add_stubs(anna, imdb_ids(60))
    catalogue.fail_with(401, path="/find/tt000001")
    assert run() == Report(filled=50, failed=10)


def test_a_run_can_be_stopped(app: Flask, anna: Account, catalogue: EndlessCatalogue) -> None:
    stop = threading.Event()

    def stop_now(right: Answer) -> Answer:
        stop.set()
        return right

    add_stubs(anna, imdb_ids(30))
    catalogue.misbehave(stop_now, path="/find/tt0000003", times=1)
    report = run(stop=stop)
    assert 0 < report.filled <= 2 * PARALLEL
    assert len(stubs_of(anna)) == 30 - report.filled
    assert acquire(enrichment.LEASE_NAME, 60) is not None, "the lease is free again"


def test_progress_is_reported_title_by_title(app: Flask, anna: Account, catalogue: EndlessCatalogue) -> None:
    catalogue.unknown.add("0000002")
    add_stubs(anna, imdb_ids(3))
    seen: list[tuple[int, int]] = []
    run(progress=lambda report, total: seen.append((report.done, total)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


_ODD_PLUGIN = """
from movietracker.pluginapi import BaseProvider, Capability, TitleDetails, hookimpl

class Odd(BaseProvider):
    name = "odd"
    capabilities = frozenset({Capability.DETAILS})

    def find(self, imdb_id, *, fresh=False):
        genres = None if imdb_id == "tt0000002" else ("Drama",)
        return TitleDetails(1, imdb_id, "A title", "movie", genres=genres)

@hookimpl
def register_metadata_providers(register, context):
    register(Odd())
"""


def test_a_plugin_that_answers_nonsense_for_one_title_does_not_hold_up_the_others(
    make_app: Callable[..., Flask], instance_path: Path, anna: Account, caplog: pytest.LogCaptureFixture
) -> None:
    folder = instance_path / "plugins"
    folder.mkdir()
    (folder / "odd.py").write_text(_ODD_PLUGIN)
    with make_app(METADATA_PROVIDERS="odd").app_context():
        add_stubs(anna, imdb_ids(3))
        assert run() == Report(filled=2, failed=1)
        assert stubs_of(anna) == {"tt0000002"}
        assert notes()["tt0000002"].attempts == 1
    assert "tt0000002" in caplog.text


def test_notes_that_nobody_needs_are_forgotten_in_time(app: Flask, anna: Account, wall_clock: WallClock) -> None:
    with library_write(anna.id) as tx:
        enrichment_queue.rest(tx.connection, "tt0000001", error="unknown", providers="tmdb")
    queue_refresh("tt0000002")
    wall_clock.time += 13 * DAY
    assert enrichment_queue.forget_old_notes() == 0
    wall_clock.time += 2 * DAY
    assert enrichment_queue.forget_old_notes() == 1
    assert list(notes()) == ["tt0000002"], "a refresh somebody asked for stays"


class Counter:
    """Counts how many calls are answered at the same time."""

    def __init__(self) -> None:
        self.most = self._now = 0
        self._lock = threading.Lock()

    def count(self, right: Answer) -> Answer:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        time.sleep(0.15)  # several times the pace of 40 requests a second
        with self._lock:
            self._now -= 1
        return right


def _with_plot(plot: str) -> Callable[[Answer], Answer]:
    return lambda right: Answer(right.body | {"overview": plot})
