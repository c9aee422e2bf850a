"""All sockets of one application in one process: a thread that starts with the first socket and ends with the last.

docs/decisions/0002-socket-loop.md says why one thread serves all of them. With Redis, a process that changed a library
gives the others, on any machine, a hint to poll it at once. What changed is read from the database, which the next
regular poll would do anyway: a hint that is lost, doubled, or missing while Redis is away costs only that moment.
"""

import threading
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any

from flask import Flask

from ..plugin.events import LibraryChanged
from ..redis_link import COOLDOWN_SECONDS, PREFIX, RedisAwayError, RedisLink
from ..services.transactions import library_changed
from .loop import STOPPING, Arrival, Loop
from .subscribers import ReadToken

STOP_SECONDS = 5.0

CHANNEL = f"{PREFIX}:changes"

_LISTEN_SECONDS = 0.25
"""How often the thread checks whether it was stopped; a hint is received at once all the same."""


class Hub:
    """Takes sockets over from requests; its methods are for any thread."""

    def __init__(self, app: Flask, read_token: ReadToken, redis: RedisLink | None) -> None:
        self._app = app
        self._redis = redis
        self._read_token = read_token
        self._lock = threading.Lock()
        self._loop: Loop | None = None
        self._thread: threading.Thread | None = None
        self._is_stopped = False
        self._processes = 1
        self._is_serving: Callable[[], bool] = lambda: True
        library_changed.connect(self._on_library_changed, sender=app)

    def serve_while(self, is_serving: Callable[[], bool]) -> None:
        """Close the sockets as soon as this is false, even if the server still has requests in progress."""
        self._is_serving = is_serving

    def share_with(self, processes: int) -> None:
        """Take a share of the limits that hold for all processes of the server together."""
        self._processes = processes

    def adopt(self, arrival: Arrival) -> None:
        """Serve this socket from now on, or turn it away because the server is stopping."""
        with self._lock:
            if self._is_over():
                arrival.turn_away(*STOPPING)
                return
            if self._loop is None:
                self._loop = Loop(self._read_token, self._processes)
                self._thread = threading.Thread(target=self._run, args=(self._loop,), name="realtime", daemon=True)
                self._thread.start()
            self._loop.arrive(arrival)

    def stop(self) -> None:
        """Close all sockets with 1001 and end the thread; further sockets are turned away.

        Takes 2 seconds when clients do not respond.
        """
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
                    hints = _Hints(self._redis, self._on_hint)
                while self._continues(loop):
                    loop.turn()
                loop.say_goodbye()
            finally:
                with self._lock:
                    self._loop = None
                if hints is not None:
                    hints.stop()
                loop.close()

    def _continues(self, loop: Loop) -> bool:
        if self._is_over():
            return False
        with self._lock:
            if loop.is_empty:
                self._loop = None  # nothing more can arrive here; the next socket starts another loop
            return self._loop is loop

    def _is_over(self) -> bool:
        return self._is_stopped or not self._is_serving()

    def _on_library_changed(self, _app: Flask, event: LibraryChanged) -> None:
        """Announce a commit of this process at once; polling would find it a moment later."""
        self._on_hint(event.user_id)
        if (redis := self._redis) is not None:
            with suppress(RedisAwayError):
                redis.ask(lambda: redis.client.publish(CHANNEL, event.user_id))

    def _on_hint(self, user_id: str) -> None:
        loop = self._loop
        if loop is not None and loop.has_subscribers(user_id):
            loop.wake()


class _Hints:
    """A thread that listens until it is stopped, and calls ``on_hint`` with the id of a user."""

    def __init__(self, link: RedisLink, on_hint: Callable[[str], None]) -> None:
        self._link = link
        self._on_hint = on_hint
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="realtime-hints", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(2.0)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._listen()
            except self._link.failures as error:
                self._link.note_failure(error)
                self._stopped.wait(COOLDOWN_SECONDS)
            except ValueError:  # RedisLink.close() closed the connection while this thread was reading
                self._stopped.wait(COOLDOWN_SECONDS)

    def _listen(self) -> None:
        client: Any = self._link.client
        with closing(client.pubsub(ignore_subscribe_messages=True)) as channel:
            channel.subscribe(CHANNEL)
            self._link.note_success()
            while not self._stopped.is_set():
                message = channel.get_message(timeout=_LISTEN_SECONDS)
                if message is not None:
                    self._on_hint(message["data"].decode(errors="replace"))
