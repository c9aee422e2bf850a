"""What each kind of answer of the upstream becomes, and how long it may take."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from metadata.http_client.conftest import SHORT, at_most
from metadata.http_client.scripted_server import (
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

from movietracker.contracts import JsonHttpClient
from movietracker.errors import ProviderFailed, ProviderRefused, ProviderUnreachable, TitleUnknown
from movietracker.metadata.http import ProxyHttp

NewClient = Callable[..., JsonHttpClient]


def test_a_good_answer_is_the_parsed_json(client: JsonHttpClient, upstream: ScriptedServer) -> None:
    upstream.says(answer({"title": "Amélie", "votes": [1, 2.5, None]}))
    assert client.get_json("/movie/1") == {"title": "Amélie", "votes": [1, 2.5, None]}


def test_a_compressed_answer_is_unpacked(client: JsonHttpClient, upstream: ScriptedServer) -> None:
    upstream.says(content(gzip.compress(b'{"a": 1}'), headers={"Content-Encoding": "gzip"}))
    assert client.get_json("/") == {"a": 1}


def test_a_chunked_answer_is_put_together(client: JsonHttpClient, upstream: ScriptedServer) -> None:
    def reply(line: Line) -> bool:
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
