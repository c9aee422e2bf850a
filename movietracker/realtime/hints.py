"""Hints by Redis that some process, on whichever machine, has changed a library: worth a look at once.

They are no more than that. What changed is read in the database, where it would be found a moment later anyway; so a
hint that is lost, or doubled, or comes while Redis is away, costs nothing but that moment.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any

from ..redis_link import PREFIX, REST_SECONDS, RedisAwayError, RedisLink

CHANNEL = f"{PREFIX}:changes"

_LISTEN_SECONDS = 0.25
"""How long the thread listens before it looks whether it shall end; a hint is heard at once all the same."""


def give(link: RedisLink, user_id: str) -> None:
    """Tell the other processes of a commit, if Redis is there."""
    with suppress(RedisAwayError):
        link.ask(lambda: link.client.publish(CHANNEL, user_id))


class Hints:
    """A thread that listens until it is stopped, and calls ``on_hint`` with the id of a user."""

    def __init__(self, link: RedisLink, on_hint: Callable[[str], None]) -> None:
        self._link = link
        self._on_hint = on_hint
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="realtime-hints", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()
        self._thread.join(2.0)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._listen()
            except self._link.failures as error:
                self._link.note_failure(error)
                self._stopped.wait(REST_SECONDS)
            except ValueError:  # the connection was closed by RedisLink.close(), under the thread's hands
                self._stopped.wait(REST_SECONDS)

    def _listen(self) -> None:
        client: Any = self._link.client
        with closing(client.pubsub(ignore_subscribe_messages=True)) as channel:
            channel.subscribe(CHANNEL)
            self._link.note_success()
            while not self._stopped.is_set():
                message = channel.get_message(timeout=_LISTEN_SECONDS)
                if message is not None:
                    self._on_hint(message["data"].decode(errors="replace"))
