"""gunicorn's threaded worker, in which no thread waits for a client.

- The loop reads a request and takes a thread for it only when it is complete. Of a large one it reads the beginning;
  half of the threads at most receive large requests, the others wait for their turn.
- The loop sends what a client does not read at once, and waits until a connection can be closed.
- A client that is too slow is cut off, first those that have sent or read the least when there are too many.
- A stopping worker serves the connections that the system has accepted already, and closes its part of the queue.
- A client that gets its response before its body was read, as with a dead token, can reuse the connection.
- Bytes that are not HTTP get the same kind of error as any other request, and do not reach the log.

docs/decisions/0010-slow-clients.md explains it, docs/decisions/0001-private-apis.md lists what it relies on.
"""

import errno
import heapq
import os
import socket
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any, cast

from flask import Flask
from gunicorn.workers.gthread import ThreadWorker

from .. import errors
from .arrival import MAX_BUFFERED
from .connection import LEAST_RATE, PATIENCE_SECONDS, Connection
from .refusals import problem_of, send_problem

LINGER_SECONDS = 2.0
"""How long a stopping worker waits for the next request on a connection, and any for a client to close it."""

DRAIN_SECONDS = 5.0
MAX_DRAINED_BYTES = 2 * 1024 * 1024
"""Limits on reading the rest of a body that no view read: a large batch with a dead token."""

MAX_REFUSED_BYTES = 512 * 1024 * 1024
"""How much is read of a body that is refused: many clients look for the response after they have sent all of it."""

MAX_QUEUED = 4096
"""Connections that a stopping worker still takes from the system's queue."""

MAX_ARRIVING = 32 * 1024 * 1024
"""Bytes of incomplete requests in one process."""

MAX_UNSENT = 64 * 1024 * 1024
"""Bytes in one process that clients have not read yet; a single response may be larger."""

MAX_LARGE_QUEUED = 128
"""Large requests that wait for a thread in one process."""

RECEIVED_AT_ONCE = 16 * 1024
CUT_AT_ONCE = 64
CHECK_SECONDS = 0.5

_NOT_ACCEPTED = frozenset({errno.EAGAIN, errno.ECONNABORTED})
_NO_DESCRIPTORS = frozenset({errno.EMFILE, errno.ENFILE})


class Worker(ThreadWorker):
    """One process of ``movietracker serve``."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._waiting: dict[Connection, float] = {}  # for their clients, each with its deadline (monotonic)
        self._arriving = 0
        self._in_threads: set[Connection] = set()
        self._large = 0
        self._large_queue: deque[Connection] = deque()
        self._next_check = 0.0

    def handle_quit(self, sig: int, frame: Any) -> None:
        """Stop at once; before there is an application there is nothing to end, and whoever makes it might fail."""
        if not self.booted:
            os._exit(0)
        super().handle_quit(sig, frame)

    @property
    def _request_seconds(self) -> float:
        return float(cast(Flask, self.wsgi).config["REQUEST_TIMEOUT"])

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection, and wait for its first request."""
        try:
            sock, address = listener.accept()
        except OSError as error:
            if error.errno in _NO_DESCRIPTORS:
                self._cut_slowest(CUT_AT_ONCE, self._waiting)
            elif error.errno not in _NOT_ACCEPTED:
                raise
            return
        self.nr_conns += 1
        self._await_request(Connection(self.cfg, sock, address, listener.getsockname()))

    def _await_request(self, conn: Connection, data: bytes = b"") -> None:
        """Wait for a request, of which a client that does not wait for responses has sent the beginning already."""
        seconds = self.cfg.keepalive if self.alive else LINGER_SECONDS
        self._wait(conn, EVENT_READ, self._on_readable, time.monotonic() + seconds)
        if data:
            self._on_received(conn, data)

    def _wait(self, conn: Connection, event: int, callback: Callable[[Connection], None], deadline: float) -> None:
        self._waiting[conn] = deadline

        def call(_: Any) -> None:
            if conn in self._waiting:  # it may have been cut after the poller saw it
                callback(conn)

        self.poller.register(conn.sock, event, call)

    def _stop_waiting(self, conn: Connection) -> None:
        del self._waiting[conn]
        self._arriving -= len(conn.arrival.data)
        self.poller.unregister(conn.sock)

    def _on_readable(self, conn: Connection) -> None:
        try:
            data = conn.sock.recv(RECEIVED_AT_ONCE, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._on_received(conn, data)
        elif conn.arrival.data:
            self._hand_over(conn)  # the parser knows what a request is that breaks off
        else:
            self._drop(conn)

    def _on_received(self, conn: Connection, data: bytes) -> None:
        arrival = conn.arrival
        if not arrival.data:
            seconds = min(PATIENCE_SECONDS, self._request_seconds)
            self._waiting[conn] = time.monotonic() + seconds
        arrival.add(data)
        self._arriving += len(data)
        if arrival.is_whole():
            self._hand_over(conn)
        elif len(arrival.data) >= MAX_BUFFERED:
            conn.is_large = True
            self._hand_over(conn)
        else:
            if arrival.waits_for_continue:
                with suppress(OSError):
                    conn.sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            if self._arriving > MAX_ARRIVING:
                self._cut_slowest(1, [each for each in self._waiting if each.arrival.data])

    def _hand_over(self, conn: Connection) -> None:
        """Let a thread respond, of which half at most may receive large requests."""
        self._stop_waiting(conn)
        if not conn.is_large:
            self.enqueue_req(conn)
        elif len(self._large_queue) < MAX_LARGE_QUEUED:
            self._large_queue.append(conn)
            self._take_large()
        else:
            self._refuse(conn, errors.TooManyAtOnce)

    def _take_large(self) -> None:
        while self._large_queue and self._large < max(1, self.cfg.threads // 2):
            self._large += 1
            self.enqueue_req(self._large_queue.popleft())

    def finish_request(self, conn: Any, fs: Future[Any]) -> None:
        """Send the rest of a response; gunicorn calls this in the loop when a thread is through with a request."""
        if conn.is_large:
            self._large -= 1
            self._take_large()
        conn.next_request()
        conn.keeps_alive = not fs.cancelled() and fs.exception() is None and bool(fs.result())
        if not conn.sock.unsent:
            self._after_response(conn)
            return
        deadline = min(time.monotonic() + PATIENCE_SECONDS, conn.begun + self._request_seconds)
        self._wait(conn, EVENT_WRITE, self._on_writable, deadline)
        sending = [each for each in self._waiting if each.sock.unsent]
        if len(sending) > 1 and sum(each.sock.unsent for each in sending) > MAX_UNSENT:
            self._cut_slowest(1, sending)

    def _on_writable(self, conn: Connection) -> None:
        try:
            sent = conn.sock.flush()
        except OSError:
            self._drop(conn)
            return
        if conn.sock.unsent:
            earned = min(time.monotonic() + PATIENCE_SECONDS, self._waiting[conn] + sent / LEAST_RATE)
            self._waiting[conn] = min(earned, conn.begun + self._request_seconds)
        else:
            self._stop_waiting(conn)
            self._after_response(conn)

    def _after_response(self, conn: Connection) -> None:
        if conn.keeps_alive:
            self._await_request(conn, conn.parser.unreader.take_buffered())
        else:
            self._linger(conn)

    def _refuse(self, conn: Connection, problem: type[errors.Problem]) -> None:
        conn.next_request()
        send_problem(conn.sock, problem)
        self._linger(conn)

    def _linger(self, conn: Connection) -> None:
        """Close a connection when its client has: before that, the system would discard what is not yet read.

        A client that has sent too large a body gets to send the rest of it, and then finds the response.
        """
        left = [MAX_REFUSED_BYTES]
        last = conn.begun + self._request_seconds

        def discard(_: Connection) -> None:
            with suppress(BlockingIOError):
                try:
                    count = len(conn.sock.recv(MAX_BUFFERED, socket.MSG_DONTWAIT))
                except ConnectionError:
                    count = 0
                left[0] -= count
                if not count or left[0] < 0:
                    self._drop(conn)
                elif self.alive:
                    self._waiting[conn] = min(last, time.monotonic() + LINGER_SECONDS)

        self._wait(conn, EVENT_READ, discard, time.monotonic() + LINGER_SECONDS)
        with suppress(OSError):
            conn.sock.shutdown(socket.SHUT_WR)

    def _drop(self, conn: Connection) -> None:
        self._stop_waiting(conn)
        self.nr_conns -= 1
        conn.close()

    def _cut_slowest(self, count: int, conns: Iterable[Connection]) -> None:
        """Close the connections whose time is up next; a client that sends or reads pushes its time on."""
        for conn in heapq.nsmallest(count, conns, key=self._waiting.__getitem__):
            self._drop(conn)

    def murder_pending(self) -> None:
        """Close what takes too long, or the slowest when there are too many; gunicorn calls this in each turn."""
        if self.nr_conns >= self.worker_connections:
            self._cut_slowest(CUT_AT_ONCE, self._waiting)
        now = time.monotonic()
        if now < self._next_check:
            return
        self._next_check = now + CHECK_SECONDS
        for conn in [conn for conn, deadline in self._waiting.items() if deadline < now]:
            if conn.arrival.data:
                self._stop_waiting(conn)
                self._refuse(conn, errors.TooSlow)
            else:
                self._drop(conn)
        for conn in tuple(self._in_threads):
            if now - conn.begun > self._request_seconds:
                with suppress(OSError):
                    conn.sock.shutdown(socket.SHUT_RDWR)

    def set_accept_enabled(self, enabled: bool | None) -> None:
        """Start or stop accepting; a worker that ends takes what is queued, closes the queue and waits briefly."""
        super().set_accept_enabled(enabled)
        if enabled or self.alive:
            return
        for listener in self.sockets:
            for _ in range(MAX_QUEUED):
                before = self.nr_conns
                self.accept(listener)
                if self.nr_conns == before:
                    break
            listener.close()
        deadline = time.monotonic() + LINGER_SECONDS
        for conn, until in self._waiting.items():
            if not conn.arrival.data and not conn.sock.unsent:
                self._waiting[conn] = min(until, deadline)

    def handle(self, conn: Any) -> Any:
        """Read a request and respond to it, in a thread."""
        conn.begun = time.monotonic()
        self._in_threads.add(conn)
        try:
            return super().handle(conn)
        finally:
            self._in_threads.discard(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Respond to a request whose headers have arrived."""
        req._expected_100_continue = False  # the loop has told the client to continue
        if conn.is_large and int(dict(req.headers).get("CONTENT-LENGTH", MAX_REFUSED_BYTES)) > MAX_DRAINED_BYTES:
            req.force_close()  # the view may leave more of the body than _keepalive_after reads
        return super().handle_request(req, conn)

    def _keepalive_after(self, conn: Connection, keepalive: bool) -> bool:
        """Whether the connection can be reused, after the rest of an unread body has come in.

        gunicorn reads 64 KiB of it and then closes the connection, so the client's next request gets no response.
        """
        if not keepalive:
            return False
        conn.limit_patience(DRAIN_SECONDS)
        deadline = time.monotonic() + DRAIN_SECONDS
        return bool(conn.parser.finish_body(deadline=deadline, max_bytes=MAX_DRAINED_BYTES))

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Respond to bytes that are not HTTP, or to a fault outside the application."""
        problem = problem_of(exc)
        if problem is errors.Problem:
            self.log.error("Error outside the application", exc_info=exc)
        send_problem(client, problem)
