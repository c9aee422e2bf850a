"""One question to one upstream service: attempts, retries, and what each kind of answer means."""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson
import requests
from urllib3 import exceptions as urllib3_errors

from .. import metrics
from ..errors import ProviderFailed, ProviderProblem, ProviderRefused, ProviderUnreachable, TitleUnknown
from .deadline import Deadline
from .pacing import Pacer
from .wire import Secrets, WireSession

logger = logging.getLogger("movietracker.metadata")

Fault = Callable[[Any], Exception | None]

_CHUNK_BYTES = 64 * 1024
# More is nonsense, and might not even be a finite number.
_LONGEST_RETRY_AFTER_SECONDS = 365 * 86_400.0
# Of an error page this much is read so that the connection can be used again; a longer one is cut off.
_ERROR_PAGE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how large; times in seconds."""

    connect: float = 3.0
    read: float = 10.0
    total: float = 14.0
    retries: int = 2
    first_pause: float = 0.3
    longest_retry_after: float = 5.0
    max_bytes: int = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why an attempt failed, and whether another one may help."""

    problem: Exception
    retry: bool = False
    retry_after: float | None = None

    @property
    def code(self) -> str:
        """The problem's code; of a plugin's own exceptions there is none."""
        return str(getattr(self.problem, "code", "fault"))


class _TooLargeError(Exception):
    """The body exceeds the limit."""


class Upstream:
    """Asks one service, within limits; safe to use from several threads."""

    def __init__(self, name: str, secrets: Secrets, pacer: Pacer | None, fault: Fault | None, limits: Limits) -> None:
        self._name = name
        self._secrets = secrets
        self._session = WireSession(secrets)
        self._pacer = pacer
        self._fault = fault
        self._limits = limits

    def fetch(self, url: str, deadline: Deadline) -> bytes:
        """The body of a good answer, which is JSON.

        Raises TitleUnknown, ProviderRefused, ProviderFailed or ProviderUnreachable, or what ``fault`` found.
        """
        if not self._secrets.sendable:
            raise ProviderRefused(f"The key of {self._name} contains characters that cannot be sent.")
        for attempt in itertools.count(1):
            outcome = self._attempt(url, deadline)
            metrics.upstream_asked(self._name, "ok" if isinstance(outcome, bytes) else outcome.code)
            if isinstance(outcome, bytes):
                return outcome
            pause = self._pause_after(outcome, attempt, deadline)
            if pause is None:
                if isinstance(outcome.problem, ProviderProblem):
                    logger.warning("%s (Attempts: %d)", outcome.problem.detail, attempt)
                raise outcome.problem
            time.sleep(pause)
        raise AssertionError("The loop has no end of its own.")

    def may_be_stored(self, body: bytes) -> bool:
        """Whether a good answer may go to the disk: not when it repeats a key."""
        return not self._secrets.appear_in(body)

    def close(self) -> None:
        """Close the idle connections."""
        self._session.close()

    def _pause_after(self, failure: _Failure, attempt: int, deadline: Deadline) -> float | None:
        """Seconds until the next attempt; None when there is to be none. The first attempt is number 1."""
        if not failure.retry or attempt > self._limits.retries:
            return None
        asked = failure.retry_after or 0.0
        if asked > self._limits.longest_retry_after:
            return None
        pause = max(asked, self._limits.first_pause * 2.0 ** (attempt - 1))
        return pause if pause < deadline.remaining() else None

    def _attempt(self, url: str, deadline: Deadline) -> bytes | _Failure:
        try:
            if self._pacer is not None:
                self._pacer.wait(deadline)
        except TimeoutError:
            return _Failure(ProviderUnreachable(f"Too many requests to {self._name} are waiting."))
        try:
            with self._session.get(url, deadline, self._limits.connect, self._limits.read) as response:
                if response.status_code != 200:
                    _drain(response)
                    return self._judge_status(response)
                body = _read(response, self._limits.max_bytes)
        except (requests.RequestException, urllib3_errors.HTTPError, OSError, ValueError, _TooLargeError) as error:
            return self._judge_error(error)
        return self._judge_body(body)

    def _judge_status(self, response: requests.Response) -> _Failure:
        status = response.status_code
        if status == 404:
            return _Failure(TitleUnknown(f"{self._name} does not know this title."))
        if status in (401, 403):
            return _Failure(ProviderRefused(f"{self._name} refused the request; its key may be wrong or used up."))
        retry_after = read_retry_after(response.headers.get("Retry-After"))
        if status == 429:
            problem = ProviderFailed(f"{self._name} has been asked too often.", retry_after=retry_after)
            return _Failure(problem, True, retry_after)
        if 300 <= status < 400:
            return _Failure(ProviderFailed(f"{self._name} answered with a redirect."))
        problem = ProviderFailed(f"{self._name} answered with status {status}.", retry_after=retry_after)
        return _Failure(problem, status >= 500, retry_after)

    def _judge_error(self, error: Exception) -> _Failure:
        # The error itself is neither shown nor logged: it tells of hosts, ports and queries.
        match error:
            case _TooLargeError():
                return _Failure(ProviderFailed(f"{self._name} answered with more data than is accepted."))
            case requests.ReadTimeout() | urllib3_errors.ReadTimeoutError():
                # Not tried again: whoever is too slow now is not helped by being asked twice.
                return _Failure(ProviderUnreachable(f"{self._name} did not answer in time."))
            case requests.exceptions.SSLError() | urllib3_errors.SSLError():
                return _Failure(ProviderUnreachable(f"No secure connection to {self._name} could be made."))
            case urllib3_errors.DecodeError():
                return _Failure(ProviderFailed(f"{self._name} answered with damaged data."))
            case requests.ConnectionError() | urllib3_errors.ProtocolError():
                return _Failure(ProviderUnreachable(f"{self._name} cannot be reached."), retry=True)
            case _:
                return _Failure(ProviderUnreachable(f"{self._name} cannot be reached."))

    def _judge_body(self, body: bytes) -> bytes | _Failure:
        try:
            parsed = parse_json(body)
            problem = self._fault(parsed) if self._fault is not None else None
        except (ValueError, TypeError, AttributeError, LookupError):
            return _Failure(ProviderFailed(f"{self._name} answered with something that is not the expected JSON."))
        return body if problem is None else _Failure(problem)


def parse_json(body: bytes) -> Any:
    """The object or array in this body; raises ValueError for anything else."""
    parsed = orjson.loads(body.removeprefix(b"\xef\xbb\xbf"))
    if not isinstance(parsed, dict | list):
        raise ValueError("Neither an object nor an array.")
    return parsed


def read_retry_after(value: str | None) -> float | None:
    """Seconds to wait by a Retry-After header, which holds seconds or a date; None without a readable one."""
    if value is None:
        return None
    if value.strip().isdecimal():
        return min(float(value), _LONGEST_RETRY_AFTER_SECONDS)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - datetime.now(UTC)).total_seconds()), _LONGEST_RETRY_AFTER_SECONDS)


def _read(response: requests.Response, max_bytes: int) -> bytes:
    body = bytearray()
    for chunk in response.raw.stream(_CHUNK_BYTES, decode_content=True):
        body += chunk
        if len(body) > max_bytes:
            raise _TooLargeError
    return bytes(body)


def _drain(response: requests.Response) -> None:
    try:
        _read(response, _ERROR_PAGE_BYTES)
    except (_TooLargeError, urllib3_errors.HTTPError, OSError):
        response.close()
