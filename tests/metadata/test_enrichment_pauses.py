"""When a title is asked for again."""

import logging
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from metadata.running import run
from support.applications import MakeApp
from support.endless_catalogue import EndlessCatalogue
from support.library import add_stubs, notes, stubs_of
from support.wall_clock import WallClock

from movietracker.metadata.enrichment import Report
from movietracker.services import enrichment_queue
from movietracker.services.accounts import Account
from movietracker.services.enrichment_queue import pause_after, queue_refresh
from movietracker.services.transactions import library_write
from movietracker.state import state

MINUTE, HOUR, DAY = 60, 3600, 86_400
MATRIX = "tt0133093"


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
    state().http.close()
    Path(app.instance_path, "http_cache.sqlite").unlink()  # the cache has a clock of its own
    assert run() == Report(filled=1)


def test_a_pause_that_was_noted_while_the_clock_was_ahead_is_over(
    app: Flask, anna: Account, catalogue: EndlessCatalogue, wall_clock: WallClock
) -> None:
    add_stubs(anna, [MATRIX])
    catalogue.fail_with(401)
    wall_clock.time += 400 * DAY
    assert run() == Report(failed=1)
    wall_clock.time -= 400 * DAY
    assert run() == Report(failed=1)
    assert run() == Report(), "it rests"


def test_a_title_that_no_provider_knew_when_it_was_added_is_not_asked_for_again_at_once(
    app: Flask, client: Any, catalogue: EndlessCatalogue
) -> None:
    catalogue.unknown.add(MATRIX.removeprefix("tt"))
    assert client.post("/api/movies", json={"imdb_id": MATRIX}).status_code == 201
    catalogue.forget_calls()
    assert run() == Report()
    assert catalogue.calls == []


def test_a_rest_is_over_when_another_provider_becomes_ready(
    make_app: MakeApp, catalogue: EndlessCatalogue, anna: Account, app: Flask
) -> None:
    add_stubs(anna, [MATRIX, "tt9999999"])
    without_key = make_app(METADATA_PROVIDERS="offline")
    with without_key.app_context():
        assert run() == Report(filled=1, unknown=1), "the offline catalogue has The Matrix"
        assert run() == Report()
    assert run() == Report(filled=1)
    assert stubs_of(anna) == set()


def test_without_a_configured_provider_stubs_rest_quietly(
    make_app: MakeApp, anna: Account, caplog: pytest.LogCaptureFixture
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


def test_ignoring_pauses_bypasses_the_cache(app: Flask, anna: Account, catalogue: EndlessCatalogue) -> None:
    catalogue.unknown.add(MATRIX.removeprefix("tt"))
    add_stubs(anna, [MATRIX])
    assert run() == Report(unknown=1)
    catalogue.unknown.clear()
    assert run(ignore_pauses=True) == Report(filled=1)


def test_notes_that_are_not_needed_are_forgotten_in_time(app: Flask, anna: Account, wall_clock: WallClock) -> None:
    with library_write(anna.id) as tx:
        enrichment_queue.rest(tx.connection, "tt0000001", error="unknown", providers="tmdb")
    queue_refresh("tt0000002")
    wall_clock.time += 13 * DAY
    assert enrichment_queue.forget_old_notes() == 0
    wall_clock.time += 2 * DAY
    assert enrichment_queue.forget_old_notes() == 1
    assert list(notes()) == ["tt0000002"], "a refresh somebody asked for stays"
