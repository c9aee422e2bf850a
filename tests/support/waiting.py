"""Waiting for what other threads and processes do, without sleeping longer than needed."""

import time
from collections.abc import Callable

PATIENCE = 60.0
"""Seconds that a test waits for what must come; other work may keep the machine busy."""


def wait_until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Return as soon as the condition holds; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)
