"""A loopback HTTP server whose every byte a test decides; it counts connections and records requests."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

Reply = Callable[["Line"], bool]
"""Answers one request; says whether the connection stays open."""


@dataclass(frozen=True)
class Seen:
    """A request as it came over the wire."""

    target: str
    headers: dict[str, str]

    @property
    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.target).query).items()}


class Line:
    """One connection to a client, as a reply sees it."""

    def __init__(self, sock: socket.socket, closing: threading.Event) -> None:
        self._sock = sock
        self._closing = closing

    def send(self, data: bytes) -> None:
        self._sock.sendall(data)

    def wait(self, seconds: float) -> bool:
        """Do nothing for a while; False when the server is being closed."""
        return not self._closing.wait(seconds)


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


class ScriptedServer:
    """Gives the replies of its script one after another, the last one again and again."""

    def __init__(self) -> None:
        self.script: list[Reply] = [answer({"title": "The Matrix"})]
        self.seen: list[Seen] = []
        self.connections = 0
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    @property
    def calls(self) -> int:
        return len(self.seen)

    def says(self, *replies: Reply) -> None:
        self.script = list(replies)

    def hang_up_on_all(self) -> None:
        with self._lock:
            for sock in self._open:
                sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        if self._closing.is_set():
            return
        self._closing.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listener.close()
        with self._lock:
            for sock in self._open:
                with suppress(OSError):  # the client may have closed it a moment ago
                    sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(sock,))
            with self._lock:
                self.connections += 1
                self._open.add(sock)
                self._threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        try:
            with sock.makefile("rb") as stream:
                while (request := _read_request(stream)) and self._next_reply(request)(Line(sock, self._closing)):
                    pass
        except OSError:
            pass  # the client hung up
        finally:
            with self._lock:
                self._open.discard(sock)
            sock.close()

    def _next_reply(self, request: Seen) -> Reply:
        with self._lock:
            self.seen.append(request)
            return self.script.pop(0) if len(self.script) > 1 else self.script[0]


def _read_request(stream: Any) -> Seen | None:
    first = stream.readline().decode("latin-1")
    if not first:
        return None
    headers = {}
    while line := stream.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return Seen(first.split(" ")[1], headers)
