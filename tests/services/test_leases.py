import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from support.applications import MakeApp
from support.stopwatch import Stopwatch
from support.waiting import wait_until
from support.wall_clock import WallClock

from movietracker.database import connections
from movietracker.extensions import db
from movietracker.models import LEASES
from movietracker.services import transactions
from movietracker.services.leases import HeldLease, acquire, lease
from movietracker.services.transactions import write_connection


@pytest.fixture
def make_sqlite_app(make_app: MakeApp, migrated_database: Path, instance_path: Path) -> MakeApp:
    """Makes applications on a migrated SQLite file, also when the tests run on PostgreSQL."""
    instance_path.mkdir(exist_ok=True)
    shutil.copy(migrated_database, instance_path / "app.db")
    return partial(make_app, DATABASE_URL="")


@pytest.fixture(params=["sqlite", "postgresql"])
def either_database(request: pytest.FixtureRequest, make_app: MakeApp, make_sqlite_app: MakeApp) -> Iterator[Flask]:
    """An application on each kind of database, with its context."""
    if request.param == "postgresql":
        app = make_app(DATABASE_URL=request.getfixturevalue("postgresql_url"))
    else:
        app = make_sqlite_app()
    with app.app_context():
        yield app


def rows() -> list[str]:
    with db.engine.connect() as connection:
        return list(connection.execute(select(LEASES.c.name).order_by(LEASES.c.name)).scalars())


def test_a_lease_is_held_while_the_block_runs_and_leaves_nothing_behind(either_database: Flask) -> None:
    with lease("nightly", 60) as held:
        assert held is not None
        assert held.is_held
        assert rows() == ["nightly"]
    assert rows() == []
    assert not held.is_held


def test_no_other_gets_a_lease_that_is_held(either_database: Flask) -> None:
    with lease("nightly", 60), lease("nightly", 60) as second:
        assert second is None


def test_leases_of_other_names_are_independent(either_database: Flask) -> None:
    with lease("nightly", 60), lease("enrichment", 60) as other:
        assert other is not None


def test_a_lease_can_be_had_again_after_its_release_also_after_an_error(either_database: Flask) -> None:
    with pytest.raises(RuntimeError), lease("nightly", 60):
        raise RuntimeError
    with lease("nightly", 60) as again:
        assert again is not None


def test_a_lease_that_is_not_renewed_is_taken_over_at_expiry(either_database: Flask, wall_clock: WallClock) -> None:
    abandoned = acquire("nightly", 60)
    assert abandoned is not None
    wall_clock.time += 59.9
    assert acquire("nightly", 60) is None
    assert abandoned.is_held
    wall_clock.time += 0.1
    assert not abandoned.is_held
    successor = acquire("nightly", 60)
    assert successor is not None
    assert successor.is_held


def test_a_holder_that_was_overtaken_notices_it_and_disturbs_its_successor_neither_by_renewal_nor_by_release(
    either_database: Flask, wall_clock: WallClock
) -> None:
    sleeper = acquire("nightly", 60)
    wall_clock.time += 61
    successor = acquire("nightly", 60)
    assert sleeper is not None
    assert successor is not None
    sleeper.renew()
    assert not sleeper.is_held
    sleeper.release()
    wall_clock.time += 1
    assert successor.is_held
    assert acquire("nightly", 60) is None


def test_a_late_renewal_revives_a_lease_that_no_other_took(either_database: Flask, wall_clock: WallClock) -> None:
    held = acquire("nightly", 60)
    assert held is not None
    wall_clock.time += 61
    held.renew()
    assert held.is_held
    assert acquire("nightly", 60) is None


def test_a_lease_from_before_the_clock_was_put_back_soon_ends(either_database: Flask, wall_clock: WallClock) -> None:
    acquire("nightly", 60)
    wall_clock.time -= 86_400
    assert acquire("nightly", 60) is not None


def test_a_lease_is_renewed_while_the_block_runs(app: Flask) -> None:
    with app.app_context(), lease("nightly", 2.0) as held:  # so long that a busy machine renews it in time
        assert held is not None
        deadline = time.monotonic() + 3.0
        while time.monotonic() < deadline:
            assert held.is_held
            assert acquire("nightly", 2.0) is None
            time.sleep(0.05)


def test_a_holder_learns_when_the_database_was_away_for_too_long(
    make_sqlite_app: MakeApp, instance_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(connections, "BUSY_TIMEOUT_SECONDS", 0.02)
    with make_sqlite_app().app_context(), lease("nightly", 0.3) as held:
        assert held is not None
        with closing(sqlite3.connect(instance_path / "app.db", isolation_level=None)) as blocker:
            blocker.execute("BEGIN IMMEDIATE")
            wait_until(lambda: not held.is_held)
    assert "could not be renewed" in caplog.text


def test_a_holder_that_waited_in_vain_for_its_turn_to_write_goes_on_renewing(
    make_sqlite_app: MakeApp, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(transactions, "QUEUE_SECONDS", 0.02)
    with make_sqlite_app().app_context(), lease("nightly", 0.6) as held:
        assert held is not None
        with write_connection():
            wait_until(lambda: "could not be renewed" in caplog.text)
        time.sleep(0.7)
        wait_until(lambda: held.is_held)


def test_a_lease_that_cannot_be_released_expires(
    make_sqlite_app: MakeApp, instance_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(connections, "BUSY_TIMEOUT_SECONDS", 0.02)
    with make_sqlite_app().app_context():
        with closing(sqlite3.connect(instance_path / "app.db", isolation_level=None)) as blocker:
            with lease("nightly", 2.0):
                blocker.execute("BEGIN IMMEDIATE")
            blocker.execute("ROLLBACK")
        assert "could not be released" in caplog.text
        assert acquire("nightly", 2.0) is None
        wait_until(lambda: acquire("nightly", 2.0))


def test_of_many_threads_one_at_a_time_holds_the_lease(either_database: Flask) -> None:
    inside = threading.Semaphore(1)
    turns: list[int] = []
    overlaps: list[int] = []
    start = threading.Barrier(8)

    def work(number: int) -> None:
        with either_database.app_context():
            start.wait()
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                with lease("nightly", 30) as held:
                    if held is None:
                        time.sleep(0.005)
                        continue
                    if not inside.acquire(blocking=False):
                        overlaps.append(number)
                        return
                    turns.append(number)
                    time.sleep(0.002)
                    inside.release()
                    return

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert overlaps == []
    assert sorted(turns) == list(range(8))


_HOLDER = """
import sys, time
from movietracker import create_app
from movietracker.services.leases import lease

app = create_app({"MOVIETRACKER_INSTANCE_PATH": sys.argv[1], "DATABASE_URL": sys.argv[2], "TESTING": True})
with app.app_context(), lease("nightly", 2.0) as held:
    print(held is not None, flush=True)
    time.sleep(60)
"""


@pytest.mark.slow
def test_a_killed_process_keeps_its_lease_only_until_it_expires(either_database: Flask, instance_path: Path) -> None:
    url = either_database.config["DATABASE_URL"]
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(instance_path), url], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        time.sleep(2.2)  # longer than the lease: it lives because it is renewed
        assert acquire("nightly", 2.0) is None
        os.kill(holder.pid, signal.SIGKILL)
        watch = Stopwatch()
    assert acquire("nightly", 2.0) is None
    wait_until(lambda: acquire("nightly", 2.0))
    assert watch.seconds() < 4.0


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("acquire"), st.integers(0, 2)),
        st.tuples(st.just("renew"), st.integers(0, 2)),
        st.tuples(st.just("release"), st.integers(0, 2)),
        st.tuples(st.just("wait"), st.sampled_from([1, 30, 59, 60, 61, 200])),
    ),
    max_size=30,
)


@pytest.mark.slow
@given(STEPS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_holders_do_no_two_believe_that_they_hold_the_lease(
    app: Flask, wall_clock: WallClock, steps: list[tuple[str, int]]
) -> None:
    held: dict[int, HeldLease] = {}
    with app.app_context():
        for action, number in steps:
            if action == "wait":
                wall_clock.time += number
            elif action == "acquire":
                somebody_holds_it = any(each.is_held for each in held.values())
                taken = acquire("nightly", 60)
                assert (taken is None) == somebody_holds_it
                if taken is not None:
                    held[number] = taken
            elif number in held:
                getattr(held[number], action)()
            assert sum(each.is_held for each in held.values()) <= 1
        wall_clock.time += 61
        assert acquire("nightly", 60) is not None
        wall_clock.time += 61
