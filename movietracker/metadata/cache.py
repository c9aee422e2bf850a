"""The cache of the proxy: which backend it uses, and how it gets along when that one fails."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from werkzeug.utils import import_string

from ..redis_link import RedisLink
from .answers import Answer, AnswerCache, CacheError, CacheFigures
from .sqlite_answers import SqliteAnswers

logger = logging.getLogger("movietracker.metadata")

T = TypeVar("T")

# After a failure the backend is left alone for so long, lest every request waits for it in vain.
REST_SECONDS = 30.0


def open_cache(
    instance_path: Path, ttl_seconds: float, max_entries: int, redis: RedisLink | None = None
) -> ForgivingCache:
    """The cache in Redis, or of this machine; the one place where the backend is chosen.

    Nothing is opened before the first use.
    """
    if redis is not None:
        # Imported here, since requests-cache's backend needs a package that is there only with Redis.
        return ForgivingCache(import_string("movietracker.metadata.redis_answers:RedisAnswers")(redis, ttl_seconds))
    return ForgivingCache(SqliteAnswers(instance_path / "http_cache.sqlite", max_entries))


class ForgivingCache:
    """A backend whose failures cost nothing but its benefit: one warning, a rest, and work goes on uncached.

    Calls are let through one at a time. So of many threads only the first waits for a backend that hangs; the others
    then find it resting.
    """

    def __init__(self, backend: AnswerCache, rest_seconds: float = REST_SECONDS) -> None:
        self._backend = backend
        self._rest_seconds = rest_seconds
        self._resting_until = 0.0
        self._warned = False
        self._lock = threading.Lock()

    def get(self, key: str) -> Answer | None:
        """The answer of this key, however old; None without a working backend."""
        return self._try(lambda: self._backend.get(key), None)

    def put(self, key: str, url: str, answer: Answer) -> None:
        """Store an answer if possible."""
        self._try(lambda: self._backend.put(key, url, answer), None)

    def count(self, *, hit: bool) -> None:
        """Count a hit or a miss if possible."""
        self._try(lambda: self._backend.count(hit=hit), None)

    def figures(self) -> CacheFigures:
        """Size and counts; zeros without a working backend."""
        return self._try(self._backend.figures, CacheFigures())

    def clear(self) -> None:
        """Forget all answers and counts if possible."""
        self._try(self._backend.clear, None)

    @property
    def is_resting(self) -> bool:
        """Whether the backend failed a moment ago and is left alone."""
        return time.monotonic() < self._resting_until

    def close(self) -> None:
        """Close the backend."""
        with self._lock:
            self._backend.close()

    def _try(self, operation: Callable[[], T], otherwise: T) -> T:
        with self._lock:
            if time.monotonic() < self._resting_until:
                return otherwise
            try:
                result = operation()
            except CacheError as reason:
                if not reason.is_told:
                    self._rest(reason)
                return otherwise
            self._warned = False
            return result

    def _rest(self, reason: CacheError) -> None:
        self._resting_until = time.monotonic() + self._rest_seconds
        if not self._warned:
            logger.warning("The cache of provider answers cannot be used (%s); going on without it.", reason)
        self._warned = True
