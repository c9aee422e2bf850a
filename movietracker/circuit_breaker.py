"""A circuit breaker: skips calls to a service that keeps failing, so that callers do not keep waiting for it."""

import threading
import time


class CircuitBreaker:
    """Opens for ``cooldown_seconds`` once ``max_failures`` calls in a row have failed; safe for threads."""

    def __init__(self, cooldown_seconds: float, max_failures: int = 1) -> None:
        self._cooldown_seconds = cooldown_seconds
        self._max_failures = max_failures
        self._failures = 0
        self._closes_at = 0.0
        self._lock = threading.Lock()

    @property
    def is_open(self) -> bool:
        """Whether calls should be skipped for now."""
        return self._failures >= self._max_failures and time.monotonic() < self._closes_at

    def fail(self) -> bool:
        """Record a failed call; returns whether it is the first one since a success, and so worth a warning."""
        with self._lock:
            self._failures += 1
            self._closes_at = time.monotonic() + self._cooldown_seconds
            return self._failures == 1

    def succeed(self) -> bool:
        """Record a successful call; returns whether the call before it failed."""
        if self._failures == 0:
            return False
        with self._lock:
            had_failed, self._failures = self._failures > 0, 0
            return had_failed
