"""No more requests a second than allowed, from all processes together."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from metadata.http_client.conftest import SHORT
from metadata.http_client.processes import run_processes
from metadata.http_client.scripted_server import Line, ScriptedServer, answer

from movietracker.errors import ProviderUnreachable
from movietracker.metadata.deadline import Deadline
from movietracker.metadata.http import ProxyHttp
from movietracker.metadata.pacing import LONGEST_QUEUE_SECONDS, Pacer, choose_slot

INTERVAL = 0.025
anything = st.none() | st.floats() | st.floats(0, 1e7)


@given(next_free=anything, now=st.floats(0, 1e7), interval=st.floats(1e-4, 1000))
def test_a_slot_is_never_past_nor_beyond_the_longest_queue(
    next_free: float | None, now: float, interval: float
) -> None:
    assert now <= choose_slot(next_free, now, interval) <= now + LONGEST_QUEUE_SECONDS + interval


@given(start=st.floats(0, 1e7), steps=st.lists(st.floats(0, 0.2), max_size=60))
def test_slots_are_an_interval_apart_whenever_they_are_asked_for(start: float, steps: list[float]) -> None:
    now, next_free, slots = start, None, []
    for step in steps:
        now += step
        slots.append(choose_slot(next_free, now, INTERVAL))
        next_free = slots[-1] + INTERVAL
    assert all(later - earlier >= INTERVAL - 1e-6 for earlier, later in pairwise(slots))


def test_threads_and_pacers_of_one_file_share_its_pace(tmp_path: Path) -> None:
    pacers = [Pacer(tmp_path / "pace", 100) for _ in range(3)]
    begun = time.monotonic()
    with ThreadPoolExecutor(6) as pool:
        moments = list(pool.map(lambda n: (pacers[n % 3].wait(Deadline(5)), time.monotonic())[1], range(21)))
    assert max(moments) - begun >= 20 / 100
    assert max(moments) - begun < 20 / 100 + 1


def test_a_first_request_does_not_wait(tmp_path: Path) -> None:
    begun = time.monotonic()
    Pacer(tmp_path / "pace", 0.01).wait(Deadline(1))
    assert time.monotonic() - begun < 0.5


@pytest.mark.parametrize(
    "left_behind", [b"", b"junk", b"\xff" * 50, b"nan", b"inf", b"-inf", b"-5", b"1e300", b"9" * 40, b"99999999999.5\n"]
)
def test_whatever_the_file_holds_the_pace_is_found_again(tmp_path: Path, left_behind: bytes) -> None:
    (tmp_path / "pace").write_bytes(left_behind)
    pacer = Pacer(tmp_path / "pace", 0.1)
    pacer.wait(Deadline(0))
    with pytest.raises(TimeoutError):
        pacer.wait(Deadline(1))


def test_the_file_says_when_the_next_request_may_go(tmp_path: Path) -> None:
    before = time.monotonic()
    Pacer(tmp_path / "pace", 10).wait(Deadline(1))
    assert before + 0.1 <= float((tmp_path / "pace").read_text()) + 1e-6 <= time.monotonic() + 0.1 + 2e-6


def test_a_wait_beyond_the_deadline_is_not_begun_and_takes_no_slot(tmp_path: Path) -> None:
    pacer = Pacer(tmp_path / "pace", 0.1)
    pacer.wait(Deadline(1))
    next_free = (tmp_path / "pace").read_text()
    begun = time.monotonic()
    for _ in range(5):
        with pytest.raises(TimeoutError):
            pacer.wait(Deadline(1))
    assert time.monotonic() - begun < 1
    assert (tmp_path / "pace").read_text() == next_free


def test_without_its_file_a_process_paces_itself(tmp_path: Path) -> None:
    (tmp_path / "locks").write_text("a file where the folder should be")
    pacer = Pacer(tmp_path / "locks" / "pace", 50)
    begun = time.monotonic()
    for _ in range(6):
        pacer.wait(Deadline(1))
    assert 5 / 50 <= time.monotonic() - begun < 1


@pytest.mark.parametrize("rate", [0, -1, math.nan])
def test_an_impossible_pace_is_refused_when_the_client_is_made(proxy: ProxyHttp, rate: float) -> None:
    with pytest.raises(ValueError, match="more than 0"):
        proxy("films", "http://127.0.0.1", requests_per_second=rate)


def test_requests_and_retries_keep_the_pace(proxy: ProxyHttp, upstream: ScriptedServer) -> None:
    client = proxy("films", upstream.url, requests_per_second=20)
    upstream.says(answer({}, 500), answer({}))
    begun = time.monotonic()
    for number in range(4):
        client.get_json(f"/{number}")
    assert upstream.calls == 5
    assert time.monotonic() - begun >= 4 / 20


def test_answers_of_the_cache_take_no_slot(proxy: ProxyHttp, upstream: ScriptedServer) -> None:
    client = proxy("films", upstream.url, requests_per_second=0.01)
    for _ in range(3):
        client.get_json("/")
    assert upstream.calls == 1


def test_a_queue_longer_than_the_deadline_is_unreachable_at_once(
    new_proxy: Callable[..., ProxyHttp], upstream: ScriptedServer
) -> None:
    clients = [new_proxy()("films", upstream.url, requests_per_second=0.5) for _ in range(2)]
    clients[0].get_json("/1")
    begun = time.monotonic()
    with pytest.raises(ProviderUnreachable, match="waiting"):
        clients[1].get_json("/2")
    assert time.monotonic() - begun < SHORT.total
    assert upstream.calls == 1


def test_real_processes_share_the_pace(tmp_path: Path, upstream: ScriptedServer) -> None:
    arrivals: list[float] = []

    def note(line: Line) -> bool:
        arrivals.append(time.monotonic())
        return answer({})(line)

    upstream.says(note)
    work = """
client = proxy("films", url, requests_per_second=20)
return [client.get_json(f"/{number}/{step}") for step in range(5)]
"""
    run_processes(tmp_path, upstream.url, 3, work)
    assert len(arrivals) == 15
    # 14 steps of 50 ms are 0.7 s; each process for itself would be through in 0.2 s. A late first arrival shortens it.
    assert max(arrivals) - min(arrivals) >= 0.5
