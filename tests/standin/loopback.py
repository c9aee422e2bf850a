"""A real HTTP server on loopback that serves JSON services, remembers its calls and misbehaves when told to."""

import json
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self, TypedDict, Unpack
from urllib.parse import parse_qsl, unquote, urlsplit

HTML = b"<!doctype html><title>503</title><h1>Down for maintenance</h1>"


@dataclass(frozen=True, slots=True)
class Call:
    """One request that arrived: ``path`` is below the service's prefix, header names are in lower case."""

    service: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service says: a body that becomes JSON, unless ``content`` gives the bytes themselves."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    announced_length: int | None = None

    @property
    def encoded(self) -> bytes:
        """The bytes to send."""
        return json.dumps(self.body).encode() if self.content is None else self.content


Service = Callable[[Call], Answer]
Behaviour = Callable[[Answer], Answer | None]
"""Turns the right answer into the wrong one; None closes the connection without a word."""


class Where(TypedDict, total=False):
    """Which calls get a fault: of one service or all, paths that contain a text, so many or until ``recover()``."""

    service: str | None
    path: str
    times: int | None


@dataclass(slots=True)
class Fault:
    """A misbehaviour, and which calls get it."""

    behaviour: Behaviour
    service: str | None
    path: str
    times_left: int | None

    def concerns(self, call: Call) -> bool:
        """Whether this call gets it."""
        return self.times_left != 0 and self.service in (None, call.service) and self.path in call.path


class LoopbackServer:
    """Serves each service under ``/name`` on a free port of 127.0.0.1 until closed.

    The methods that make it fail take the fields of :class:`Where`.
    """

    def __init__(self, services: Mapping[str, Service], port: int = 0) -> None:
        self._services = dict(services)
        self._lock = threading.Lock()
        self._calls: list[Call] = []
        self._faults: list[Fault] = []
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", port), self._answer)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def calls(self) -> list[Call]:
        """The calls so far, in order of arrival."""
        with self._lock:
            return list(self._calls)

    def calls_of(self, service: str) -> list[Call]:
        """The calls of one service so far."""
        return [call for call in self.calls if call.service == service]

    def forget_calls(self) -> None:
        """Start counting anew."""
        with self._lock:
            self._calls.clear()

    def fail_with(
        self, status: int, *, headers: Mapping[str, str] | None = None, body: Any = None, **where: Unpack[Where]
    ) -> None:
        """Answer with this status (and JSON body)."""
        wrong = Answer({"error": "told to fail"} if body is None else body, status, headers or {})
        self.misbehave(lambda _: wrong, **where)

    def answer_with(self, body: Any, **where: Unpack[Where]) -> None:
        """Answer 200 with this JSON instead of the right one."""
        self.misbehave(lambda _: Answer(body), **where)

    def serve_html(self, status: int = 200, **where: Unpack[Where]) -> None:
        """Answer with an HTML page."""
        page = Answer(content=HTML, status=status, headers={"Content-Type": "text/html"})
        self.misbehave(lambda _: page, **where)

    def half_json(self, **where: Unpack[Where]) -> None:
        """Answer with the first half of the right document, as if it were the whole."""
        self.misbehave(lambda right: replace(right, content=right.encoded[: len(right.encoded) // 2]), **where)

    def break_off(self, **where: Unpack[Where]) -> None:
        """Announce the whole answer, send the first half of it and close the connection."""

        def halve(right: Answer) -> Answer:
            whole = right.encoded
            return replace(right, content=whole[: len(whole) // 2], announced_length=len(whole))

        self.misbehave(halve, **where)

    def hang(self, seconds: float, **where: Unpack[Where]) -> None:
        """Wait this long, then answer rightly; closing the server ends the wait."""
        self.misbehave(lambda right: None if self._closing.wait(seconds) else right, **where)

    def close_connection(self, **where: Unpack[Where]) -> None:
        """Close the connection instead of answering."""
        self.misbehave(lambda _: None, **where)

    def misbehave(self, behaviour: Behaviour, **where: Unpack[Where]) -> None:
        """Answer as ``behaviour`` says; of several faults the newest one applies."""
        with self._lock:
            self._faults.append(Fault(behaviour, where.get("service"), where.get("path", ""), where.get("times")))

    def recover(self) -> None:
        """Answer rightly again."""
        with self._lock:
            self._faults.clear()

    def close(self) -> None:
        """Stop listening, end all connections and wait for their threads."""
        self._closing.set()
        self._server.shutdown()
        self._server.hang_up()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _answer(self, method: str, target: str, headers: dict[str, str]) -> Answer | None:
        address = urlsplit(target)
        name, _, rest = address.path.lstrip("/").partition("/")
        query = dict(parse_qsl(address.query, keep_blank_values=True))
        call = Call(name, method, "/" + unquote(rest), query, headers)
        if name not in self._services:
            return Answer({"error": f"no service {name!r} here"}, 404)
        behaviour = self._note(call)
        right = self._services[name](call)
        return behaviour(right) if behaviour else right

    def _note(self, call: Call) -> Behaviour | None:
        with self._lock:
            self._calls.append(call)
            fault = next((fault for fault in reversed(self._faults) if fault.concerns(call)), None)
            if fault and fault.times_left is not None:
                fault.times_left -= 1
            return fault.behaviour if fault else None


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], answer: Callable[[str, str, dict[str, str]], Answer | None]) -> None:
        self.answer = answer
        self._connections: set[socket.socket] = set()
        self._connections_lock = threading.Lock()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._connections_lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._connections_lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End kept-alive connections, whose threads would wait for a next request."""
        with self._connections_lock:
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is part of the play; any other error is ours and is printed."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def do_GET(self) -> None:
        answer = self.server.answer(self.command, self.path, {k.lower(): v for k, v in self.headers.items()})
        if answer is None:
            self.close_connection = True
            return
        content = answer.encoded
        length = len(content) if answer.announced_length is None else answer.announced_length
        self.close_connection = self.close_connection or length != len(content)
        self.send_response(answer.status)
        for name, value in ({"Content-Type": "application/json;charset=utf-8"} | dict(answer.headers)).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: tests look at the recorded calls."""
