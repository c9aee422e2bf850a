"""The HTTP client of the metadata providers: cached, paced, retried, bounded in time, and discreet about keys.

How a question is answered::

    get_json
    ├── the cache has a fresh answer: that one
    ├── else one flight per question (single_flight.py), whose outcome all who ask at the same time share:
    │   ├── a file lock per question, so that other processes wait for this one
    │   ├── the cache again: another process may have asked meanwhile
    │   └── the upstream (upstream.py): pacing, attempts, retries; a good answer is stored
    └── if that failed: an expired answer when there is one (stale.py tells the caller), else the error
"""

from __future__ import annotations

import hashlib
import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from .. import metrics
from ..contracts import JsonHttpClient
from ..errors import ProviderProblem, ProviderUnreachable
from ..redis_link import RedisLink
from .answers import Answer
from .cache import open_cache
from .deadline import Deadline, time_left, time_limit
from .file_lock import file_lock
from .pacing import Pacer
from .per_process import PerProcess
from .single_flight import SingleFlight, TooBusyError
from .stale import note_stale, stale_answers
from .upstream import Fault, Limits, Upstream, parse_json
from .wire import Secrets, take_credentials

__all__ = ["CachedJsonClient", "Limits", "ProxyHttp", "build_url", "stale_answers", "time_limit"]

logger = logging.getLogger("movietracker.metadata")

# Two questions that meet in one lock file wait for each other needlessly; with so many files that is rare.
_LOCK_FILES = 256
# A caller waits so much longer than the flight's deadline, so that the flight can say what went wrong.
_GRACE_SECONDS = 0.5
# What may stand in a path as it is; the percent sign, because a path may be percent-encoded already.
_PATH_CHARACTERS = "/%:@!$&'()*+,;=~"
# An answer from further in the future was stored before the clock was set back, and its age is not known.
_CLOCK_TOLERANCE_SECONDS = 60.0


class ProxyHttp:
    """Makes the clients of all providers, which share one cache; the HttpClientFactory of the plugin context.

    It opens nothing before the first question, may be used from any thread, and survives a fork.
    """

    def __init__(
        self,
        instance_path: Path,
        ttl_seconds: float,
        max_entries: int,
        *,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.time,
        redis: RedisLink | None = None,
    ) -> None:
        self._store = _Store(instance_path, ttl_seconds, max_entries, clock, redis)
        self._limits = limits or Limits()
        self._clients: list[CachedJsonClient] = []

    def __call__(
        self,
        name: str,
        base_url: str,
        *,
        secret_params: Mapping[str, str] | None = None,
        secret_headers: Mapping[str, str] | None = None,
        requests_per_second: float | None = None,
        fault: Fault | None = None,
    ) -> JsonHttpClient:
        """A client for one upstream service; see :class:`movietracker.plugin_context.HttpClientFactory`."""
        if requests_per_second is not None and not requests_per_second > 0:
            raise ValueError("requests_per_second must be more than 0.")
        public_url, credentials = take_credentials(base_url)
        secrets = Secrets(secret_params, {**credentials, **(secret_headers or {})})
        pace_path = self._store.locks_path / f"pace-{re.sub('[^A-Za-z0-9_-]', '_', name)}"

        def make_upstream() -> Upstream:
            pacer = None if requests_per_second is None else Pacer(pace_path, requests_per_second)
            return Upstream(name, secrets, pacer, fault, self._limits)

        client = CachedJsonClient(name, public_url, PerProcess(make_upstream), self._store, self._limits)
        self._clients.append(client)
        return client

    def cache_info(self) -> dict[str, Any]:
        """The contract's answer to ``/api/external/cache/info``; the counts are those of all processes together."""
        figures = self._store.cache.get().figures()
        return {
            "current_size": figures.size,
            "max_size": self._store.max_entries,
            "ttl": self._store.ttl_seconds,
            "hits": figures.hits,
            "misses": figures.misses,
        }

    @property
    def is_cache_working(self) -> bool:
        """Whether the last use of the cache went well."""
        return not self._store.cache.get().is_resting

    def clear(self) -> None:
        """Forget all stored answers and the counts."""
        self._store.cache.get().clear()

    def close(self) -> None:
        """Close this process's connections and files; the next question opens them again."""
        for client in self._clients:
            client.close()
        self._store.close()


class _Store:
    """The cache that all clients share, with the rules for its use."""

    def __init__(
        self,
        instance_path: Path,
        ttl_seconds: float,
        max_entries: int,
        clock: Callable[[], float],
        redis: RedisLink | None,
    ) -> None:
        self.locks_path = instance_path / "locks"
        self.ttl_seconds = ttl_seconds
        self.max_entries = max_entries
        self.now = clock
        self.cache = PerProcess(lambda: open_cache(instance_path, ttl_seconds, max_entries, redis))

    def find(self, key: str) -> Answer | None:
        """The stored answer, however old; one that has been damaged on the disk counts as missing."""
        answer = self.cache.get().get(key)
        try:
            parse_json(answer.body if answer is not None else b"{}")
        except ValueError:
            return None
        return answer

    def is_fresh(self, answer: Answer | None, newer_than: float | None = None) -> bool:
        """Whether there is an answer that has not expired; no header of the upstream has a say in it."""
        if answer is None or (newer_than is not None and answer.stored_at <= newer_than):
            return False
        return -_CLOCK_TOLERANCE_SECONDS <= self.now() - answer.stored_at < self.ttl_seconds

    @contextmanager
    def turn(self, key: str, deadline: Deadline) -> Iterator[None]:
        """Let only one process of the machine at a time look for this answer; raises TimeoutError at the deadline."""
        with ExitStack() as stack:
            try:
                stripe = int(key[:8], 16) % _LOCK_FILES
                stack.enter_context(file_lock(self.locks_path / f"answer-{stripe:02x}", deadline))
            except TimeoutError:
                raise
            except OSError as error:
                # Without a writable folder each process asks for itself.
                logger.debug("Going on without a lock file (%s).", error.strerror)
            yield

    def close(self) -> None:
        cache = self.cache.take()
        if cache is not None:
            cache.close()


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked: an address without secrets, and the digest under which the answer is stored."""

    url: str
    key: str


class CachedJsonClient:
    """The JsonHttpClient of one provider."""

    def __init__(self, name: str, base_url: str, upstream: PerProcess[Upstream], store: _Store, limits: Limits) -> None:
        self._name = name
        self._base_url = base_url.rstrip("/")
        self._upstream = upstream
        self._store = store
        self._limits = limits
        self._flights: PerProcess[SingleFlight[bytes]] = PerProcess(SingleFlight)

    def get_json(self, path: str, params: Mapping[str, Any] | None = None, *, fresh: bool = False) -> Any:
        """GET base_url + path; see :class:`movietracker.contracts.JsonHttpClient`.

        An expired answer is returned when the provider fails, unless ``fresh`` asks for a new one or nothing;
        :func:`movietracker.metadata.stale.stale_answers` tells. Parameters that are None are left out.
        """
        question = self._question(path, params)
        stored = None if fresh else self._store.find(question.key)
        if not fresh:
            is_hit = self._store.is_fresh(stored)
            self._store.cache.get().count(hit=is_hit)
            metrics.cache_asked(hit=is_hit)
        if stored is not None and self._store.is_fresh(stored):
            return parse_json(stored.body)
        try:
            return parse_json(self._ask_once(question, fresh))
        except ProviderProblem as problem:
            if stored is None:
                raise
            logger.warning("%s An expired answer is served instead.", problem.detail)
            note_stale(self._name)
            metrics.stale_served()
            return parse_json(stored.body)

    def close(self) -> None:
        """Close this process's connections."""
        upstream = self._upstream.take()
        if upstream is not None:
            upstream.close()

    def _question(self, path: str, params: Mapping[str, Any] | None) -> _Question:
        url = build_url(self._base_url, path, params)
        return _Question(url, hashlib.sha256(f"{self._name}\n{url}".encode()).hexdigest())

    def _ask_once(self, question: _Question, fresh: bool) -> bytes:
        asked_at = self._store.now()
        patience = time_left(self._limits.total + _GRACE_SECONDS)
        try:
            if not patience:
                raise TimeoutError
            return self._flights.get().run(
                (question, fresh),
                lambda deadline: self._ask(question, asked_at if fresh else None, deadline),
                seconds=self._limits.total,
                patience=patience,
            )
        except TimeoutError:
            raise ProviderUnreachable(f"{self._name} did not answer in time.") from None
        except TooBusyError:
            raise ProviderUnreachable(f"The server is too busy to ask {self._name}.") from None

    def _ask(self, question: _Question, newer_than: float | None, deadline: Deadline) -> bytes:
        """The body of an answer, from another process that asked meanwhile or from the upstream."""
        with self._store.turn(question.key, deadline):
            stored = self._store.find(question.key)
            if stored is not None and self._store.is_fresh(stored, newer_than):
                return stored.body
            upstream = self._upstream.get()
            body = upstream.fetch(question.url, deadline)
            if upstream.may_be_stored(body):
                self._store.cache.get().put(question.key, question.url, Answer(body, self._store.now()))
            return body


def build_url(base_url: str, path: str, params: Mapping[str, Any] | None) -> str:
    """The address in one canonical form: parameters sorted, truth values in lower case, None left out."""
    url = f"{base_url}/{quote(path.lstrip('/'), safe=_PATH_CHARACTERS)}" if path else base_url
    pairs = sorted((name, _written(value)) for name, value in (params or {}).items() if value is not None)
    return f"{url}?{urlencode(pairs, doseq=True)}" if pairs else url


def _written(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
