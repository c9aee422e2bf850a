"""Wall time, and the arithmetic of the change clock (see docs/sync.md)."""

import time

TICK = 1e-6
"""The smallest step of the change clock in seconds; representable in a double until the year 2242."""


def now() -> float:
    """Unix time in seconds; the only place that reads the wall clock, so that tests can set it."""
    return time.time()


def next_moment(previous: float, wall_time: float) -> float:
    """The time of the next change: the wall clock, but always later than the previous change.

    So two changes never have the same time, even if the wall clock stands still or is set back.
    """
    return max(wall_time, previous + TICK)
