"""The clients that providers are handed, and the cache that they share."""

import hashlib
import logging
import re
import threading
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from contextvars import copy_context
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import requests
from filelock import FileLock
from requests.utils import get_auth_from_url, urldefragauth
from requests_cache import CachedSession
from requests_cache.policy import utcnow

from .. import metrics
from .._version import __version__
from ..circuit_breaker import CircuitBreaker
from ..errors import ProviderProblem, ProviderUnreachable
from ..plugin.providers import JsonHttpClient
from ..redis_link import RedisLink
from .adapter import Fault, Limits, Secrets, UpstreamAdapter
from .cache import RedisResponses, ResponseCache, SqliteResponses, is_from_the_future, parse_json
from .context import note_stale, time_left

logger = logging.getLogger("movietracker.upstream")

# A caller waits so much longer than the call may take, so that the call can say what went wrong.
_GRACE_SECONDS = 0.5
# What may stand in a path as it is; the percent sign, because a path may be percent-encoded already.
_PATH_CHARACTERS = "/%:@!$&'()*+,;=~"
_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
    "User-Agent": f"movietracker/{__version__}",
}


class ProxyHttp:
    """Makes the clients of all providers, which share one cache; the HttpClientFactory of the plugin context.

    It opens nothing before the first question, and is safe for threads; a process closes it before it forks.
    """

    def __init__(
        self,
        instance_path: Path,
        ttl_seconds: int,
        max_entries: int,
        *,
        limits: Limits | None = None,
        redis: RedisLink | None = None,
        spend: Callable[[str], None] = lambda name: None,
    ) -> None:
        self.limits = limits or Limits()
        self._spend = spend
        self.ttl_seconds = ttl_seconds
        self.locks_path = instance_path / "locks"
        self.cache: ResponseCache
        if redis is not None:
            self.cache = RedisResponses(redis)
        else:
            self.cache = SqliteResponses(instance_path / "http_cache.sqlite", max_entries)
        self._max_entries = max_entries
        self._clients: list[_Client] = []
        self._counts = {True: 0, False: 0}
        self._lock = threading.Lock()

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
        """A client for one upstream service; see :class:`movietracker.plugin.context.HttpClientFactory`."""
        pace = None
        if requests_per_second is not None:
            if not requests_per_second > 0:
                raise ValueError("requests_per_second must be more than 0.")
            pace = self.locks_path / f"pace-{re.sub('[^A-Za-z0-9_-]', '_', name)}.sqlite", requests_per_second
        secrets = Secrets(secret_params or {}, secret_headers or {}, get_auth_from_url(base_url))
        breaker = CircuitBreaker(self.limits.cooldown)
        client = _Client(
            self,
            name,
            urldefragauth(base_url),
            breaker,
            lambda: UpstreamAdapter(name, secrets, fault, self.limits, pace, self._spend, breaker),
        )
        self._clients.append(client)
        return client

    def count(self, *, hit: bool) -> None:
        """Count a look into the cache."""
        metrics.count("cache_answers", "hit" if hit else "miss")
        with self._lock:
            self._counts[hit] += 1

    def cache_info(self) -> dict[str, Any]:
        """The contract's response to ``/api/external/cache/info``; hits and misses are those of this process."""
        return {
            "current_size": self.cache.size(),
            "max_size": self._max_entries,
            "ttl": self.ttl_seconds,
            "hits": self._counts[True],
            "misses": self._counts[False],
        }

    def close(self) -> None:
        """Close this process's connections and files; the next question opens them again."""
        for client in self._clients:
            client.close()
        self.cache.close()


class _Client:
    """The JsonHttpClient of one provider."""

    def __init__(
        self,
        proxy: ProxyHttp,
        name: str,
        base_url: str,
        breaker: CircuitBreaker,
        make_adapter: Callable[[], UpstreamAdapter],
    ) -> None:
        self._proxy = proxy
        self._name = name
        self._base_url = base_url.rstrip("/")
        self._breaker = breaker
        self._make_adapter = make_adapter
        self._calls = _SharedCalls()

    def get_json(self, path: str, params: Mapping[str, Any] | None = None, *, fresh: bool = False) -> Any:
        """GET base_url + path; see :class:`movietracker.plugin.providers.JsonHttpClient`.

        An expired response is returned when the provider fails, unless ``fresh`` asks for a new one or nothing;
        :func:`movietracker.upstream.stale_responses` tells. Parameters that are None are left out.
        """
        url = self._url(path, params)
        stored = None
        if not fresh:
            # From the cache itself: the session takes 0.5 ms longer to return the same.
            response, stored = self._proxy.cache.find(_key_in(url))
            is_hit = response is not None and not response.is_expired and not is_from_the_future(response)
            self._proxy.count(hit=is_hit)
            if is_hit:
                return stored
        try:
            return parse_json(self._fetch(url, fresh))
        except ProviderProblem as problem:
            if stored is None:
                raise
            logger.warning("%s An expired response is served instead.", problem.detail)
            note_stale(self._name)
            metrics.count("cache_answers", "stale")
            return stored

    def close(self) -> None:
        """Close this process's connections."""
        session = self.__dict__.pop("_session", None)
        if session is not None:
            session.close()

    @cached_property
    def _session(self) -> CachedSession:
        adapter = self._make_adapter()
        session = CachedSession(
            backend=self._proxy.cache,
            expire_after=self._proxy.ttl_seconds,
            key_fn=lambda request, **_: _key_in(request.url),
            filter_fn=lambda response: not adapter.secrets.appear_in(response.content),
            autoclose=False,
        )
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        return session

    def _url(self, path: str, params: Mapping[str, Any] | None) -> str:
        """The address in one canonical form: parameters sorted, truth values in lower case, None left out.

        Its fragment, which is not sent, is the key of the response in the cache; each client has keys of its own.
        """
        url = f"{self._base_url}/{quote(path.lstrip('/'), safe=_PATH_CHARACTERS)}" if path else self._base_url
        pairs = sorted((name, _written(value)) for name, value in (params or {}).items() if value is not None)
        url = f"{url}?{urlencode(pairs, doseq=True)}" if pairs else url
        return f"{url}#{hashlib.sha256(f'{self._name} {url}'.encode()).hexdigest()}"

    def _fetch(self, url: str, fresh: bool) -> bytes:
        """The body of a good response, by a call that all share who ask for the same at the same time.

        A service that could not be reached is not asked for a while, except for what must be ``fresh``: retries in vain
        would hold up each search for a second, where another provider responds at once.
        """
        if self._breaker.is_open and not fresh:
            raise ProviderUnreachable(f"{self._name} cannot be reached.")
        asked_at = utcnow()
        seconds = time_left(self._proxy.limits.total + _GRACE_SECONDS)
        try:
            if not seconds:
                raise TimeoutError
            return self._calls.join((url, fresh), lambda: self._call(url, asked_at, fresh)).result(seconds)
        except TimeoutError:
            raise ProviderUnreachable(f"{self._name} did not answer in time.") from None

    def _call(self, url: str, asked_at: datetime, fresh: bool) -> bytes:
        """The body of a response that the session finds or fetches, while other processes of this machine wait."""
        key, limits, session = _key_in(url), self._proxy.limits, self._session
        # Two questions that share a file wait for each other needlessly; with 256 files that is rare.
        lock = FileLock(self._proxy.locks_path / f"answer-{key[:2]}", timeout=limits.total / 2, mode=0o600)
        with ExitStack() as stack:
            # A process that keeps the lock, or a folder where none can be made, costs a second request at worst.
            with suppress(OSError):
                stack.enter_context(lock)
            found = self._proxy.cache.get_response(key) if fresh else None
            is_newer = found is not None and found.created_at > asked_at
            try:
                request = requests.Request("GET", url, _HEADERS).prepare()
                options: dict[str, Any] = {"timeout": (limits.connect, limits.read)}
                options |= session.merge_environment_settings(url, {}, True, None, None)
                return session.send(request, force_refresh=fresh and not is_newer, **options).content
            except requests.RequestException:
                raise ProviderUnreachable(f"{self._name} cannot be reached.") from None


def _key_in(url: str | None) -> str:
    return (url or "").rpartition("#")[2]


def _written(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


class _SharedCalls:
    """Calls under way by key: callers that want the same at the same time share one, and its result or error.

    Each runs in a thread of its own, so that a caller can leave at its own deadline even if the call hangs where
    nothing can interrupt it (looking up a host name, a head that drips), and the others still get the result.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: dict[Hashable, Future[bytes]] = {}

    def join(self, key: Hashable, work: Callable[[], bytes]) -> Future[bytes]:
        """The call of this key that is under way, or a new one."""
        with self._lock:
            if (call := self._calls.get(key)) is not None:
                return call
            call = self._calls[key] = Future()
        try:
            run = partial(copy_context().run, self._run, key, call, work)
            threading.Thread(target=run, name="provider-call", daemon=True).start()
        except RuntimeError:
            del self._calls[key]
            call.set_exception(ProviderUnreachable("The server is too busy to ask a provider."))
        return call

    def _run(self, key: Hashable, call: Future[bytes], work: Callable[[], bytes]) -> None:
        try:
            call.set_result(work())
        except BaseException as error:  # noqa: BLE001 - not swallowed: every caller gets it
            call.set_exception(error)
        finally:
            del self._calls[key]
