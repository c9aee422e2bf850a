"""The application's link to Redis: bounded in time, quiet, and never missed for long.

Nothing that must last is kept in Redis. When it is away each user of the link goes on without it (the cache misses, the
limiter counts on this machine, changes are found in the database); the log gets one warning, and one line when it is
back. After a failure Redis is left alone for a moment, so that not every request waits for it in vain.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from .errors import SettingsError

if TYPE_CHECKING:
    from redis import Redis

T = TypeVar("T")

TIMEOUT_SECONDS = 0.5
"""For a connection, and for each answer: Redis is near, or it is of no use."""

REST_SECONDS = 2.0
MOST_CONNECTIONS = 64

PREFIX = "movietracker"
"""Begins the name of every key and channel, so that Redis can be shared with other programs."""

logger = logging.getLogger("movietracker.redis")


class RedisAwayError(Exception):
    """Redis cannot be asked now; the message says why in a few words, without address or password."""


class RedisLink:
    """A client for the processes of one application; may be used from any thread, and survives a fork."""

    def __init__(self, url: str, rest_seconds: float = REST_SECONDS) -> None:
        # Imported here: it takes 0.1 s, and is there only with the extra, for those who set REDIS_URL.
        try:
            redis, backoff, retry = (import_module(name) for name in ("redis", "redis.backoff", "redis.retry"))
        except ImportError:
            raise SettingsError("REDIS_URL needs one more package: pip install 'movietracker[redis]'.") from None
        self.failures: tuple[type[Exception], ...] = (redis.RedisError, OSError)
        self.client: Redis = redis.Redis.from_url(
            url,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            max_connections=MOST_CONNECTIONS,
            # Once more, since a connection that was left open may have been closed by Redis meanwhile.
            retry=retry.Retry(backoff.NoBackoff(), 1),
        )
        self._rest_seconds = rest_seconds
        self._resting_until = 0.0
        self._is_away = False
        self._reason = ""
        self._lock = threading.Lock()

    def ask(self, operation: Callable[[], T]) -> T:
        """What the operation answers; raises RedisAwayError while Redis is away or resting."""
        if time.monotonic() < self._resting_until:
            raise RedisAwayError(self._reason)
        try:
            answer = operation()
        except self.failures as error:
            reason = self.note_failure(error)
            raise RedisAwayError(reason) from None
        self.note_success()
        return answer

    def note_failure(self, error: Exception) -> str:
        """Leave Redis alone for a moment, and warn once; answers the reason in a few words."""
        reason = type(error).__name__
        with self._lock:
            self._reason = reason
            self._resting_until = time.monotonic() + self._rest_seconds
            is_news, self._is_away = not self._is_away, True
        if is_news:
            logger.warning("Redis cannot be used (%s); going on without it until it is back.", reason)
        return reason

    def note_success(self) -> None:
        """Redis answered."""
        if self._is_away:
            with self._lock:
                is_news, self._is_away = self._is_away, False
            if is_news:
                logger.info("Redis is back.")

    def close(self) -> None:
        """Close this process's connections; the next operation opens another one."""
        self.client.close()


def open_link(url: str) -> RedisLink | None:
    """The link to the Redis of a URL, None for an empty one; nothing is connected before it is needed."""
    return RedisLink(url) if url else None


def describe(link: RedisLink) -> dict[str, Any]:
    """Version, ``maxmemory`` in bytes (0 for none) and ``maxmemory_policy``; raises RedisAwayError."""
    info: Any = link.ask(link.client.info)
    return {name: info.get(name) for name in ("redis_version", "maxmemory", "maxmemory_policy")}
