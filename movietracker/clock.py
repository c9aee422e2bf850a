"""Wall time, and the arithmetic of the change clock (see docs/sync.md)."""

from __future__ import annotations

import time

TICK = 1e-6
"""The least step of the change clock in seconds; representable in a double until the year 2242."""


def now() -> float:
    """Unix time in seconds. The one place that reads the wall clock, so that tests can set it."""
    return time.time()


def next_moment(previous: float) -> float:
    """The time of the next change: the wall clock, but always later than the previous change.

    A wall clock that was set back, or that stands still, therefore never gives two changes the same time.
    """
    return max(now(), previous + TICK)
