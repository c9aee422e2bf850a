"""One request on the wire: keys, retries, pace, size and deadline, and what each kind of response means."""

import logging
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

import requests
from pyrate_limiter import Limiter, Rate, RateItem, SingleBucketFactory, SQLiteBucket
from requests import PreparedRequest
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.auth import HTTPBasicAuth
from requests.structures import CaseInsensitiveDict
from requests_cache.models import CachedRequest, CachedResponse
from requests_ratelimiter import LimiterAdapter
from urllib3 import Retry
from urllib3 import exceptions as urllib3_errors
from urllib3.response import BaseHTTPResponse

from .. import metrics
from ..circuit_breaker import CircuitBreaker
from ..errors import ProviderFailed, ProviderProblem, ProviderRefused, ProviderUnreachable, TitleUnknown
from .cache import parse_json

logger = logging.getLogger("movietracker.upstream")

Fault = Callable[[Any], Exception | None]

_CHUNK_BYTES = 64 * 1024
# A shorter secret would be found by chance in bodies that do not contain it.
_MIN_FINDABLE_SECRET = 8
# A row from further in the future was written before the clock was set back, and would block until that time comes.
_CLOCK_TOLERANCE_MS = 1000
_RETRIED_STATUSES = frozenset({429, *range(500, 600)})


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how large; times in seconds. ``cooldown``: for how long an unreachable service is not asked."""

    connect: float = 3.0
    read: float = 10.0
    total: float = 14.0
    retries: int = 2
    backoff: float = 0.3
    max_retry_after: float = 5.0
    cooldown: float = 15.0
    max_bytes: int = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """What only the request on the wire contains: query parameters, headers, a name and a password."""

    params: Mapping[str, str]
    headers: Mapping[str, str]
    login: tuple[str, str] = ("", "")

    def added_to(self, request: PreparedRequest) -> PreparedRequest:
        """A copy of the request that contains them; raises ValueError for a header that cannot be sent."""
        if not all(text.isascii() and text.isprintable() for header in self.headers.items() for text in header):
            raise ValueError
        keyed = request.copy()
        keyed.prepare_url(request.url, dict(self.params))
        keyed.headers.update(self.headers)
        return HTTPBasicAuth(*self.login)(keyed) if any(self.login) else keyed

    def appear_in(self, body: bytes) -> bool:
        """Whether a body repeats one of them."""
        values = [*self.params.values(), *(part for value in self.headers.values() for part in value.split())]
        return any(len(value) >= _MIN_FINDABLE_SECRET and value.encode() in body for value in values)


def _cut_queries(record: logging.LogRecord) -> bool:
    """Cut the queries off the addresses in urllib3's log lines: they hold keys, and what users search for."""
    if isinstance(record.args, tuple):
        record.args = tuple(arg.partition("?")[0] if isinstance(arg, str) else arg for arg in record.args)
    return True


for _module in ("connection", "connectionpool", "poolmanager", "util.retry"):
    logging.getLogger(f"urllib3.{_module}").addFilter(_cut_queries)


def _make_retry(limits: Limits, between: Callable[[BaseHTTPResponse | None], None]) -> Retry:
    """urllib3's retries with two exceptions: a time-out or TLS error ends them, as does a long Retry-After.

    ``between`` is called before each further attempt, with the response that asked for it, if there was one.
    """

    class BoundedRetry(Retry):
        def increment(
            self,
            method: str | None = None,
            url: str | None = None,
            response: BaseHTTPResponse | None = None,
            error: Exception | None = None,
            *args: Any,
            **kwargs: Any,
        ) -> Self:
            # A service that is too slow now is not helped by being asked twice.
            if isinstance(error, urllib3_errors.ReadTimeoutError | urllib3_errors.SSLError):
                raise error
            is_long = response is not None and (self.get_retry_after(response) or 0) > limits.max_retry_after
            left = self.new(total=0) if is_long else self
            return Retry.increment(left, method, url, response, error, *args, **kwargs)

        def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
            try:
                return super().get_retry_after(response)
            except urllib3_errors.InvalidHeader:
                return None

        def sleep(self, response: BaseHTTPResponse | None = None) -> None:
            super().sleep(response)
            between(response)

    return BoundedRetry(
        limits.retries, backoff_factor=limits.backoff, status_forcelist=_RETRIED_STATUSES, raise_on_status=False
    )


class UpstreamAdapter(BaseAdapter):
    """Sends requests to one service; returns good responses and raises provider errors for all others.

    A response is made of public parts, the body of the service and the request without secrets, so that whatever
    handles it above (the cache, logs) cannot disclose one.
    """

    def __init__(
        self,
        name: str,
        secrets: Secrets,
        fault: Fault | None,
        limits: Limits,
        pace: tuple[Path, float] | None,
        spend: Callable[[str], None],
        breaker: CircuitBreaker,
    ) -> None:
        super().__init__()
        self._name = name
        self.secrets = secrets
        self._fault = fault
        self._spend = spend
        self._breaker = breaker
        self._limits = limits
        self._retry = _make_retry(limits, self._between_attempts)
        self._limiter = None if pace is None else _open_limiter(*pace)
        options: dict[str, Any] = {"pool_connections": 1, "pool_maxsize": 32, "max_retries": self._retry}
        if self._limiter is not None:
            options |= {"limiter": self._limiter, "per_host": False, "bucket_name": name, "limit_statuses": ()}
            self._wire: HTTPAdapter = LimiterAdapter(max_delay=limits.total, **options)
        else:
            self._wire = HTTPAdapter(**options)

    def send(self, request: PreparedRequest, *args: Any, **options: Any) -> CachedResponse:
        """The response to a GET, whose body is JSON.

        Raises TitleUnknown, ProviderRefused, ProviderFailed, ProviderUnreachable or UserCallsSpent, or what ``fault``
        found.
        """
        self._spend(self._name)
        outcome = self._exchange(request, options)
        self._learn(outcome)
        is_good = isinstance(outcome, bytes)
        self._count("ok" if is_good else str(getattr(outcome, "code", "fault")))
        if isinstance(outcome, ProviderProblem):
            logger.warning("%s", outcome.detail)
        if isinstance(outcome, Exception):
            raise outcome
        return CachedResponse(
            content=outcome,
            status_code=200,
            url=request.url or "",
            headers=CaseInsensitiveDict({"Content-Type": "application/json"}),
            request=CachedRequest(method="GET", url=request.url or ""),
        )

    def close(self) -> None:
        """Close idle connections, and the file of the pace."""
        self._wire.close()
        if self._limiter is not None:
            self._limiter.close()

    def _learn(self, outcome: bytes | Exception) -> None:
        """Whether the service can be reached; a queue of our own does not tell."""
        if isinstance(outcome, _Crowded):
            return
        if isinstance(outcome, ProviderUnreachable):
            self._breaker.fail()
        else:
            self._breaker.succeed()

    def _count(self, outcome: str) -> None:
        metrics.count("upstream_requests", self._name, outcome)

    def _between_attempts(self, response: BaseHTTPResponse | None) -> None:
        self._count(ProviderUnreachable.code if response is None else ProviderFailed.code)
        self._spend(self._name)
        if self._limiter is not None:
            self._limiter.try_acquire(self._name, timeout=self._limits.total)

    def _exchange(self, request: PreparedRequest, options: Mapping[str, Any]) -> bytes | Exception:
        ends_at = time.monotonic() + self._limits.total
        try:
            keyed = self.secrets.added_to(request)
        except ValueError:
            return ProviderRefused(f"The key of {self._name} contains characters that cannot be sent.")
        try:
            with self._wire.send(keyed, **{**options, "stream": True}) as response:
                body = _read(response, self._limits.max_bytes, ends_at)
        except (requests.RequestException, urllib3_errors.HTTPError, OSError, ValueError) as error:
            return self._judge_error(error)
        return self._judge_body(body) if response.status_code == 200 else self._judge_status(response)

    def _judge_error(self, error: Exception) -> Exception:
        # The error itself is neither shown nor logged: it tells of hosts, ports and queries.
        match error:
            case _TooLargeError():
                return ProviderFailed(f"{self._name} answered with more data than is accepted.")
            case urllib3_errors.DecodeError():
                return ProviderFailed(f"{self._name} answered with damaged data.")
            case requests.exceptions.SSLError():
                return ProviderUnreachable(f"No secure connection to {self._name} could be made.")
            case requests.ReadTimeout() | urllib3_errors.ReadTimeoutError() | TimeoutError():
                return ProviderUnreachable(f"{self._name} did not answer in time.")
            case requests.Timeout() if not isinstance(error, requests.ConnectTimeout):
                return _Crowded(f"Too many requests to {self._name} are waiting.")
            case _:
                return ProviderUnreachable(f"{self._name} cannot be reached.")

    def _judge_status(self, response: requests.Response) -> Exception:
        status, retry_after = response.status_code, self._retry.get_retry_after(response.raw)
        if status == 404:
            return TitleUnknown(f"{self._name} does not know this title.")
        if status in (401, 403):
            return ProviderRefused(f"{self._name} refused the request; its key may be wrong or used up.")
        if status == 429:
            return ProviderFailed(f"{self._name} has been asked too often.", retry_after=retry_after)
        what = "a redirect" if 300 <= status < 400 else f"status {status}"
        return ProviderFailed(f"{self._name} answered with {what}.", retry_after=retry_after)

    def _judge_body(self, body: bytes) -> bytes | Exception:
        try:
            parsed = parse_json(body)
            problem = self._fault(parsed) if self._fault is not None else None
        except (ValueError, TypeError, AttributeError, LookupError):
            return ProviderFailed(f"{self._name} answered with something that is not the expected JSON.")
        return body if problem is None else problem


class _Crowded(ProviderUnreachable):
    """No request was sent, since too many are waiting here for their turn."""


class _TooLargeError(ValueError):
    """The body exceeds the limit."""


def _read(response: requests.Response, max_bytes: int, ends_at: float) -> bytes:
    body = bytearray()
    # One read of the socket at a time, so that a service that drips does not outlast the deadline.
    while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=True):
        body += chunk
        if len(body) > max_bytes:
            raise _TooLargeError
        if time.monotonic() > ends_at:
            raise TimeoutError
    return bytes(body)


def _open_limiter(path: Path, per_second: float) -> Limiter:
    """A limiter that counts in this file; without a usable file each process counts for itself."""
    share = Fraction(per_second).limit_denominator(1000)
    rate = Rate(share.numerator, 1000 * share.denominator)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        bucket = _Bucket.init_from_file([rate], db_path=str(path), use_file_lock=True)
    except (sqlite3.Error, OSError):
        bucket = _Bucket.init_from_file([rate], db_path=":memory:")
    return Limiter(SingleBucketFactory(bucket, schedule_leak=False))


class _Bucket(SQLiteBucket):
    """pyrate-limiter's bucket, which tidies up as it is used, rather than in a thread, and survives its file."""

    def put(self, item: RateItem) -> bool:
        """Record a request if there is room."""
        try:
            return self._put(item)
        except (sqlite3.Error, OSError):
            private = SQLiteBucket.init_from_file(self.rates, table=self.table, db_path=":memory:")
            self.close()
            self.conn, self.lock = private.conn, private.lock
            return self._put(item)

    def _put(self, item: RateItem) -> bool:
        with self.lock:
            newest = self.peek(0)
            if newest is not None and newest.timestamp > item.timestamp + _CLOCK_TOLERANCE_MS:
                self.flush()
            self.leak(item.timestamp)
            return super().put(item)
