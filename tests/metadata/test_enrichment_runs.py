"""How a run of enrichment goes: in parallel, in batches, one at a time, until it is stopped or gives up."""

import threading
import time
from pathlib import Path

import pytest
from flask import Flask
from metadata.running import run
from standin import Answer
from support.applications import MakeApp
from support.endless_catalogue import EndlessCatalogue
from support.library import add_stubs, imdb_ids, notes, stubs_of
from support.wall_clock import WallClock

from movietracker.metadata import enrichment
from movietracker.metadata.enrichment import GIVE_UP_AFTER, PARALLEL, Report, enrich
from movietracker.services.accounts import Account
from movietracker.services.leases import acquire
from movietracker.state import state

MATRIX = "tt0133093"


def test_at_most_four_titles_are_looked_up_at_once(app: Flask, anna: Account, catalogue: EndlessCatalogue) -> None:
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


def test_stubs_added_during_a_run_are_filled(app: Flask, anna: Account, catalogue: EndlessCatalogue) -> None:
    def add_first(right: Answer) -> Answer:
        with app.app_context():
            add_stubs(anna, ["tt0000001"])  # before the one under way, in the order of ids
            assert enrich(state().lookup) is None, "another run sees the lease taken and leaves it to this one"
        return right

    add_stubs(anna, ["tt0000005"])
    catalogue.misbehave(add_first, path="/find/tt0000005", times=1)
    assert run() == Report(filled=2)
    assert stubs_of(anna) == set()


def test_nothing_is_done_while_another_holds_the_lease(app: Flask, anna: Account, catalogue: EndlessCatalogue) -> None:
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


def test_titles_that_always_fail_do_not_delay_others(app: Flask, anna: Account, catalogue: EndlessCatalogue) -> None:
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
from movietracker.pluginapi import BaseProvider, Capability, TitleDetails, TitleUnknown, hookimpl

class Odd(BaseProvider):
    name = "odd"
    capabilities = frozenset({Capability.DETAILS})

    def find(self, imdb_id, *, fresh=False):
        genres = None if imdb_id == "tt0000002" else ("Drama",)
        return TitleDetails(1, imdb_id, "A title", "movie", genres=genres)

    def details(self, title_id, media_type, *, fresh=False):
        raise TitleUnknown

    def credits(self, title_id, media_type):
        raise TitleUnknown

@hookimpl
def register_metadata_providers(register, context):
    register(Odd())
"""


def test_a_plugin_that_answers_nonsense_for_one_title_does_not_hold_up_the_others(
    make_app: MakeApp, instance_path: Path, anna: Account, caplog: pytest.LogCaptureFixture
) -> None:
    folder = instance_path / "plugins"
    folder.mkdir()
    (folder / "odd.py").write_text(_ODD_PLUGIN)
    with make_app(METADATA_PROVIDERS="odd").app_context():
        add_stubs(anna, imdb_ids(3))
        assert run() == Report(filled=2, failed=1)
        assert stubs_of(anna) == {"tt0000002"}
        assert notes()["tt0000002"].attempts == 1
    assert "odd returned TitleDetails whose genres is of the wrong kind (NoneType)" in caplog.text


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
