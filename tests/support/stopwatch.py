"""How long something takes, without what other programs on the machine add to it."""

import os
import time
from pathlib import Path


class Stopwatch:
    """Measures from when it is made.

    A thread that could run may have to wait for a processor; Linux counts for how long. Those waits of all threads of
    this process and of the given ones are taken off, so that a busy machine does not look like a server that hangs.
    """

    def __init__(self, *pids: int) -> None:
        self._pids = (os.getpid(), *pids)
        self._waits: dict[Path, int] = {}
        self._waited_before = self._waited()
        self._begun = time.monotonic()

    def seconds(self) -> float:
        """Seconds until now, 0 at least; the waits of a thread that has ended count up to the last call."""
        return max(0.0, time.monotonic() - self._begun - (self._waited() - self._waited_before) / 1e9)

    def _waited(self) -> int:
        """The sum in nanoseconds, of all threads that were seen."""
        for pid in self._pids:
            for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
                try:
                    self._waits[path] = int(path.read_text().split()[1])
                except OSError:  # the thread has just ended
                    continue
        return sum(self._waits.values())
