"""At most so many requests a second to one upstream, from all processes of the machine together."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from .deadline import Deadline
from .file_lock import file_lock

# No request waits longer for its slot than its own deadline, which is a fraction of this.
LONGEST_QUEUE_SECONDS = 60.0


def choose_slot(next_free: float | None, now: float, interval: float) -> float:
    """The moment of the next request, when the earliest free one is said to be ``next_free``.

    All are seconds, the first two of the machine's monotonic clock. What cannot be true is ignored: the clock starts
    anew at a reboot, and the file may hold anything.
    """
    if next_free is None or next_free > now + LONGEST_QUEUE_SECONDS + interval:
        return now
    # In this order "not a number" gives now too.
    return max(now, next_free)


class Pacer:
    """Hands out moments for requests, each ``1 / per_second`` after the one before.

    The next free moment is kept in a locked file, as text. Without the file (disk full, folder not writable) the
    processes pace themselves one by one.
    """

    def __init__(self, path: Path, per_second: float) -> None:
        self._path = path
        self._interval = 1.0 / per_second
        self._lock = threading.Lock()
        self._own_next_free: float | None = None

    def wait(self, deadline: Deadline) -> None:
        """Sleep until this request's turn; raises TimeoutError at once when that is after the deadline."""
        slot = self._reserve(deadline)
        time.sleep(max(0.0, slot - time.monotonic()))

    def _reserve(self, deadline: Deadline) -> float:
        with self._lock:
            try:
                return self._reserve_in_file(deadline)
            except TimeoutError:
                raise
            except OSError:
                slot = self._checked_slot(self._own_next_free, deadline)
                self._own_next_free = slot + self._interval
                return slot

    def _reserve_in_file(self, deadline: Deadline) -> float:
        with file_lock(self._path, deadline) as descriptor:
            slot = self._checked_slot(_read(descriptor), deadline)
            os.pwrite(descriptor, f"{slot + self._interval:032.9f}\n".encode(), 0)
            return slot

    def _checked_slot(self, next_free: float | None, deadline: Deadline) -> float:
        now = time.monotonic()
        slot = choose_slot(next_free, now, self._interval)
        if slot - now > deadline.remaining():
            raise TimeoutError("The next free slot is after the deadline.")
        return slot


def _read(descriptor: int) -> float | None:
    try:
        return float(os.pread(descriptor, 33, 0))
    except ValueError:
        return None
