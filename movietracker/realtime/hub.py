"""All sockets of one application in one process: the thread that serves them starts with the first, ends with the last.

Why a thread for all sockets and none for each: with simple-websocket's own way a socket holds the thread of its request
for as long as it lives, and a second one that reads. A thousand sockets would be two thousand threads, and REST
requests would wait behind them unless the pool had room for all. Here a request hands its socket over after the
handshake and ends, so any number of sockets leaves gunicorn's threads to REST, and costs an object each.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from flask import Flask

from ..events import LibraryChanged
from ..redis_link import RedisLink
from ..services.transactions import library_changed
from .audience import ReadToken
from .hints import Hints, give
from .loop import STOPPING, Arrival, Loop

STOP_SECONDS = 5.0


class Hub:
    """Takes over sockets from requests; its methods are for any thread."""

    def __init__(self, app: Flask, read_token: ReadToken, redis: RedisLink | None) -> None:
        self._app = app
        self._redis = redis
        self._read_token = read_token
        self._lock = threading.Lock()
        self._loop: Loop | None = None
        self._thread: threading.Thread | None = None
        self._is_stopped = False
        self._is_serving: Callable[[], bool] = lambda: True
        library_changed.connect(self._on_library_changed, sender=app)

    def serve_while(self, is_serving: Callable[[], bool]) -> None:
        """Close the sockets as soon as this is false, also when the server still has requests to answer."""
        self._is_serving = is_serving

    def adopt(self, arrival: Arrival) -> None:
        """Serve this socket from now on, or turn it away because the server is stopping."""
        with self._lock:
            if self._is_over():
                arrival.turn_away(*STOPPING)
                return
            if self._loop is None:
                self._loop = Loop(self._read_token)
                self._thread = threading.Thread(target=self._run, args=(self._loop,), name="realtime", daemon=True)
                self._thread.start()
            self._loop.arrive(arrival)

    def stop(self) -> None:
        """Close all sockets with 1001 and end the thread; no further socket is taken."""
        with self._lock:
            self._is_stopped = True
            loop, thread = self._loop, self._thread
        if loop is not None and thread is not None:
            loop.wake()
            thread.join(STOP_SECONDS)

    def _run(self, loop: Loop) -> None:
        hints = None
        with self._app.app_context():
            try:
                if self._redis is not None:
                    hints = Hints(self._redis, self._on_hint)
                while self._goes_on(loop):
                    loop.turn()
                loop.say_farewell()
            finally:
                with self._lock:
                    self._loop = None
                if hints is not None:
                    hints.stop()
                loop.close()

    def _goes_on(self, loop: Loop) -> bool:
        if self._is_over():
            return False
        with self._lock:
            if loop.is_empty:
                self._loop = None  # nothing more can arrive here; the next socket starts another one
            return self._loop is loop

    def _is_over(self) -> bool:
        return self._is_stopped or not self._is_serving()

    def _on_library_changed(self, _app: Flask, event: LibraryChanged) -> None:
        """What this process commits is told at once; it would be found anyway, a moment later."""
        self._on_hint(event.user_id)
        if self._redis is not None:
            give(self._redis, event.user_id)

    def _on_hint(self, user_id: str) -> None:
        loop = self._loop
        if loop is not None and loop.watches(user_id):
            loop.wake()
