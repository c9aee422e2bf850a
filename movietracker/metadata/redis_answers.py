"""Answers in Redis, by requests-cache's backend for it, shared by all machines.

Redis itself clears away: an answer goes 30 days after it expired (until then it may stand in for a provider that
fails), and before that when Redis' ``maxmemory`` is reached, by Redis' ``maxmemory-policy``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import takewhile
from typing import Any, TypeVar

from cattrs.errors import BaseValidationError
from requests_cache.backends.redis import RedisDict
from requests_cache.models.response import CachedResponse

from ..redis_link import PREFIX, RedisAwayError, RedisLink
from .answers import Answer, CacheError, CacheFigures
from .stored_responses import to_answer, to_response

T = TypeVar("T")

KEPT_AFTER_EXPIRY_SECONDS = 30 * 86_400
COUNTING_SECONDS = 1.0
"""Answers are counted by walking over all keys of the Redis database, which other programs may have filled."""

_ANSWERS = f"{PREFIX}:answers"
_COUNTS = f"{PREFIX}:answer-counts"


class _Table(RedisDict):
    """requests-cache's table; what cannot be read, whatever is wrong with it, counts as missing."""

    def deserialize(self, key: str, value: Any) -> CachedResponse | None:
        """The stored response, or None."""
        try:
            response = super().deserialize(key, value)
        except (BaseValidationError, ValueError, TypeError):
            return None
        return response if isinstance(response, CachedResponse) else None


class RedisAnswers:
    """The backend of several machines; see :class:`movietracker.metadata.answers.AnswerCache`."""

    def __init__(self, link: RedisLink, ttl_seconds: float) -> None:
        self._link = link
        self._ttl_seconds = ttl_seconds
        self._table = _Table(_ANSWERS, connection=link.client, serializer="json", ttl_offset=KEPT_AFTER_EXPIRY_SECONDS)

    def get(self, key: str) -> Answer | None:
        """The answer of this key, however old."""
        return self._ask(lambda: to_answer(self._table.get(key)))

    def put(self, key: str, url: str, answer: Answer) -> None:
        """Store an answer."""
        response = to_response(url, answer, self._ttl_seconds)

        def store() -> None:
            self._table[key] = response

        self._ask(store)

    def count(self, *, hit: bool) -> None:
        """Count a hit or a miss."""
        self._ask(lambda: self._link.client.hincrby(_COUNTS, "hits" if hit else "misses", 1))

    def figures(self) -> CacheFigures:
        """Size and counts; the size is a lower bound where Redis holds very many keys."""

        def read() -> CacheFigures:
            counts: Any = self._link.client.hgetall(_COUNTS)
            deadline = time.monotonic() + COUNTING_SECONDS
            keys = self._link.client.scan_iter(f"{_ANSWERS}:*", count=1000)
            size = sum(1 for _ in takewhile(lambda _: time.monotonic() < deadline, keys))
            return CacheFigures(size, int(counts.get(b"hits", 0)), int(counts.get(b"misses", 0)))

        return self._ask(read)

    def clear(self) -> None:
        """Forget all answers and counts."""

        def empty() -> None:
            for key in self._link.client.scan_iter(f"{_ANSWERS}:*", count=1000):
                self._link.client.unlink(key)
            self._link.client.delete(_COUNTS)

        self._ask(empty)

    def close(self) -> None:
        """Nothing is held here: the link closes its connections."""

    def _ask(self, operation: Callable[[], T]) -> T:
        try:
            return self._link.ask(operation)
        except RedisAwayError as error:
            raise CacheError(str(error), is_told=True) from None
