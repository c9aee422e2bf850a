"""gunicorn's threaded worker, with what a server in the open needs besides.

- A connection waits for its first byte in the poller and not in a thread: idle ones cost no thread.
- A request that takes too long to arrive, to be answered or to be read is cut off, so that slow clients end, too.
- A worker that stops answers whom the system has let in already, and leaves nobody waiting at a closed door.
- Who is answered before their body was read, as with a dead token, may ask again on the same connection.
- What is no HTTP is answered like every other error, and its text goes into no log.
"""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from selectors import EVENT_READ
from typing import Any, cast

import orjson
from flask import Flask
from gunicorn.http import errors as http_errors
from gunicorn.workers.gthread import TConn, ThreadWorker

from .. import errors

HEAD_SECONDS = 15.0
"""For the request line and the headers of a request, from its first byte on."""

LINGER_SECONDS = 2.0
"""A stopping worker waits so long for the next request on a connection, as gunicorn does."""

DRAIN_SECONDS = 5.0
MOST_DRAINED = 2 * 1024 * 1024
"""What nobody has read of a request's body is read for so long and so far: a large batch with a dead token."""

MOST_WAITING = 4096
"""Connections that a stopping worker still takes from the system's queue."""

_PROBLEM_OF: dict[type[Exception], type[errors.Problem]] = {
    http_errors.LimitRequestLine: errors.AddressTooLong,
    http_errors.LimitRequestHeaders: errors.HeadersTooLong,
    http_errors.UnsupportedTransferCoding: errors.CodingUnknown,
    http_errors.ExpectationFailed: errors.ExpectationFailed,
}


class Worker(ThreadWorker):
    """One process of ``movietracker serve``."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # When each request under way began (monotonic), and whether its headers are there.
        self._under_way: dict[TConn, tuple[float, bool]] = {}

    def accept(self, listener: socket.socket) -> None:
        """Let one connection in."""
        self._let_in(listener)

    def set_accept_enabled(self, enabled: bool | None) -> None:
        """Begin or end to accept; the end of a worker is also the end of its part of the queue."""
        super().set_accept_enabled(enabled)
        if not enabled and not self.alive:
            for listener in self.sockets:
                for _ in range(MOST_WAITING):
                    if not self._let_in(listener):
                        break
                listener.close()

    def handle(self, conn: TConn) -> Any:
        """Read and answer a request, in a thread."""
        self._under_way[conn] = (time.monotonic(), False)
        try:
            return super().handle(conn)
        finally:
            self._under_way.pop(conn, None)

    def handle_request(self, req: Any, conn: TConn) -> Any:
        """Answer a request whose headers have arrived."""
        self._under_way[conn] = (self._under_way[conn][0], True)
        return super().handle_request(req, conn)

    def _keepalive_after(self, conn: TConn, keepalive: bool) -> bool:
        """Whether the connection can be used again, when what nobody has read of the body has come in.

        gunicorn reads 64 KiB, and then hangs up without a word, so that the client's next request gets no answer.
        """
        if not keepalive:
            return False
        deadline = time.monotonic() + DRAIN_SECONDS
        return bool(cast(Any, conn.parser).finish_body(deadline=deadline, max_bytes=MOST_DRAINED))

    def murder_pending(self) -> None:
        """Close what waits too long; gunicorn calls this every second."""
        super().murder_pending()
        now = time.monotonic()
        limits = {False: HEAD_SECONDS, True: float(cast(Flask, self.wsgi).config["REQUEST_TIMEOUT"])}
        for conn, (begun, has_headers) in tuple(self._under_way.items()):
            if now - begun > limits[has_headers]:
                with suppress(OSError):
                    conn.sock.shutdown(socket.SHUT_RDWR)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer what is no HTTP, or a fault outside the application."""
        if isinstance(exc, http_errors.ParseException | ConnectionError):
            problem = _PROBLEM_OF.get(type(exc), errors.NotHttp)
        else:
            problem = errors.Problem
            self.log.error("Error outside the application", exc_info=exc)
        with suppress(OSError):
            client.setblocking(False)
            client.send(_answer(problem))

    def _let_in(self, listener: socket.socket) -> bool:
        """Take a connection from the queue and wait for its first byte; whether there was one."""
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return False
        conn = TConn(self.cfg, client, address, listener.getsockname())
        conn.timeout = time.monotonic() + (self.cfg.keepalive if self.alive else LINGER_SECONDS)
        self.nr_conns += 1
        self.pending_conns.append(conn)
        self.poller.register(client, EVENT_READ, partial(self.on_pending_socket_readable, conn))
        return True

    def _cap_keepalive(self, deadline: float) -> None:
        """Do not wait for idle connections at the stop, new ones included."""
        super()._cap_keepalive(deadline)  # type: ignore[misc]  # not in its stubs
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout or deadline, deadline)


def _answer(problem: type[errors.Problem]) -> bytes:
    body = orjson.dumps({"detail": problem.sentence, "code": problem.code})
    head = (
        f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}\r\n"
        "Connection: close\r\nContent-Type: application/json\r\n"
        f"X-Content-Type-Options: nosniff\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("ascii") + body
