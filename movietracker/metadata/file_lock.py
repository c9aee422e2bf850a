"""Mutual exclusion among the processes of the machine, by locks on files."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .deadline import Deadline

_FIRST_PAUSE_SECONDS = 0.001
_LONGEST_PAUSE_SECONDS = 0.05


@contextmanager
def file_lock(path: Path, deadline: Deadline) -> Iterator[int]:
    """Hold the lock of this file, made when missing; answers its descriptor, open for reading and writing.

    It excludes threads of one process from each other as well. It is asked for again and again rather than waited
    for, so that a stopped process that holds it costs others no more than their deadline. Raises TimeoutError at the
    deadline, OSError when the file cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _acquire(descriptor, deadline)
        try:
            yield descriptor
        finally:
            # Said in so many words: a child forked meanwhile has a copy of the descriptor, and closing ours alone
            # would leave the lock with it.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, deadline: Deadline) -> None:
    pause = _FIRST_PAUSE_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if deadline.passed:
                raise TimeoutError("The file stayed locked.") from None
            time.sleep(deadline.clip(pause))
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
        else:
            return
