"""No more requests per second than allowed, from all processes together."""

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import time_machine
from support import pacing
from support.stopwatch import Stopwatch
from upstream.processes import run_processes
from upstream.scripted_server import Line, ScriptedServer, answer

from movietracker.errors import ProviderUnreachable
from movietracker.plugin.providers import JsonHttpClient
from movietracker.upstream import Limits, ProxyHttp


@pytest.fixture
def arrivals(upstream: ScriptedServer) -> list[float]:
    """When each request reaches the upstream."""
    moments: list[float] = []

    def note(line: Line) -> bool:
        moments.append(time.monotonic())
        return answer({})(line)

    upstream.says(note)
    return moments


@pytest.mark.parametrize("rate", [0, -1, math.nan])
def test_an_impossible_pace_is_refused_when_the_client_is_made(proxy: ProxyHttp, rate: float) -> None:
    with pytest.raises(ValueError, match="more than 0"):
        proxy("films", "http://127.0.0.1", requests_per_second=rate)


def test_threads_and_clients_of_one_name_share_the_pace(
    new_proxy: Callable[..., ProxyHttp], upstream: ScriptedServer, arrivals: list[float]
) -> None:
    clients = [new_proxy(limits=Limits())("films", upstream.url, requests_per_second=5) for _ in range(2)]
    with ThreadPoolExecutor(6) as pool:
        watch = Stopwatch()
        list(pool.map(lambda number: clients[number % 2].get_json(f"/{number}"), range(5)))
        assert watch.seconds() < 0.8, "as many as allowed go at once"
        list(pool.map(lambda number: clients[number % 2].get_json(f"/{number}"), range(5, 11)))
    assert len(arrivals) == 11
    assert pacing.is_kept(arrivals, 5)


def test_real_processes_share_the_pace(tmp_path: Path, upstream: ScriptedServer, arrivals: list[float]) -> None:
    work = """
client = proxy("films", url, requests_per_second=5)
return [client.get_json(f"/{number}/{step}") for step in range(4)]
"""
    run_processes(tmp_path, upstream.url, 3, work)
    assert len(arrivals) == 12
    assert pacing.is_kept(arrivals, 5)


def test_retries_keep_the_pace(
    new_proxy: Callable[..., ProxyHttp], upstream: ScriptedServer, arrivals: list[float]
) -> None:
    client = new_proxy(limits=Limits(backoff=0.01))("films", upstream.url, requests_per_second=1)
    upstream.script.insert(0, answer({}, 500))
    begun = time.monotonic()
    assert client.get_json("/") == {}
    assert time.monotonic() - begun >= 0.9


def test_cached_responses_take_no_slot(new_client: Callable[..., JsonHttpClient], upstream: ScriptedServer) -> None:
    client = new_client(requests_per_second=0.01)
    for _ in range(3):
        client.get_json("/")
    assert upstream.calls == 1


def test_a_too_long_queue_is_unreachable(new_client: Callable[..., JsonHttpClient], upstream: ScriptedServer) -> None:
    client = new_client(requests_per_second=0.1)
    client.get_json("/1")
    with pytest.raises(ProviderUnreachable, match="waiting"):
        client.get_json("/2")
    assert upstream.calls == 1


def test_a_clock_set_back_blocks_nothing(
    new_client: Callable[..., JsonHttpClient], upstream: ScriptedServer, clock: time_machine.Traveller
) -> None:
    client = new_client(requests_per_second=1)
    client.get_json("/1")
    clock.shift(-3600)
    client.get_json("/2")
    assert upstream.calls == 2


@pytest.mark.parametrize("junk", [b"junk" * 1000, b""])
def test_a_damaged_file_costs_nothing_but_the_common_pace(
    new_client: Callable[..., JsonHttpClient], upstream: ScriptedServer, tmp_path: Path, junk: bytes
) -> None:
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks" / "pace-films.sqlite").write_bytes(junk)
    client = new_client(requests_per_second=0.01)
    client.get_json("/1")
    with pytest.raises(ProviderUnreachable, match="waiting"):
        client.get_json("/2")


def test_a_file_that_fails_while_in_use_costs_nothing_but_the_common_pace(
    new_client: Callable[..., JsonHttpClient], upstream: ScriptedServer, tmp_path: Path
) -> None:
    client = new_client(requests_per_second=0.1)
    client.get_json("/1")
    for path in (tmp_path / "locks").glob("pace-films.sqlite*"):
        path.write_bytes(b"junk" * 5000)
    client.get_json("/2")
    with pytest.raises(ProviderUnreachable, match="waiting"):
        client.get_json("/3")
