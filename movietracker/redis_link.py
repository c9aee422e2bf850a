"""The application's link to Redis, which the application can do without.

Redis holds nothing that must last. While it is unavailable each user of the link continues without it (the cache
misses, the limiter counts on this machine, changes are found in the database); the log gets one warning, and one line
when it is back. A circuit breaker skips Redis briefly after a failure, so that requests do not keep timing out on it.
"""

import logging
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, TypeVar

from .circuit_breaker import CircuitBreaker
from .errors import SettingsError

if TYPE_CHECKING:
    from redis import Redis

T = TypeVar("T")

TIMEOUT_SECONDS = 0.5
"""Time limit of a connection and of each response: Redis is close by, or it does not help."""

COOLDOWN_SECONDS = 2.0
MAX_CONNECTIONS = 64

PREFIX = "movietracker"
"""Prefix of every key and channel, so that other programs can share the Redis."""

logger = logging.getLogger("movietracker.redis")


class RedisAwayError(Exception):
    """Redis is unavailable; the message says why in a few words, without address or password."""


class RedisLink:
    """A client for the processes of one application; connects at its first use, is safe for threads and forks."""

    def __init__(self, url: str) -> None:
        # Imported here: it takes 0.1 s, and is there only with the extra, for those who set REDIS_URL.
        try:
            redis, backoff, retry = (import_module(name) for name in ("redis", "redis.backoff", "redis.retry"))
        except ImportError:
            raise SettingsError("REDIS_URL needs one more package: pip install 'movietracker[redis]'.") from None
        self.failures: tuple[type[Exception], ...] = (redis.RedisError, OSError)
        try:
            self.client: Redis = redis.Redis.from_url(
                url,
                socket_timeout=TIMEOUT_SECONDS,
                socket_connect_timeout=TIMEOUT_SECONDS,
                max_connections=MAX_CONNECTIONS,
                # Once more, since Redis may have closed an idle connection.
                retry=retry.Retry(backoff.NoBackoff(), 1),
            )
        except ValueError as error:  # of an option within the URL
            raise SettingsError(f"REDIS_URL cannot be used: {error}.") from None
        self._breaker = CircuitBreaker(COOLDOWN_SECONDS)
        self._reason = ""

    def ask(self, operation: Callable[[], T]) -> T:
        """What the operation returns; raises RedisAwayError while Redis is unavailable or skipped."""
        if self._breaker.is_open:
            raise RedisAwayError(self._reason)
        try:
            result = operation()
        except self.failures as error:
            raise RedisAwayError(self.note_failure(error)) from None
        # A call that began before another one failed says nothing about Redis now.
        if not self._breaker.is_open:
            self.note_success()
        return result

    def note_failure(self, error: Exception) -> str:
        """Skip Redis briefly, and warn once; returns a short reason."""
        self._reason = type(error).__name__
        if self._breaker.fail():
            logger.warning("Redis cannot be used (%s); going on without it until it is back.", self._reason)
        return self._reason

    def note_success(self) -> None:
        """Use Redis again, and say so if it was unavailable."""
        if self._breaker.succeed():
            logger.info("Redis is back.")

    def close(self) -> None:
        """Close this process's connections; the next operation opens another one."""
        self.client.close()
