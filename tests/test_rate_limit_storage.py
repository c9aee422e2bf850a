"""The counters of the rate limits, on real files and from several processes."""

from __future__ import annotations

import logging
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from limits import RateLimitItemPerMinute
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter
from support.serving import environment

from movietracker import clock, rate_limit_storage
from movietracker.rate_limit_storage import STORAGE_URI, SqliteStorage

START = 1_800_000_000.0

COUNT = """
import sys
from flask import Flask
from movietracker.rate_limit_storage import SqliteStorage

with Flask("counter", instance_path=sys.argv[1]).app_context():
    storage = SqliteStorage()
    sys.stdin.readline()
    print([storage.incr("everybody", 3600) for _ in range(50)])
"""


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The wall clock, to be set by the test."""
    now = [START]
    monkeypatch.setattr(clock, "now", lambda: now[0])
    return now


@pytest.fixture
def counters(tmp_path: Path) -> Iterator[SqliteStorage]:
    """A storage, within an application whose instance folder is the test's."""
    with Flask("counter", instance_path=str(tmp_path)).app_context():
        storage = storage_from_string(STORAGE_URI)
        assert isinstance(storage, SqliteStorage)
        yield storage


def rows(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "rate_limits.sqlite")) as connection:
        return int(connection.execute("SELECT COUNT(*) FROM counters").fetchone()[0])


def test_counts_go_up_until_the_window_ends(counters: SqliteStorage, now: list[float]) -> None:
    assert [counters.incr("anna", 60), counters.incr("anna", 60, amount=3)] == [1, 4]
    assert (counters.get("anna"), counters.get_expiry("anna")) == (4, START + 60)

    now[0] += 59.9
    assert counters.incr("anna", 60) == 5, "the window began with its first count"
    now[0] += 0.1
    assert counters.get("anna") == 0
    assert counters.incr("anna", 60) == 1
    assert counters.get_expiry("anna") == START + 120


def test_keys_are_counted_apart(counters: SqliteStorage, now: list[float]) -> None:
    counters.incr("anna", 60)

    assert counters.get("ben") == 0
    assert counters.get_expiry("ben") == START


def test_windows_that_have_ended_are_removed(counters: SqliteStorage, now: list[float], tmp_path: Path) -> None:
    for number in range(20):
        counters.incr(f"address {number}", 60)
    now[0] += 60
    counters.incr("anna", 60)

    assert rows(tmp_path) == 1


def test_a_clock_that_is_set_back_locks_nobody_out(counters: SqliteStorage, now: list[float]) -> None:
    counters.incr("anna", 60, amount=10)
    now[0] -= 3600

    assert counters.incr("anna", 60) == 1


def test_counts_can_be_forgotten(counters: SqliteStorage) -> None:
    for name in ("anna", "ben", "carla"):
        counters.incr(name, 60)
    counters.clear("anna")

    assert [counters.get(name) for name in ("anna", "ben", "carla")] == [0, 1, 1]
    assert counters.reset() == 2
    assert counters.get("ben") == 0


def test_the_fixed_window_strategy_allows_so_many_and_no_more(counters: SqliteStorage) -> None:
    limiter, limit = FixedWindowRateLimiter(counters), RateLimitItemPerMinute(3)

    assert [limiter.hit(limit, "anna") for _ in range(5)] == [True, True, True, False, False]
    assert limiter.get_window_stats(limit, "anna").remaining == 0


def test_applications_in_one_process_count_apart(tmp_path: Path) -> None:
    storage = SqliteStorage()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        with Flask("counter", instance_path=str(tmp_path / name)).app_context():
            assert storage.incr("anna", 60) == 1


def test_what_was_typed_as_an_email_is_not_in_the_file(counters: SqliteStorage, tmp_path: Path) -> None:
    counters.incr("LIMITER/my secret password typed in the wrong field", 60)

    assert b"secret" not in (tmp_path / "rate_limits.sqlite").read_bytes()


@pytest.mark.slow
def test_several_processes_count_every_login_once(tmp_path: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", COUNT, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    counts = [int(count) for process in processes for count in process.communicate()[0].strip("[]\n").split(",")]

    assert sorted(counts) == list(range(1, 201))


def test_a_locked_file_lets_logins_through_with_one_warning(
    counters: SqliteStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rate_limit_storage, "BUSY_SECONDS", 0.05)
    limiter, limit = FixedWindowRateLimiter(counters), RateLimitItemPerMinute(1)
    assert [limiter.hit(limit, "anna"), limiter.hit(limit, "anna")] == [True, False]

    with closing(sqlite3.connect(tmp_path / "rate_limits.sqlite")) as other, caplog.at_level(logging.WARNING):
        other.execute("BEGIN IMMEDIATE")
        assert [limiter.hit(limit, "anna") for _ in range(3)] == [True] * 3
        assert counters.check() is False
        assert counters.get("anna") == 0
    assert [record.getMessage() for record in caplog.records] == [
        "Nothing is limited for now, because rate_limits.sqlite cannot be used: database is locked"
    ]
    assert limiter.hit(limit, "anna") is False, "it works again"
    assert counters.check() is True


def test_a_damaged_file_is_replaced(counters: SqliteStorage, tmp_path: Path) -> None:
    (tmp_path / "rate_limits.sqlite").write_bytes(b"This is not a database. " * 200)

    assert [counters.incr("anna", 60), counters.incr("anna", 60)] == [1, 2]


def test_a_file_that_disappears_is_made_anew(counters: SqliteStorage, tmp_path: Path) -> None:
    counters.incr("anna", 60)
    (tmp_path / "rate_limits.sqlite").unlink()

    assert counters.get("anna") == 0
    assert counters.incr("anna", 60) == 1


def test_a_folder_that_is_missing_lets_logins_through(
    counters: SqliteStorage, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tmp_path.rmdir()
    try:
        assert [counters.incr("anna", 60), counters.incr("anna", 60)] == [0, 0]
    finally:
        tmp_path.mkdir()
    assert len(caplog.records) == 1
