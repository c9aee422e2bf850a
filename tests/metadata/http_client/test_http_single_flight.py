"""Whoever asks the same at the same time shares one call, among threads and among processes."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from metadata.http_client.conftest import SHORT, Clock
from metadata.http_client.processes import run_processes
from metadata.http_client.scripted_server import ScriptedServer, answer, silence

from movietracker.contracts import JsonHttpClient
from movietracker.errors import ProviderFailed, ProviderUnreachable
from movietracker.metadata.deadline import Deadline
from movietracker.metadata.file_lock import file_lock
from movietracker.metadata.http import ProxyHttp, stale_answers, time_limit
from movietracker.metadata.single_flight import SingleFlight, TooBusyError


def together(count: int, work: Callable[[int], Any]) -> list[Future[Any]]:
    """What comes of doing it so often at the same moment."""
    gate = threading.Barrier(count)

    def begin(number: int) -> Any:
        gate.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return [pool.submit(begin, number) for number in range(count)]


def test_ten_threads_cause_one_call(client: JsonHttpClient, upstream: ScriptedServer) -> None:
    upstream.says(answer({"a": 1}, delay=0.1))
    done = together(10, lambda _: client.get_json("/"))
    assert [future.result() for future in done] == [{"a": 1}] * 10
    assert upstream.calls == 1


def test_ten_threads_that_want_a_new_answer_cause_one_call(client: JsonHttpClient, upstream: ScriptedServer) -> None:
    client.get_json("/")
    upstream.says(answer({"a": 1}, delay=0.25))
    done = together(10, lambda _: client.get_json("/", fresh=True))
    assert [future.result() for future in done] == [{"a": 1}] * 10
    assert upstream.calls == 2


def test_different_questions_do_not_wait_for_each_other(client: JsonHttpClient, upstream: ScriptedServer) -> None:
    upstream.says(answer({}, delay=0.2))
    begun = time.monotonic()
    together(8, lambda number: client.get_json(f"/{number}"))
    assert time.monotonic() - begun < 8 * 0.2 / 2
    assert upstream.calls == 8


def test_the_error_of_the_one_call_is_everybodys(client: JsonHttpClient, upstream: ScriptedServer) -> None:
    upstream.says(answer({}, 500, delay=0.25), answer({}, 500))
    done = together(10, lambda _: client.get_json("/"))
    assert {type(future.exception()) for future in done} == {ProviderFailed}
    assert upstream.calls == 3


def test_ten_threads_wait_no_longer_than_one_when_the_upstream_hangs(
    client: JsonHttpClient, upstream: ScriptedServer
) -> None:
    upstream.says(silence)
    begun = time.monotonic()
    done = together(10, lambda _: client.get_json("/"))
    assert {type(future.exception()) for future in done} == {ProviderUnreachable}
    assert time.monotonic() - begun < SHORT.total + 0.5
    assert upstream.calls == 1


def test_everybody_is_told_that_the_answer_is_stale(
    client: JsonHttpClient, upstream: ScriptedServer, clock: Clock
) -> None:
    client.get_json("/")
    clock.now += 4000
    upstream.says(answer({}, 500, delay=0.25), answer({}, 500))

    def ask(_: int) -> list[str]:
        with stale_answers() as stale:
            client.get_json("/")
        return stale

    assert [future.result() for future in together(5, ask)] == [["films"]] * 5
    assert upstream.calls == 4


def test_one_who_leaves_early_does_not_spoil_it_for_the_others(
    client: JsonHttpClient, upstream: ScriptedServer
) -> None:
    upstream.says(answer({"a": 1}, delay=0.2))

    def ask(number: int) -> Any:
        with time_limit(0.05 if number == 0 else 5):
            return client.get_json("/")

    hasty, *patient = together(4, ask)
    assert isinstance(hasty.exception(), ProviderUnreachable)
    assert [future.result() for future in patient] == [{"a": 1}] * 3
    assert upstream.calls == 1


def test_two_processes_cause_one_call(new_proxy: Callable[..., ProxyHttp], upstream: ScriptedServer) -> None:
    # Two proxies of one folder share nothing in memory, as two processes do.
    clients = [new_proxy()("films", upstream.url) for _ in range(6)]
    upstream.says(answer({"a": 1}, delay=0.1))
    done = together(6, lambda number: clients[number].get_json("/"))
    assert [future.result() for future in done] == [{"a": 1}] * 6
    assert upstream.calls == 1


@pytest.mark.parametrize("fresh", [False, True])
def test_real_processes_cause_one_call(tmp_path: Path, upstream: ScriptedServer, fresh: bool) -> None:
    upstream.says(answer({"a": 1}, delay=0.5))
    work = f'return proxy("films", url).get_json("/", fresh={fresh})'
    assert run_processes(tmp_path, upstream.url, 4, work) == ["{'a': 1}"] * 4
    assert upstream.calls == 1


def test_a_process_that_never_lets_go_of_a_question_costs_no_more_than_the_deadline(
    client: JsonHttpClient, upstream: ScriptedServer, tmp_path: Path
) -> None:
    client.get_json("/")
    (lock,) = (tmp_path / "locks").glob("answer-*")
    with file_lock(lock, Deadline(1)):
        begun = time.monotonic()
        with pytest.raises(ProviderUnreachable):
            client.get_json("/", fresh=True)
        assert SHORT.total <= time.monotonic() - begun < SHORT.total + 0.5
    assert upstream.calls == 1


def test_a_file_lock_excludes_and_is_released(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "lock"
    with file_lock(path, Deadline(1)), pytest.raises(TimeoutError), file_lock(path, Deadline(0.05)):
        pass
    with file_lock(path, Deadline(0)):
        pass


def test_a_file_lock_is_released_even_if_a_child_has_a_copy_of_its_descriptor(tmp_path: Path) -> None:
    with file_lock(tmp_path / "lock", Deadline(1)) as descriptor:
        copy = os.dup(descriptor)
    with file_lock(tmp_path / "lock", Deadline(0)):
        pass
    os.close(copy)


def test_a_flight_that_is_overdue_is_not_joined() -> None:
    flights: SingleFlight[str] = SingleFlight()
    released = threading.Event()

    def hang(_: Deadline) -> str:
        released.wait(10)
        return "late"

    with pytest.raises(TimeoutError):
        flights.run("key", hang, seconds=0.01, patience=0.05)
    assert flights.run("key", lambda _: "prompt", seconds=1, patience=1) == "prompt"
    released.set()


def test_a_flight_passes_on_any_error_and_leaves_nothing_behind() -> None:
    flights: SingleFlight[str] = SingleFlight()

    def fail(_: Deadline) -> str:
        raise KeyError("x")

    with pytest.raises(KeyError):
        flights.run("key", fail, seconds=1, patience=1)
    assert flights.run("key", lambda _: "next", seconds=1, patience=1) == "next"


def test_a_server_without_a_thread_left_says_so(
    client: JsonHttpClient, monkeypatch: pytest.MonkeyPatch, upstream: ScriptedServer
) -> None:
    def no_more(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", no_more)
        with pytest.raises(TooBusyError):
            SingleFlight[str]().run("key", lambda _: "x", seconds=1, patience=1)
        with pytest.raises(ProviderUnreachable, match="too busy"):
            client.get_json("/")
    assert client.get_json("/") == {"title": "The Matrix"}
