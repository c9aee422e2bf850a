"""A wall clock that stands still until a test moves it."""

import time


class WallClock:
    """Stands for ``movietracker.clock.now``; begins at the real time."""

    def __init__(self) -> None:
        self.time = time.time()

    def __call__(self) -> float:
        return self.time
