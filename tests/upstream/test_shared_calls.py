"""Callers that ask the same at the same time share one call, among threads and among processes."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import time_machine
from filelock import FileLock
from support.stopwatch import Stopwatch
from support.waiting import PATIENCE
from upstream.conftest import SHORT, at_most
from upstream.processes import run_processes
from upstream.scripted_server import Line, ScriptedServer, answer, silence

from movietracker.errors import ProviderFailed, ProviderUnreachable
from movietracker.plugin.providers import JsonHttpClient
from movietracker.upstream import Limits, ProxyHttp, stale_responses, time_limit

NewProxy = Callable[..., ProxyHttp]


def together(count: int, work: Callable[[int], Any]) -> list[Future[Any]]:
    """What comes of doing it so often at the same moment."""
    gate = threading.Barrier(count)

    def begin(number: int) -> Any:
        gate.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return [pool.submit(begin, number) for number in range(count)]


@pytest.mark.parametrize("fresh", [False, True])
def test_ten_threads_cause_one_call(client: JsonHttpClient, upstream: ScriptedServer, fresh: bool) -> None:
    upstream.says(answer({"a": 1}, delay=0.25))
    done = together(10, lambda _: client.get_json("/", fresh=fresh))
    assert [future.result() for future in done] == [{"a": 1}] * 10
    assert upstream.calls == 1


def test_different_questions_do_not_wait_for_each_other(new_proxy: NewProxy, upstream: ScriptedServer) -> None:
    client = new_proxy(limits=Limits())("films", upstream.url)
    all_are_there = threading.Barrier(8)

    def wait_for_the_others(line: Line) -> bool:
        all_are_there.wait(PATIENCE)
        return answer({})(line)

    upstream.says(wait_for_the_others)
    done = together(8, lambda number: client.get_json(f"/{number}"))
    assert [future.result() for future in done] == [{}] * 8


def test_all_get_the_error_of_the_one_call(client: JsonHttpClient, upstream: ScriptedServer) -> None:
    upstream.says(answer({}, 500, delay=0.25), answer({}, 500))
    done = together(10, lambda _: client.get_json("/"))
    assert {type(future.exception()) for future in done} == {ProviderFailed}
    assert upstream.calls == 3


def test_ten_threads_wait_no_longer_than_one_when_it_hangs(client: JsonHttpClient, upstream: ScriptedServer) -> None:
    upstream.says(silence)
    with at_most(SHORT.total):
        done = together(10, lambda _: client.get_json("/"))
    assert {type(future.exception()) for future in done} == {ProviderUnreachable}
    assert upstream.calls == 1


def test_each_caller_learns_that_the_response_is_stale(
    client: JsonHttpClient, upstream: ScriptedServer, clock: time_machine.Traveller
) -> None:
    client.get_json("/")
    clock.shift(4000)
    upstream.says(answer({}, 500, delay=0.25), answer({}, 500))

    def ask(_: int) -> list[str]:
        with stale_responses() as stale:
            client.get_json("/")
        return stale

    assert [future.result() for future in together(5, ask)] == [["films"]] * 5
    assert upstream.calls == 4


def test_a_caller_that_leaves_early_does_not_disturb_others(client: JsonHttpClient, upstream: ScriptedServer) -> None:
    upstream.says(answer({"a": 1}, delay=0.2))

    def ask(number: int) -> Any:
        with time_limit(0.05 if number == 0 else 5):
            return client.get_json("/")

    hasty, *patient = together(4, ask)
    assert isinstance(hasty.exception(), ProviderUnreachable)
    assert [future.result() for future in patient] == [{"a": 1}] * 3
    assert upstream.calls == 1


@pytest.mark.parametrize("fresh", [False, True])
def test_real_processes_cause_one_call(tmp_path: Path, upstream: ScriptedServer, fresh: bool) -> None:
    upstream.says(answer({"a": 1}, delay=0.5))
    work = f'return proxy("films", url).get_json("/", fresh={fresh})'
    assert run_processes(tmp_path, upstream.url, 4, work) == ["{'a': 1}"] * 4
    assert upstream.calls == 1


def test_a_process_that_keeps_the_lock_of_a_question_costs_half_of_the_time(
    new_proxy: NewProxy, upstream: ScriptedServer, tmp_path: Path
) -> None:
    client = new_proxy(limits=Limits(total=2.0))("films", upstream.url)
    client.get_json("/")
    (lock,) = (tmp_path / "locks").glob("answer-*")
    with FileLock(lock):
        begun, watch = time.monotonic(), Stopwatch()
        client.get_json("/", fresh=True)
        assert time.monotonic() - begun >= 1.0
        assert watch.seconds() < 2.0
    assert upstream.calls == 2


def test_a_server_without_a_thread_left_says_so(client: JsonHttpClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_more(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", no_more)
        with pytest.raises(ProviderUnreachable, match="too busy"):
            client.get_json("/")
    assert client.get_json("/") == {"title": "The Matrix"}
