"""A wall clock that stands still until a test moves it."""

from __future__ import annotations

import time

import pytest

from movietracker import clock


class WallClock:
    """Stands for ``movietracker.clock.now``; begins at the real time."""

    def __init__(self) -> None:
        self.time = time.time()

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def wall_clock(monkeypatch: pytest.MonkeyPatch) -> WallClock:
    """The clock of everything that the application does in this test."""
    stopped = WallClock()
    monkeypatch.setattr(clock, "now", stopped)
    return stopped
