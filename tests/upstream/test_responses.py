"""What each kind of response of the upstream becomes, how often it is asked, and how long that may take."""

import gzip
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from upstream.conftest import SHORT, at_most
from upstream.scripted_server import (
    Line,
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

from movietracker.errors import ProviderFailed, ProviderRefused, ProviderUnreachable, TitleUnknown
from movietracker.plugin.providers import JsonHttpClient
from movietracker.upstream import Limits, ProxyHttp, time_limit
from movietracker.upstream.cache import parse_json

NewClient = Callable[..., JsonHttpClient]


def chunked(line: Line) -> bool:
    line.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n[1,2\r\n3\r\n,3]\r\n0\r\n\r\n")
    return True


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        (answer({"title": "Amélie", "votes": [1, 2.5, None]}), {"title": "Amélie", "votes": [1, 2.5, None]}),
        (content(gzip.compress(b'{"a": 1}'), headers={"Content-Encoding": "gzip"}), {"a": 1}),
        (content(b"\xef\xbb\xbf{}"), {}),
        (chunked, [1, 2, 3]),
    ],
)
def test_a_good_response_is_the_parsed_json(
    client: JsonHttpClient, upstream: ScriptedServer, reply: Reply, value: Any
) -> None:
    upstream.says(reply)
    assert client.get_json("/movie/1") == value


@pytest.mark.parametrize(
    ("path", "params", "target"),
    [
        ("/movie/1", {}, "/base/movie/1"),
        ("/movie/1", {"b": 2, "a": "x y&ü"}, "/base/movie/1?a=x+y%26%C3%BC&b=2"),
        ("/movie/1", {"year": None, "adult": False}, "/base/movie/1?adult=false"),
        ("/movie/1", {"ids": [1, 2]}, "/base/movie/1?ids=1&ids=2"),
        ("/find/a?b=c#d e", None, "/base/find/a%3Fb=c%23d%20e"),
        ("", {"i": "tt1"}, "/base?i=tt1"),
    ],
)
def test_the_question_is_sent_as_given(
    proxy: ProxyHttp, upstream: ScriptedServer, path: str, params: dict[str, Any] | None, target: str
) -> None:
    proxy("films", f"{upstream.url}/base/").get_json(path, params)
    assert upstream.seen[0].target == target


@pytest.mark.parametrize("character", [*map(chr, range(0x20))], ids=lambda each: f"U+{ord(each):04X}")
def test_raw_control_characters_in_text_become_spaces(character: str) -> None:
    assert parse_json(f'{{\n\t"Plot": "One{character}two"}}'.encode()) == {"Plot": "One two"}


@pytest.mark.parametrize(
    ("title", "read"),
    [
        (b"Am\xe9lie", "Am\ufffdlie"),
        (rb"Cut \ud83d", "Cut \ufffd"),
        (rb"Cut \uDE00 here", "Cut \ufffd here"),
        (rb"Cut \ud83d\u0041", "Cut \ufffdA"),
        (rb"Whole \ud83d\ude00, cut \ud83d", "Whole \U0001f600, cut \ufffd"),
        (rb"A path \\ud83d\ud83d", "A path \\ud83d\ufffd"),
    ],
)
def test_a_spoiled_text_costs_none_of_the_list(title: bytes, read: str) -> None:
    assert parse_json(b'{"results": [{"title": "' + title + b'"}, {"title": "Heat"}]}') == {
        "results": [{"title": read}, {"title": "Heat"}]
    }


WRONG_RESPONSES: dict[str, tuple[Reply, type[Exception], int]] = {
    "unknown title": (answer({}, 404), TitleUnknown, 1),
    "wrong key": (answer({}, 401), ProviderRefused, 1),
    "forbidden": (answer({}, 403), ProviderRefused, 1),
    "too many requests": (answer({}, 429), ProviderFailed, 3),
    "server error": (content(b"<h1>down</h1>", 503), ProviderFailed, 3),
    "other client error": (answer({}, 400), ProviderFailed, 1),
    "no content": (content(b"", 204), ProviderFailed, 1),
    "redirect": (answer({}, 302, {"Location": "http://127.0.0.1:1/elsewhere"}), ProviderFailed, 1),
    "redirect to nonsense": (answer({}, 301, {"Location": "http://[::bad\xff"}), ProviderFailed, 1),
    "page": (content(b"<!doctype html><title>Hi</title>", headers={"Content-Type": "text/html"}), ProviderFailed, 1),
    "half a document": (content(b'{"title": "The Mat'), ProviderFailed, 1),
    "empty": (content(b""), ProviderFailed, 1),
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
    "connection closed in the middle": (break_off, ProviderUnreachable, 1),
    "no http": (drip(b"SSH-2.0-OpenSSH_9.6\r\n\r\n", b"", 0.01), ProviderUnreachable, 3),
    "silence": (silence, ProviderUnreachable, 1),
    "silence in the middle": (drip(head(200, 100) + b'{"a": ', b"", 30), ProviderUnreachable, 1),
    "body dripping in": (drip(head(200, 10**6) + b"[", b"1", 0.05), ProviderUnreachable, 1),
    "head dripping in": (drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"z", 0.05), ProviderUnreachable, 1),
}


@pytest.mark.parametrize("case", WRONG_RESPONSES)
def test_a_wrong_response_is_an_error_in_time_and_never_stored(
    proxy: ProxyHttp, client: JsonHttpClient, upstream: ScriptedServer, case: str
) -> None:
    reply, error, calls = WRONG_RESPONSES[case]
    upstream.says(*[reply] * calls, answer({"good": 1}))
    with at_most(SHORT.total), pytest.raises(error) as caught:
        client.get_json("/movie/1", {"q": "private words"})
    assert upstream.calls == calls
    message = str(caught.value)
    assert "films" in message
    assert message.endswith(".")
    assert not any(part in message for part in ("://", "127.0.0.1", "movie/1", "private", "\n"))
    assert proxy.cache_info()["current_size"] == 0
    if case != "head dripping in":  # its question stays busy until the connection ends
        assert client.get_json("/movie/1", {"q": "private words"}) == {"good": 1}


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1", "http://no-such-host.invalid", "http://", "http://h:99999999", "gopher://h"]
)
def test_an_address_where_no_server_listens_is_unreachable(proxy: ProxyHttp, address: str) -> None:
    with at_most(SHORT.total), pytest.raises(ProviderUnreachable, match=r"^films cannot be reached\.$"):
        proxy("films", address).get_json("/")


def test_a_peer_without_tls_is_unreachable_by_https_and_not_asked_again(proxy: ProxyHttp) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:

        def speak_plainly() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                connection.recv(10_000)

        spoken = pool.submit(speak_plainly)
        with at_most(SHORT.total), pytest.raises(ProviderUnreachable, match="No secure connection"):
            proxy("films", f"https://127.0.0.1:{listener.getsockname()[1]}").get_json("/")
        spoken.result()
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_an_error_in_disguise_is_raised_and_never_stored(new_client: NewClient, upstream: ScriptedServer) -> None:
    def fault(body: Any) -> Exception | None:
        return None if body["Response"] == "True" else TitleUnknown(body["Error"])

    client = new_client(fault=fault)
    upstream.says(
        answer({"Response": "False", "Error": "Movie not found!"}), answer([1, 2]), answer({"Response": "True"})
    )
    with pytest.raises(TitleUnknown, match=r"^Movie not found!$"):
        client.get_json("/")
    with pytest.raises(ProviderFailed):
        client.get_json("/")  # the check cannot read this one
    assert client.get_json("/") == {"Response": "True"}
    assert upstream.calls == 3


@pytest.mark.parametrize("trouble", [answer({}, 500), answer({}, 503), answer({}, 429), hang_up])
def test_two_retries_follow_a_transient_fault(client: JsonHttpClient, upstream: ScriptedServer, trouble: Reply) -> None:
    upstream.says(trouble, trouble, answer({"third": "time"}))
    assert client.get_json("/") == {"third": "time"}
    assert upstream.calls == 3


def test_a_retry_after_is_waited_for(upstream: ScriptedServer, new_proxy: Any) -> None:
    client = new_proxy(limits=Limits(max_retry_after=1.5))("films", upstream.url)
    upstream.says(answer({}, 429, {"Retry-After": "1"}), answer({"a": 1}))
    begun = time.monotonic()
    with at_most(1.0):
        assert client.get_json("/") == {"a": 1}
    assert time.monotonic() - begun >= 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_long_retry_after_fails_at_once_and_is_told(new_proxy: Any, upstream: ScriptedServer, status: int) -> None:
    client = new_proxy(limits=Limits())("films", upstream.url)
    upstream.says(answer({}, status, {"Retry-After": "60"}))
    with at_most(0.2), pytest.raises(ProviderFailed) as caught:
        client.get_json("/")
    assert upstream.calls == 1
    assert caught.value.retry_after == 60


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (lambda: format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True), pytest.approx(60, abs=3)),
        (lambda: format_datetime(datetime.now(UTC) - timedelta(days=1), usegmt=True), 0),
        *((lambda value=value: value, None) for value in ("", "soon", "-1", "1.5")),
    ],
)
def test_a_retry_after_is_read_as_a_date_or_not_at_all(
    client: JsonHttpClient, upstream: ScriptedServer, header: Callable[[], str], seconds: float | None
) -> None:
    upstream.says(answer({}, 503, {"Retry-After": header()}))
    with pytest.raises(ProviderFailed) as caught:
        client.get_json("/")
    assert caught.value.retry_after == seconds


def test_a_caller_is_free_at_the_deadline_or_at_an_earlier_time_limit(new_proxy: Any, upstream: ScriptedServer) -> None:
    client = new_proxy(limits=Limits(total=0.5, max_retry_after=60))("films", upstream.url)
    upstream.says(answer({}, 500, {"Retry-After": "60"}), silence)
    with at_most(1.0), pytest.raises(ProviderUnreachable):
        client.get_json("/pause")
    with at_most(0.1), time_limit(60), time_limit(0.1), time_limit(60), pytest.raises(ProviderUnreachable):
        client.get_json("/silence")
    before = upstream.calls
    with time_limit(0), pytest.raises(ProviderUnreachable):
        client.get_json("/late")
    assert upstream.calls == before


def test_a_caller_is_free_when_the_name_lookup_hangs(client: JsonHttpClient, monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def hang(*_: object, **__: object) -> None:
        released.wait(60)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    try:
        with at_most(SHORT.total + 0.5), pytest.raises(ProviderUnreachable, match="in time"):
            client.get_json("/")
    finally:
        released.set()


def test_the_connection_is_reused_and_replaced_once_closed(client: JsonHttpClient, upstream: ScriptedServer) -> None:
    upstream.says(
        answer({}, headers={"Set-Cookie": "session=1; Path=/"}),
        answer({}, 404),
        answer({}, 500),
        answer({}),
        content(b"no json"),
        answer({"last": 1}),
    )
    for number in range(5):
        with suppress(TitleUnknown, ProviderFailed):
            client.get_json(f"/{number}")
    assert (upstream.calls, upstream.connections) == (6, 1)
    assert not any("cookie" in seen.headers for seen in upstream.seen)
    upstream.hang_up_on_all()
    assert client.get_json("/new") == {"last": 1}
    assert upstream.connections == 2


def test_a_web_proxy_of_the_environment_is_used(
    proxy: ProxyHttp, upstream: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", upstream.url)
    proxy("films", "http://films.example/3", secret_params={"api_key": "k"}).get_json("/movie/1")
    assert upstream.seen[0].target == "http://films.example/3/movie/1?api_key=k"


def test_the_limits_are_those_that_the_project_promises() -> None:
    assert asdict(Limits()) == {
        "connect": 3,
        "read": 10,
        "total": 14,
        "retries": 2,
        "backoff": 0.3,
        "max_retry_after": 5,
        "cooldown": 15,
        "max_bytes": 8 * 2**20,
    }
