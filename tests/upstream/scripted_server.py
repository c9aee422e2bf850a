"""A loopback HTTP server whose every byte a test decides; it counts connections and records requests."""

import json
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

Reply = Callable[["Line"], bool]
"""Responds to one request; says whether the connection stays open."""


@dataclass(frozen=True)
class Seen:
    """A request as it came over the wire."""

    target: str
    headers: dict[str, str]

    @property
    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.target).query).items()}


@dataclass(frozen=True)
class Line:
    """One connection to a client, as a reply sees it."""

    send: Callable[[bytes], object]
    closing: threading.Event

    def wait(self, seconds: float) -> bool:
        """Do nothing for a while; False when the server is being closed."""
        return not self.closing.wait(seconds)


def head(status: int, length: int, headers: Mapping[str, str] | None = None) -> bytes:
    fields = {"Content-Type": "application/json", "Content-Length": str(length), **(headers or {})}
    return f"HTTP/1.1 {status} X\r\n{''.join(f'{k}: {v}' + chr(13) + chr(10) for k, v in fields.items())}\r\n".encode()


def content(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None, delay: float = 0) -> Reply:
    def reply(line: Line) -> bool:
        if delay:
            line.wait(delay)
        line.send(head(status, len(body), headers) + body)
        return True

    return reply


def answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None, delay: float = 0) -> Reply:
    return content(json.dumps(body).encode(), status, headers, delay)


def silence(line: Line) -> bool:
    line.wait(30)
    return False


def hang_up(line: Line) -> bool:
    return False


def break_off(line: Line) -> bool:
    line.send(head(200, 1000) + b'{"half": ')
    return False


def drip(start: bytes, byte: bytes, interval: float) -> Reply:
    """Send the start at once, then a byte at a time for as long as the other side listens."""

    def reply(line: Line) -> bool:
        line.send(start)
        while line.wait(interval):
            line.send(byte)
        return False

    return reply


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    scripted: "ScriptedServer"

    def do_GET(self) -> None:
        request = Seen(self.path, {name.lower(): value for name, value in self.headers.items()})
        with suppress(OSError):  # the client hung up
            self.close_connection = not self.scripted.next_reply(request)(Line(self.wfile.write, self.scripted.closing))

    def log_message(self, *_: object) -> None:
        pass


class ScriptedServer(ThreadingHTTPServer):
    """Gives the replies of its script one after another, the last one again and again."""

    request_queue_size = 256
    daemon_threads = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), type("Handler", (_Handler,), {"scripted": self}))
        self.script: list[Reply] = [answer({"title": "The Matrix"})]
        self.seen: list[Seen] = []
        self.sockets: list[socket.socket] = []
        self.closing = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}"
        self._script_lock = threading.Lock()
        self._serving = threading.Thread(target=self.serve_forever, args=(0.01,))
        self._serving.start()

    @property
    def calls(self) -> int:
        return len(self.seen)

    @property
    def connections(self) -> int:
        return len(self.sockets)

    def says(self, *replies: Reply) -> None:
        self.script = list(replies)

    def next_reply(self, request: Seen) -> Reply:
        with self._script_lock:
            self.seen.append(request)
            return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    def process_request(self, request: Any, client_address: Any) -> None:
        self.sockets.append(request)
        super().process_request(request, client_address)

    def hang_up_on_all(self) -> None:
        for sock in self.sockets:
            with suppress(OSError):  # closed already
                sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        if not self.closing.is_set():
            self.closing.set()
            self.shutdown()
            self.hang_up_on_all()
            self.server_close()
            self._serving.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
