"""Counters of the rate limits in Redis: all machines count together, and each for itself while Redis is away."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from flask import current_app
from limits.storage import RedisStorage, Storage

from .rate_limit_storage import SqliteStorage, digest
from .redis_link import PREFIX, RedisAwayError, RedisLink

T = TypeVar("T")

REDIS_STORAGE_URI = "movietracker+redis://"
REDIS_EXTENSION = "movietracker_redis"


class RedisFirstStorage(Storage):
    """Counts for the fixed-window strategy in the Redis of the current application, or else in its SQLite file."""

    STORAGE_SCHEME = ["movietracker+redis"]  # noqa: RUF012 - as its base class declares it

    def __init__(self, uri: str | None = None, wrap_exceptions: bool = False, **options: float | str | bool) -> None:
        super().__init__(uri, wrap_exceptions, **options)
        self._otherwise = SqliteStorage()

    @property
    def base_exceptions(self) -> type[Exception] | tuple[type[Exception], ...]:
        """What can go wrong below."""
        return self._otherwise.base_exceptions

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count ``amount`` in the key's window of ``expiry`` seconds; answers the new count."""
        return self._ask(
            lambda redis: redis.incr(_hidden(key), expiry, amount),
            lambda: self._otherwise.incr(key, expiry, amount),
        )

    def get(self, key: str) -> int:
        """The count of the key's window; 0 when there is none."""
        return self._ask(lambda redis: redis.get(_hidden(key)), lambda: self._otherwise.get(key))

    def get_expiry(self, key: str) -> float:
        """When the key's window ends, in Unix seconds; now when there is none."""
        return self._ask(lambda redis: redis.get_expiry(_hidden(key)), lambda: self._otherwise.get_expiry(key))

    def check(self) -> bool:
        """Whether counts can be written now, in one place or the other."""
        return self._ask(lambda redis: bool(redis.storage.ping()), self._otherwise.check)

    def reset(self) -> int | None:
        """Forget all counts; answers how many windows there were."""
        return self._ask(lambda redis: redis.reset(), self._otherwise.reset)

    def clear(self, key: str) -> None:
        """Forget the key's count."""
        self._ask(lambda redis: redis.clear(_hidden(key)), lambda: self._otherwise.clear(key))

    def _ask(self, operation: Callable[[RedisStorage], T], otherwise: Callable[[], T]) -> T:
        link = cast(RedisLink, current_app.extensions[REDIS_EXTENSION])
        try:
            return link.ask(lambda: operation(_storage_of(link)))
        except RedisAwayError:
            return otherwise()


def _storage_of(link: RedisLink) -> RedisStorage:
    """The library's storage on the application's own connections; it is cheap to make."""
    return RedisStorage("redis://", link.client.connection_pool, key_prefix=f"{PREFIX}:limits")


def _hidden(key: str) -> str:
    return digest(key).hex()
