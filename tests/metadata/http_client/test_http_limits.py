"""Attempts, pauses, deadlines and connections."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from metadata.http_client.conftest import SHORT, SLACK_SECONDS, at_most
from metadata.http_client.scripted_server import (
    Line,
    Reply,
    ScriptedServer,
    answer,
    break_off,
    content,
    hang_up,
    head,
    silence,
)

from movietracker.contracts import JsonHttpClient
from movietracker.errors import ProviderFailed, ProviderUnreachable, TitleUnknown
from movietracker.metadata.http import Limits, ProxyHttp, time_limit
from movietracker.metadata.upstream import read_retry_after


@pytest.mark.parametrize("trouble", [answer({}, 500), answer({}, 503), answer({}, 429), hang_up, break_off])
def test_two_more_attempts_are_made_after_a_passing_trouble(
    client: JsonHttpClient, upstream: ScriptedServer, trouble: Reply
) -> None:
    upstream.says(trouble, trouble, answer({"third": "time"}))
    assert client.get_json("/") == {"third": "time"}
    assert upstream.calls == 3


def test_a_retry_after_is_waited_for(upstream: ScriptedServer, new_proxy: Any) -> None:
    client = new_proxy(limits=Limits(total=5, longest_retry_after=1.5))("films", upstream.url)
    upstream.says(answer({}, 429, {"Retry-After": "1"}), answer({"a": 1}))
    begun = time.monotonic()
    assert client.get_json("/") == {"a": 1}
    assert 1 <= time.monotonic() - begun < 1 + SLACK_SECONDS


@pytest.mark.parametrize("status", [429, 503])
def test_a_long_retry_after_fails_at_once_and_is_passed_on(
    client: JsonHttpClient, upstream: ScriptedServer, status: int
) -> None:
    upstream.says(answer({}, status, {"Retry-After": "30"}))
    with at_most(0.2), pytest.raises(ProviderFailed) as caught:
        client.get_json("/")
    assert upstream.calls == 1
    assert caught.value.retry_after == 30


def test_a_retry_after_beyond_the_limit_is_not_waited_for_even_if_there_is_time(
    new_proxy: Any, upstream: ScriptedServer
) -> None:
    client = new_proxy(limits=Limits(total=5, longest_retry_after=0.5))("films", upstream.url)
    upstream.says(answer({}, 429, {"Retry-After": "1"}), answer({}))
    with at_most(0.2), pytest.raises(ProviderFailed):
        client.get_json("/")


def test_a_retry_after_is_read_as_seconds_or_date_or_not_at_all() -> None:
    soon = datetime.now(UTC) + timedelta(seconds=60)
    assert read_retry_after("7") == 7
    assert read_retry_after(format_datetime(soon, usegmt=True)) == pytest.approx(60, abs=3)
    assert read_retry_after(format_datetime(soon - timedelta(days=1), usegmt=True)) == 0
    assert read_retry_after("9" * 400) == 365 * 86_400
    assert [read_retry_after(value) for value in (None, "", "soon", "-1", "1.5")] == [None] * 5


def test_a_pause_that_would_outlast_the_deadline_is_not_begun(new_proxy: Any, upstream: ScriptedServer) -> None:
    client = new_proxy(limits=Limits(total=0.5, first_pause=2))("films", upstream.url)
    upstream.says(answer({}, 500))
    with at_most(0.1), pytest.raises(ProviderFailed):
        client.get_json("/")


def test_a_pause_between_bytes_ends_at_the_deadline(new_proxy: Any, upstream: ScriptedServer) -> None:
    client = new_proxy(limits=Limits(total=0.5))("films", upstream.url)

    def reply(line: Line) -> bool:
        line.send(head(200, 10))
        line.wait(0.4)
        line.send(b"{")
        return silence(line)

    upstream.says(reply)
    begun = time.monotonic()
    with pytest.raises(ProviderUnreachable):
        client.get_json("/")
    assert time.monotonic() - begun < 0.75


def test_an_enclosing_time_limit_frees_the_caller_earlier(client: JsonHttpClient, upstream: ScriptedServer) -> None:
    upstream.says(silence)
    with at_most(0.1), time_limit(5), time_limit(0.1), time_limit(5), pytest.raises(ProviderUnreachable):
        client.get_json("/")


def test_no_question_is_asked_once_the_time_limit_has_passed(client: JsonHttpClient, upstream: ScriptedServer) -> None:
    with time_limit(0), pytest.raises(ProviderUnreachable):
        client.get_json("/")
    assert upstream.calls == 0


def test_a_caller_is_freed_even_when_the_name_lookup_hangs(
    client: JsonHttpClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()

    def hang(*_: object, **__: object) -> None:
        released.wait(10)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    try:
        with at_most(SHORT.total + 0.5), pytest.raises(ProviderUnreachable, match="in time"):
            client.get_json("/")
    finally:
        released.set()


def test_the_connection_is_used_again(client: JsonHttpClient, upstream: ScriptedServer) -> None:
    upstream.says(answer({}), answer({}, 404), answer({}, 500), answer({}), content(b"no json"), answer({}))
    for number in range(5):
        with suppress(TitleUnknown, ProviderFailed):
            client.get_json(f"/{number}")
    assert upstream.calls == 6
    assert upstream.connections == 1


def test_a_connection_that_the_upstream_closed_meanwhile_is_replaced(
    client: JsonHttpClient, upstream: ScriptedServer
) -> None:
    client.get_json("/1")
    upstream.hang_up_on_all()
    assert client.get_json("/2") == {"title": "The Matrix"}
    assert upstream.connections == 2


def test_a_web_proxy_of_the_environment_is_used(
    proxy: ProxyHttp, upstream: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", upstream.url)
    proxy("films", "http://films.example/3", secret_params={"api_key": "k"}).get_json("/movie/1")
    assert upstream.seen[0].target == "http://films.example/3/movie/1?api_key=k"


def test_cookies_are_not_sent_back(client: JsonHttpClient, upstream: ScriptedServer) -> None:
    upstream.says(answer({}, headers={"Set-Cookie": "session=1; Path=/"}))
    client.get_json("/1")
    client.get_json("/2")
    assert "cookie" not in upstream.seen[1].headers


def test_the_limits_are_those_that_the_project_promises() -> None:
    assert asdict(Limits()) == {
        "connect": 3,
        "read": 10,
        "total": 14,
        "retries": 2,
        "first_pause": 0.3,
        "longest_retry_after": 5,
        "max_bytes": 8 * 2**20,
    }
