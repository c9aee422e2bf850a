"""What each kind of answer of the upstream becomes, and how long it may take."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from metadata.http_client.conftest import SHORT
from metadata.http_client.scripted_server import (
    Reply,
    ScriptedServer,
    answer,
    break_off,
    content,
    drip,
    hang_up,
    head,
    silence,
)

from movietracker.contracts import JsonHttpClient
from movietracker.errors import ProviderFailed, ProviderRefused, ProviderUnreachable, TitleUnknown
from movietracker.metadata.http import Limits, ProxyHttp, time_limit
from movietracker.metadata.upstream import read_retry_after

NewClient = Callable[..., JsonHttpClient]
# What a loaded machine may add.
SLACK_SECONDS = 0.6


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < seconds + SLACK_SECONDS


def test_a_good_answer_is_the_parsed_json(client: JsonHttpClient, upstream: ScriptedServer) -> None:
    upstream.says(answer({"title": "Amélie", "votes": [1, 2.5, None]}))
    assert client.get_json("/movie/1") == {"title": "Amélie", "votes": [1, 2.5, None]}


def test_a_compressed_answer_is_unpacked(client: JsonHttpClient, upstream: ScriptedServer) -> None:
    upstream.says(content(gzip.compress(b'{"a": 1}'), headers={"Content-Encoding": "gzip"}))
    assert client.get_json("/") == {"a": 1}


def test_a_chunked_answer_is_put_together(client: JsonHttpClient, upstream: ScriptedServer) -> None:
    def reply(line: Any) -> bool:
        line.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n[1,2\r\n3\r\n,3]\r\n0\r\n\r\n")
        return True

    upstream.says(reply)
    assert client.get_json("/list") == [1, 2, 3]


def test_a_byte_order_mark_is_overlooked(client: JsonHttpClient, upstream: ScriptedServer) -> None:
    upstream.says(content(b"\xef\xbb\xbf{}"))
    assert client.get_json("/") == {}


@pytest.mark.parametrize(
    ("params", "target"),
    [
        (None, "/base/movie/1"),
        ({}, "/base/movie/1"),
        ({"b": 2, "a": "x y&ü"}, "/base/movie/1?a=x+y%26%C3%BC&b=2"),
        ({"year": None, "adult": False}, "/base/movie/1?adult=false"),
        ({"ids": [1, 2]}, "/base/movie/1?ids=1&ids=2"),
    ],
)
def test_the_question_is_sent_as_given(
    proxy: ProxyHttp, upstream: ScriptedServer, params: dict[str, Any] | None, target: str
) -> None:
    proxy("films", f"{upstream.url}/base/").get_json("/movie/1", params)
    assert upstream.seen[0].target == target


def test_a_path_cannot_smuggle_in_parameters(client: JsonHttpClient, upstream: ScriptedServer) -> None:
    client.get_json("/find/a?b=c#d e")
    assert upstream.seen[0].target == "/find/a%3Fb=c%23d%20e"


def test_an_empty_path_asks_the_base_address_itself(proxy: ProxyHttp, upstream: ScriptedServer) -> None:
    proxy("films", f"{upstream.url}/api").get_json("", {"i": "tt1"})
    assert upstream.seen[0].target == "/api?i=tt1"


WRONG_ANSWERS: dict[str, tuple[Reply, type[Exception], int]] = {
    "unknown title": (answer({}, 404), TitleUnknown, 1),
    "wrong key": (answer({}, 401), ProviderRefused, 1),
    "forbidden": (answer({}, 403), ProviderRefused, 1),
    "too many requests": (answer({}, 429), ProviderFailed, 3),
    "server error": (answer({}, 500), ProviderFailed, 3),
    "server down": (content(b"<h1>down</h1>", 503), ProviderFailed, 3),
    "other client error": (answer({}, 400), ProviderFailed, 1),
    "no content": (content(b"", 204), ProviderFailed, 1),
    "redirect": (answer({}, 302, {"Location": "http://127.0.0.1:1/elsewhere"}), ProviderFailed, 1),
    "redirect to nonsense": (answer({}, 301, {"Location": "http://[::bad\xff"}), ProviderFailed, 1),
    "page": (content(b"<!doctype html><title>Hi</title>", headers={"Content-Type": "text/html"}), ProviderFailed, 1),
    "half a document": (content(b'{"title": "The Mat'), ProviderFailed, 1),
    "empty": (content(b""), ProviderFailed, 1),
    "bare string": (answer("fine"), ProviderFailed, 1),
    "null": (answer(None), ProviderFailed, 1),
    "not a number": (content(b'{"vote": NaN}'), ProviderFailed, 1),
    "not text": (content(b"\xff\xfe\x00"), ProviderFailed, 1),
    "nested too deep": (content(b"[" * 50_000), ProviderFailed, 1),
    "damaged compression": (content(b"nothing", headers={"Content-Encoding": "gzip"}), ProviderFailed, 1),
    "too large": (content(b"[" + b"1," * 60_000 + b"1]"), ProviderFailed, 1),
    "too large unpacked": (
        content(gzip.compress(b"[" + b"1," * 3_000_000 + b"1]"), headers={"Content-Encoding": "gzip"}),
        ProviderFailed,
        1,
    ),
    "connection closed": (hang_up, ProviderUnreachable, 3),
    "connection closed in the middle": (break_off, ProviderUnreachable, 3),
    "no http": (drip(b"SSH-2.0-OpenSSH_9.6\r\n\r\n", b"", 0.01), ProviderUnreachable, 3),
    "silence": (silence, ProviderUnreachable, 1),
    "silence in the middle": (drip(head(200, 100) + b'{"a": ', b"", 30), ProviderUnreachable, 1),
    "body dripping in": (drip(head(200, 10**6) + b"[", b"1", 0.05), ProviderUnreachable, 1),
    "head dripping in": (drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"z", 0.05), ProviderUnreachable, 1),
    "error page dripping in": (drip(head(500, 10**4), b"z", 0.05), ProviderFailed, 1),
}


@pytest.mark.parametrize("case", WRONG_ANSWERS)
def test_a_wrong_answer_is_an_error_in_time(client: JsonHttpClient, upstream: ScriptedServer, case: str) -> None:
    reply, error, calls = WRONG_ANSWERS[case]
    upstream.says(reply)
    with at_most(SHORT.total), pytest.raises(error) as caught:
        client.get_json("/movie/1", {"q": "private words"})
    assert upstream.calls == calls
    message = str(caught.value)
    assert "films" in message
    assert message.endswith(".")
    assert not any(part in message for part in ("://", "127.0.0.1", "movie/1", "private", "\n"))


@pytest.mark.parametrize("case", WRONG_ANSWERS)
def test_an_error_is_never_stored(
    proxy: ProxyHttp, client: JsonHttpClient, upstream: ScriptedServer, case: str
) -> None:
    reply, error, calls = WRONG_ANSWERS[case]
    upstream.says(*[reply] * calls, answer({"good": 1}))
    with pytest.raises(error):
        client.get_json("/movie/1")
    assert proxy.cache_info()["current_size"] == 0
    assert client.get_json("/movie/1") == {"good": 1}


def test_a_refused_connection_is_unreachable(proxy: ProxyHttp) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with at_most(SHORT.total), pytest.raises(ProviderUnreachable, match=r"^films cannot be reached\.$"):
        proxy("films", f"http://127.0.0.1:{port}").get_json("/")


def test_an_unknown_host_is_unreachable(proxy: ProxyHttp) -> None:
    with at_most(SHORT.total), pytest.raises(ProviderUnreachable):
        proxy("films", "http://no-such-host.invalid").get_json("/")


@pytest.mark.parametrize("address", ["http://", "http://[::1", "http://127.0.0.1:99999999", "gopher://127.0.0.1"])
def test_an_impossible_address_is_unreachable(proxy: ProxyHttp, address: str) -> None:
    with pytest.raises(ProviderUnreachable):
        proxy("films", address).get_json("/")


def test_a_peer_without_tls_is_unreachable_by_https(proxy: ProxyHttp, upstream: ScriptedServer) -> None:
    with at_most(SHORT.total), pytest.raises(ProviderUnreachable):
        proxy("films", upstream.url.replace("http:", "https:")).get_json("/")


@pytest.mark.parametrize("trouble", [answer({}, 500), answer({}, 503), answer({}, 429), hang_up, break_off])
def test_two_more_attempts_are_made_after_a_passing_trouble(
    client: JsonHttpClient, upstream: ScriptedServer, trouble: Reply
) -> None:
    upstream.says(trouble, trouble, answer({"third": "time"}))
    assert client.get_json("/") == {"third": "time"}
    assert upstream.calls == 3


def test_a_retry_after_is_waited_for(client: JsonHttpClient, upstream: ScriptedServer, new_proxy: Any) -> None:
    slower = new_proxy(limits=Limits(total=5, longest_retry_after=1.5))("films", upstream.url)
    upstream.says(answer({}, 429, {"Retry-After": "1"}), answer({"a": 1}))
    begun = time.monotonic()
    assert slower.get_json("/") == {"a": 1}
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


def test_a_retry_after_is_read_as_seconds_or_date_or_not_at_all() -> None:
    soon = datetime.now(UTC) + timedelta(seconds=60)
    assert read_retry_after("7") == 7
    assert read_retry_after(format_datetime(soon, usegmt=True)) == pytest.approx(60, abs=3)
    assert read_retry_after(format_datetime(soon - timedelta(days=1), usegmt=True)) == 0
    assert [read_retry_after(value) for value in (None, "", "soon", "-1", "1.5")] == [None] * 5


def test_a_pause_that_would_outlast_the_deadline_is_not_begun(new_proxy: Any, upstream: ScriptedServer) -> None:
    client = new_proxy(limits=Limits(total=0.5, first_pause=2))("films", upstream.url)
    upstream.says(answer({}, 500))
    with at_most(0.1), pytest.raises(ProviderFailed):
        client.get_json("/")


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


def test_an_error_in_disguise_is_raised_and_never_stored(new_client: NewClient, upstream: ScriptedServer) -> None:
    def fault(body: Any) -> Exception | None:
        return None if body["Response"] == "True" else TitleUnknown(body["Error"])

    client = new_client(fault=fault)
    upstream.says(answer({"Response": "False", "Error": "Movie not found!"}), answer({"Response": "True"}))
    with pytest.raises(TitleUnknown, match=r"^Movie not found!$"):
        client.get_json("/")
    assert client.get_json("/") == {"Response": "True"}
    assert upstream.calls == 2


def test_a_body_that_the_fault_check_cannot_read_is_a_failure(new_client: NewClient, upstream: ScriptedServer) -> None:
    upstream.says(answer([1, 2, 3]))
    with pytest.raises(ProviderFailed):
        new_client(fault=lambda body: body["Response"]).get_json("/")


def test_every_caller_gets_a_value_of_its_own(client: JsonHttpClient) -> None:
    first = client.get_json("/")
    first["title"] = "changed"
    assert client.get_json("/") == {"title": "The Matrix"}


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
