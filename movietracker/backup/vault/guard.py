"""Calls to destinations, which may hang, fail, or be a stranger's: each has a time limit and a plain error."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

from ...contracts import BackupDestination, BackupFile, is_backup_name
from ...errors import BackupNotFound, DestinationFailed, DestinationProblem, DestinationUnreachable
from .spool import Spool

T = TypeVar("T")

# After so many time-outs or lost connections in a row a destination is left alone.
GIVE_UP_AFTER = 3
_SECONDS_BETWEEN_LOOKS = 0.2

logger = logging.getLogger("movietracker.backup")


class Stopped(Exception):
    """The process is about to end; what is under way is left to the next run."""


class GuardedDestination:
    """A destination for the length of one operation or run; every call raises DestinationProblem or BackupNotFound.

    A call that takes longer than ``seconds`` is left behind in its thread. Setting ``stop`` ends the wait (Stopped).
    """

    def __init__(self, inner: BackupDestination, seconds: float, stop: threading.Event | None = None) -> None:
        self.name = inner.name
        self._inner = inner
        self._seconds = seconds
        self._stop = stop or threading.Event()
        self._unreachable_in_a_row = 0

    def write(self, user_id: str, name: str, content: Spool) -> None:
        """Store a file, or replace it."""
        reader = content.reader()
        self._call(lambda: self._inner.write(user_id, name, reader), finally_=reader.close)

    def read(self, user_id: str, name: str, into: Spool) -> None:
        """Copy a file's content."""
        self._call(lambda: self._inner.read(user_id, name, into.file))

    def list_files(self, user_id: str) -> list[BackupFile]:
        """The user's backups, the newest name first."""
        found = self._call(lambda: self._inner.list_files(user_id))
        ours = (file for file in found if is_backup_name(file.name))
        return sorted(ours, key=lambda file: (file.name, file.modified_at), reverse=True)

    def delete(self, user_id: str, name: str) -> None:
        """Remove a file."""
        self._call(lambda: self._inner.delete(user_id, name))

    def check(self) -> str:
        """Try it out for ``movietracker doctor``."""
        return self._call(self._inner.check)

    def _call(self, work: Callable[[], T], finally_: Callable[[], None] = lambda: None) -> T:
        if self._unreachable_in_a_row >= GIVE_UP_AFTER:
            raise DestinationUnreachable(
                f"{self.name} is left alone: it did not answer {GIVE_UP_AFTER} times in a row."
            )
        future: Future[T] = Future()
        thread = threading.Thread(
            target=_fulfil, args=(future, work, finally_), name=f"backup-{self.name}", daemon=True
        )
        thread.start()
        try:
            answer = self._result(future)
        except DestinationUnreachable:
            self._unreachable_in_a_row += 1
            raise
        self._unreachable_in_a_row = 0
        return answer

    def _result(self, future: Future[T]) -> T:
        deadline = time.monotonic() + self._seconds
        while not future.done():
            left = deadline - time.monotonic()
            if left <= 0:
                raise DestinationUnreachable(f"{self.name} did not answer within {self._seconds:g} seconds.")
            if self._stop.is_set():
                raise Stopped
            wait([future], min(left, _SECONDS_BETWEEN_LOOKS))
        try:
            return future.result()
        except (DestinationProblem, BackupNotFound):
            raise
        except OSError as error:
            raise DestinationFailed(f"{self.name}: {error.strerror or type(error).__name__}.") from error
        except Exception as error:
            logger.exception("The backup destination %s failed", self.name)
            raise DestinationFailed(f"{self.name} failed: {type(error).__name__}.") from error


def _fulfil(future: Future[T], work: Callable[[], T], finally_: Callable[[], None]) -> None:
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001 - handed to whoever waits, if anybody still does
        future.set_exception(error)
    finally:
        finally_()
