"""Points in time by which something must be done."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Deadline:
    """A moment some seconds from now, on the clock that never jumps."""

    __slots__ = ("_at",)

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    @property
    def passed(self) -> bool:
        """Whether the moment is over."""
        return time.monotonic() >= self._at

    def remaining(self) -> float:
        """Seconds until then; 0 when it has passed."""
        return max(0.0, self._at - time.monotonic())

    def clip(self, seconds: float) -> float:
        """These seconds, or the remaining ones when they are fewer."""
        return min(seconds, self.remaining())


_limit: ContextVar[Deadline | None] = ContextVar("time_limit", default=None)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Bound all provider calls inside the block to this many seconds together.

    Whoever asks several providers, or one provider several times, for one request uses it. An outer limit that ends
    earlier stays in force.
    """
    token = _limit.set(Deadline(time_left(seconds)))
    try:
        yield
    finally:
        _limit.reset(token)


def time_left(seconds: float) -> float:
    """These seconds, or fewer when an enclosing :func:`time_limit` leaves fewer."""
    limit = _limit.get()
    return seconds if limit is None else limit.clip(seconds)
