"""The counts of rate limits, in real files, in memory, in Redis, and from several processes."""

import logging
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest
from support import disks
from support.redis_server import redis_server
from support.serving import environment
from support.stopwatch import Stopwatch
from support.waiting import wait_until

from movietracker import clock
from movietracker.errors import TooManyRequests
from movietracker.rate_limits import RateLimits, Rule, claim, sqlite_log
from movietracker.rate_limits.redis_log import RedisLog
from movietracker.rate_limits.rules import Ticket
from movietracker.rate_limits.sqlite_log import FILE_NAME, FileLog, MemoryLog
from movietracker.redis_link import RedisLink

START = 1_800_000_000.0

COUNT = """
import sys
from pathlib import Path
from movietracker.rate_limits import Rule, claim
from movietracker.rate_limits.rules import Ticket
from movietracker.rate_limits.sqlite_log import FileLog

log, claims = FileLog(Path(sys.argv[1])), [claim("login", "everybody", Rule(100, 3600))]
sys.stdin.readline()
print(sum(isinstance(log.take(claims), Ticket) for _ in range(50)))
"""


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The wall clock, to be set by the test."""
    now = [START]
    monkeypatch.setattr(clock, "now", lambda: now[0])
    return now


@pytest.fixture
def limits(tmp_path: Path) -> RateLimits:
    """The limits of an application whose instance folder is the test's."""
    return RateLimits(tmp_path, None)


def passes(limits: RateLimits, rate: str, key: str = "anna", scope: str = "login") -> bool:
    try:
        limits.count(rate, scope, key)
    except TooManyRequests:
        return False
    return True


def rows(folder: Path) -> int:
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        return int(connection.execute("SELECT COUNT(*) FROM counted").fetchone()[0])


def test_a_rate_allows_that_many_and_no_more_in_any_period(limits: RateLimits, now: list[float]) -> None:
    passed = []
    for _ in range(600):
        if passes(limits, "10 per minute"):
            passed.append(now[0])
        now[0] += 0.5
    assert len(passed) == 50
    assert max(sum(begin <= at < begin + 60 for at in passed) for begin in passed) == 10


def test_requests_just_before_and_just_after_the_full_minute_count_together(
    limits: RateLimits, now: list[float]
) -> None:
    assert passes(limits, "3 per minute")
    now[0] += 59
    assert [passes(limits, "3 per minute") for _ in range(2)] == [True, True]
    now[0] += 1.5
    assert [passes(limits, "3 per minute") for _ in range(2)] == [True, False]


def test_a_refusal_says_when_the_next_request_is_allowed(limits: RateLimits, now: list[float]) -> None:
    limits.count("1 per 2 minutes", "login", "anna")
    waits = []
    for seconds in (30.5, 0.75):
        now[0] += seconds
        with pytest.raises(TooManyRequests) as refused:
            limits.count("1 per 2 minutes", "login", "anna")
        waits.append(refused.value.retry_after)

    assert waits == [90, 89]


def test_keys_and_scopes_are_counted_apart(limits: RateLimits) -> None:
    assert passes(limits, "1 per hour")
    assert passes(limits, "1 per hour", key="ben")
    assert passes(limits, "1 per hour", scope="import")
    assert not passes(limits, "1 per hour")


def test_what_no_longer_counts_is_removed(limits: RateLimits, now: list[float], tmp_path: Path) -> None:
    for number in range(20):
        limits.count("1 per minute", "login", f"address {number}")
    now[0] += 60
    limits.count("1 per minute", "login", "anna")

    assert rows(tmp_path) == 1


def test_a_clock_that_is_set_back_locks_no_one_out(limits: RateLimits, now: list[float]) -> None:
    limits.count("1 per minute", "login", "anna")
    now[0] -= 3600

    assert passes(limits, "1 per minute")


def test_applications_in_one_process_count_apart(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        assert passes(RateLimits(tmp_path / name, None), "1 per hour")


def test_what_was_typed_as_an_email_is_not_in_the_file(limits: RateLimits, tmp_path: Path) -> None:
    limits.count("1 per minute", "login", "my secret password typed in the wrong field")

    assert b"secret" not in (tmp_path / FILE_NAME).read_bytes()


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
    assert sum(int(process.communicate()[0]) for process in processes) == 100


def test_while_the_file_is_locked_each_process_allows_its_share_with_one_warning(
    limits: RateLimits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sqlite_log, "BUSY_SECONDS", 0.05)
    limits.share_with(4)
    assert [passes(limits, "9 per hour") for _ in range(10)] == [True] * 9 + [False]

    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as other, caplog.at_level(logging.WARNING):
        other.execute("BEGIN IMMEDIATE")
        assert [passes(limits, "9 per hour", key="ben") for _ in range(4)] == [True, True, False, False]
        assert not limits.is_working()
    assert [record.getMessage() for record in caplog.records] == [
        "Each process limits its share for now, as rate_limits.sqlite cannot be used: database is locked"
    ]
    assert limits.is_working()


def test_of_many_threads_only_the_first_waits_for_a_locked_file(limits: RateLimits, tmp_path: Path) -> None:
    assert passes(limits, "1 per hour")
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as other, ThreadPoolExecutor(64) as pool:
        other.execute("BEGIN IMMEDIATE")
        watch = Stopwatch()
        passed = list(pool.map(lambda _: passes(limits, "10 per hour", key="ben"), range(64)))
        assert watch.seconds() < 3 * sqlite_log.BUSY_SECONDS
    assert passed.count(True) == 10


def test_a_full_disk_lets_no_more_through(tmp_path: Path) -> None:
    if reason := disks.missing():
        pytest.skip(reason)
    with disks.small_disk(tmp_path, "64k"):
        limits = RateLimits(tmp_path, None)
        limits.share_with(2)
        assert [passes(limits, "6 per hour") for _ in range(2)] == [True, True]
        with suppress(OSError), (tmp_path / "ballast").open("wb", buffering=0) as ballast:
            while ballast.write(bytes(512)):
                pass
        assert not limits.is_working()
        assert [passes(limits, "6 per hour") for _ in range(12)] == [True] * 3 + [False] * 9
        limits.close()


def test_a_damaged_file_is_replaced(limits: RateLimits, tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"This is not a database. " * 200)

    assert [passes(limits, "1 per hour") for _ in range(2)] == [True, False]
    assert limits.is_working()


def test_the_file_of_an_earlier_version_is_used(limits: RateLimits, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as earlier:
        earlier.execute("CREATE TABLE counters (key BLOB PRIMARY KEY, amount INTEGER, expires_at REAL) WITHOUT ROWID")

    assert [passes(limits, "1 per hour") for _ in range(2)] == [True, False]
    assert limits.is_working()


def test_a_file_that_disappears_is_made_anew(limits: RateLimits, tmp_path: Path) -> None:
    limits.count("1 per hour", "login", "anna")
    (tmp_path / FILE_NAME).unlink()

    assert passes(limits, "1 per hour")


def test_a_missing_folder_limits_as_well(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    limits = RateLimits(tmp_path / "missing", None)

    assert [passes(limits, "1 per hour"), passes(limits, "1 per hour")] == [True, False]
    assert len(caplog.records) == 1


@pytest.fixture(params=["file", "memory", "redis"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FileLog | MemoryLog | RedisLog]:
    """Each place in which requests are counted."""
    if request.param != "redis":
        yield FileLog(tmp_path) if request.param == "file" else MemoryLog()
        return
    with redis_server(tmp_path) as server, closing(RedisLink(server.url)) as link:
        yield RedisLog(link)


class TestEachLog:
    def test_a_request_that_is_given_back_no_longer_counts(self, log: FileLog | MemoryLog | RedisLog) -> None:
        claims = [claim("login", "anna", Rule(2, 60)), claim("address", "192.0.2.1", Rule(2, 60))]
        tickets = [log.take(claims), log.take(claims)]
        assert isinstance(log.take(claims), float)
        assert isinstance(tickets[0], Ticket)
        log.give_back(tickets[0])
        assert isinstance(log.take(claims), Ticket)
        assert isinstance(log.take(claims), float)

    def test_what_one_claim_refuses_is_counted_under_none(self, log: FileLog | MemoryLog | RedisLog) -> None:
        full, free = claim("login", "anna", Rule(1, 60)), claim("address", "192.0.2.1", Rule(1, 60))
        assert isinstance(log.take([full]), Ticket)
        assert log.take([free, full]) == pytest.approx(60, abs=5)
        assert isinstance(log.take([free]), Ticket)

    def test_a_delay_doubles_up_to_the_longest(self, log: FileLog | MemoryLog | RedisLog) -> None:
        few = claim("login", "anna", Rule(10, 60))
        for _ in range(6):
            log.take([few])
        waits = [log.take([few._replace(rule=Rule(amount, 60, 9))]) for amount in (6, 5, 4, 3, 2)]
        assert waits == pytest.approx([1, 2, 4, 8, 9], abs=0.9)

    def test_a_key_is_remembered_for_a_while(self, log: FileLog | MemoryLog | RedisLog) -> None:
        assert not log.remembers("anna")
        log.remember("anna", 1)
        log.remember("anna", 1)
        assert log.remembers("anna")
        wait_until(lambda: not log.remembers("anna"))
