"""Whose turn it is to write to an SQLite file, which has one writer at a time.

SQLite lets writers poll, so that one of many may be left out for longer than the busy time-out. Here they wait in line:
of each user one at a time, so that a user with many connections does not keep the others waiting; of each process one
at a time, in the order in which they came; and the processes on locks of files, which the system gives to the next one
when a process ends. The database's own lock still decides: where the files cannot be locked, writers poll.
"""

import fcntl
import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from weakref import WeakValueDictionary

from ..errors import DatabaseUnavailable


class Line:
    """A lock that is given to those that wait for it in the order in which they came."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()
        self._is_taken = False

    @contextmanager
    def taken(self, deadline: float) -> Iterator[None]:
        """Hold the lock. Raises DatabaseUnavailable when it is not free by then (monotonic)."""
        self._take(deadline)
        try:
            yield
        finally:
            self._pass_on()

    def _take(self, deadline: float) -> None:
        with self._lock:
            if not self._is_taken:
                self._is_taken = True
                return
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        if mine.acquire(timeout=max(0.0, deadline - time.monotonic())):
            return
        with self._lock:
            if mine in self._waiting:
                self._waiting.remove(mine)
                raise DatabaseUnavailable(retry_after=2)

    def _pass_on(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._is_taken = False


class Turns:
    """The turns of the writers of one process; ``database`` is the path of a file, None for one in memory."""

    def __init__(self, database: str | None) -> None:
        self._users: WeakValueDictionary[str, Line] = WeakValueDictionary()
        self._line = Line()
        self._files = (
            (_LockFile(f"{database}-queue"), _LockFile(f"{database}-turn"))
            if database not in (None, "", ":memory:")
            else None
        )

    @contextmanager
    def taken(self, user_id: str | None, seconds: float) -> Iterator[None]:
        """Wait for the turn of a user, or of the server itself. Raises DatabaseUnavailable after so many seconds."""
        deadline = time.monotonic() + seconds
        with ExitStack() as held:
            if user_id is not None:
                held.enter_context(self._users.setdefault(user_id, Line()).taken(deadline))
            held.enter_context(self._line.taken(deadline))
            held.enter_context(self._turn_of_process(deadline))
            yield

    @contextmanager
    def _turn_of_process(self, deadline: float) -> Iterator[None]:
        """Wait for the other processes. The next one holds the queue, so that none can take two turns in a row."""
        if self._files is None:
            yield
            return
        queue, turn = self._files
        queue.take(deadline)
        try:
            turn.take(deadline)
        finally:
            queue.release()
        try:
            yield
        finally:
            turn.release()


class _LockFile:
    """A file that one process at a time can hold, and one thread of it asks for; where that is not possible, all do."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file: int | None = None
        self._wait: _Wait | None = None

    def take(self, deadline: float) -> None:
        """Hold the file. Raises DatabaseUnavailable when another process holds it until then (monotonic)."""
        with suppress(OSError):
            if self._file is None:
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            if self._wait is None or not self._wait.go_on():
                with suppress(BlockingIOError):
                    fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    return
                self._wait = _Wait(self._file)
            if not self._wait.until(deadline):
                raise DatabaseUnavailable(retry_after=2)
            self._wait = None

    def release(self) -> None:
        """Let the next process have it."""
        with suppress(OSError):
            if self._file is not None:
                fcntl.flock(self._file, fcntl.LOCK_UN)


class _Wait:
    """A wait for a lock in a thread of its own, since the call has no time limit; it can be left and joined."""

    def __init__(self, file: int) -> None:
        self._file = file
        self._state = threading.Condition()
        self._is_wanted, self._is_over = True, False
        threading.Thread(target=self._run, name="turn", daemon=True).start()

    def go_on(self) -> bool:
        """Join a wait that was left; returns whether it still lasts."""
        with self._state:
            self._is_wanted = not self._is_over
            return self._is_wanted

    def until(self, deadline: float) -> bool:
        """Whether the lock is held by then (monotonic); otherwise the wait is left."""
        with self._state:
            self._is_wanted = self._state.wait_for(lambda: self._is_over, max(0.0, deadline - time.monotonic()))
            return self._is_wanted

    def _run(self) -> None:
        with suppress(OSError):
            fcntl.flock(self._file, fcntl.LOCK_EX)
        with self._state:
            self._is_over = True
            if not self._is_wanted:
                fcntl.flock(self._file, fcntl.LOCK_UN)
            self._state.notify_all()
