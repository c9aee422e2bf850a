"""Rate limits over a sliding period; api/limits.py says which endpoints have one.

Counts are kept where the most processes share them and that can be used now: in Redis, if configured, in an SQLite file
in the instance folder, or in memory, where each process counts its share. A request is never let through uncounted.
"""

import logging
import math
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

from .. import clock
from ..circuit_breaker import CircuitBreaker
from ..errors import TooManyRequests
from ..redis_link import RedisAwayError, RedisLink
from .redis_log import RedisLog
from .rules import Claim, Rule, Ticket, claim
from .sqlite_log import FILE_NAME, FileLog, LogAwayError, MemoryLog

__all__ = ["Claim", "Counted", "RateLimits", "Rule", "claim"]

T = TypeVar("T")
Log = FileLog | MemoryLog | RedisLog

logger = logging.getLogger("movietracker.rate_limits")

COOLDOWN_SECONDS = 1.0
"""How long to count in memory after the file could not be used."""

# A key that was refused is refused again for so long without a look into the log, which a flood would keep busy.
_REFUSED_SECONDS = 1.0
_MAX_REFUSED = 10_000


class Counted(NamedTuple):
    """A request that was counted, and where."""

    ticket: Ticket
    log: Log


class RateLimits:
    """The counts of one application; may be used from any thread."""

    def __init__(self, folder: Path, redis: RedisLink | None) -> None:
        self._redis = None if redis is None else RedisLog(redis)
        self._file = FileLog(folder)
        self._memory = MemoryLog()
        self._breaker = CircuitBreaker(COOLDOWN_SECONDS)
        # When to look again, and when a request is allowed, as far as the log knew.
        self._refused: dict[tuple[str, ...], tuple[float, float]] = {}

    def share_with(self, processes: int) -> None:
        """Say how many processes of this machine count, for when they cannot count together."""
        self._memory.processes = processes

    def count(self, rate: str, scope: str, key: str) -> None:
        """Count a request against a rate such as ``10 per minute``; raises TooManyRequests when it exceeds the rate.

        Requests with the same scope and key are counted together.
        """
        self.take(claim(scope, key, Rule.of(rate)))

    def count_here(self, rate: str, scope: str, key: str) -> None:
        """The same in this process alone, which allows its share of the rate: in 50 µs, for what happens often."""
        outcome = self._memory.take([claim(scope, key, Rule.of(rate))])
        if not isinstance(outcome, Ticket):
            raise _refusal(outcome)

    def take(self, *claims: Claim) -> Counted:
        """Count a request under each of the claims; what is returned can be given back.

        Raises TooManyRequests, and counts it under none, if one of them forbids it.
        """
        keys, now = tuple(each.key for each in claims), clock.now()
        look_again_at, allowed_at = self._refused.get(keys, (0.0, 0.0))
        if 0 < look_again_at - now <= _REFUSED_SECONDS:
            raise _refusal(allowed_at - now)
        outcome, log = self._use(lambda log: log.take(claims))
        if isinstance(outcome, Ticket):
            return Counted(outcome, log)
        if len(self._refused) >= _MAX_REFUSED:
            self._refused.clear()
        self._refused[keys] = now + min(outcome, _REFUSED_SECONDS), now + outcome
        raise _refusal(outcome)

    def give_back(self, counted: Counted) -> None:
        """Count a request no longer, for instance since it was no wrong guess."""
        self._refused.pop(counted.ticket.keys, None)
        with suppress(LogAwayError, RedisAwayError):
            counted.log.give_back(counted.ticket)

    def remember(self, key: str, seconds: int) -> None:
        """Remember a key for so long, if the counts live as long."""
        self._use(lambda log: log.remember(key, seconds))

    def remembers(self, key: str) -> bool:
        """Whether a key is remembered."""
        return self._use(lambda log: log.remembers(key))[0]

    def is_working(self) -> bool:
        """Whether processes can count together now, in Redis or in the file."""
        for log in (self._redis, self._file):
            with suppress(LogAwayError, RedisAwayError):
                if log is not None:
                    log.check()
                    return True
        return False

    def close(self) -> None:
        """Close the file of this process; the next request opens it again."""
        self._file.close()

    def _use(self, operation: Callable[[Log], T]) -> tuple[T, Log]:
        """What an operation returns on the first log that can be used, and which that is."""
        for log in self._shared():
            try:
                result = operation(log)
            except RedisAwayError:
                continue
            except LogAwayError as error:
                if self._breaker.fail():
                    logger.warning("Each process limits its share for now, as %s cannot be used: %s", FILE_NAME, error)
                continue
            if log is self._file:
                self._breaker.succeed()
            return result, log
        return operation(self._memory), self._memory

    def _shared(self) -> Iterator[FileLog | RedisLog]:
        if self._redis is not None:
            yield self._redis
        if not self._breaker.is_open:
            yield self._file


def _refusal(wait: float) -> TooManyRequests:
    return TooManyRequests(retry_after=max(1, math.ceil(wait)))
