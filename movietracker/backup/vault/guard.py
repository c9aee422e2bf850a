"""Calls to destinations, which may hang, fail, or be a stranger's: each has a time limit and a plain error."""

from __future__ import annotations

import logging
import math
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

from ...contracts import BackupDestination, BackupFile, is_backup_name
from ...errors import BackupNotFound, DestinationFailed, DestinationProblem, DestinationUnreachable
from .spool import Spool

T = TypeVar("T")

_SECONDS_BETWEEN_LOOKS = 0.2

logger = logging.getLogger("movietracker.backup")


class Stopped(Exception):
    """The process is about to end; what is under way is left to the next run."""


class Patience:
    """How often a destination is asked that does not answer.

    After ``attempts`` time-outs or lost connections in a row it is left alone for ``rest_seconds``.
    """

    def __init__(self, attempts: int = 3, rest_seconds: float = math.inf) -> None:
        self._attempts = attempts
        self._rest_seconds = rest_seconds
        self._failures = 0
        self._failed_at = -math.inf

    @property
    def is_exhausted(self) -> bool:
        """Whether it is left alone for now."""
        return self._failures >= self._attempts and time.monotonic() < self._failed_at + self._rest_seconds

    def note(self, *, answered: bool) -> None:
        """Remember how a call went."""
        self._failures = 0 if answered else self._failures + 1
        self._failed_at = time.monotonic()


class GuardedDestination:
    """A destination for the length of one operation or run; every call raises DestinationProblem or BackupNotFound.

    A call that takes longer than ``seconds``, or ``list_seconds`` for a list, is left behind in its thread. Setting
    ``stop`` ends the wait (Stopped).
    """

    def __init__(
        self,
        inner: BackupDestination,
        seconds: float,
        stop: threading.Event | None = None,
        *,
        patience: Patience | None = None,
        list_seconds: float | None = None,
    ) -> None:
        self.name = inner.name
        self._inner = inner
        self._seconds = seconds
        self._list_seconds = seconds if list_seconds is None else list_seconds
        self._stop = stop or threading.Event()
        self._patience = patience or Patience()

    def write(self, user_id: str, name: str, content: Spool) -> None:
        """Store a file, or replace it."""
        reader = content.reader()
        self._call(lambda: self._inner.write(user_id, name, reader), finally_=reader.close)

    def read(self, user_id: str, name: str, into: Spool) -> None:
        """Copy a file's content."""
        self._call(lambda: self._inner.read(user_id, name, into.file))

    def list_files(self, user_id: str) -> list[BackupFile]:
        """The user's backups, the newest name first."""
        found = self._call(lambda: self._inner.list_files(user_id), seconds=self._list_seconds)
        ours = (file for file in found if is_backup_name(file.name))
        return sorted(ours, key=lambda file: (file.name, file.modified_at), reverse=True)

    def delete(self, user_id: str, name: str) -> None:
        """Remove a file."""
        self._call(lambda: self._inner.delete(user_id, name))

    def check(self) -> str:
        """Try it out for ``movietracker doctor``."""
        return self._call(self._inner.check)

    def _call(
        self, work: Callable[[], T], finally_: Callable[[], None] = lambda: None, seconds: float | None = None
    ) -> T:
        if self._patience.is_exhausted:
            finally_()
            raise DestinationUnreachable(f"{self.name} is left alone for now, because it did not answer.")
        future: Future[T] = Future()
        thread = threading.Thread(
            target=_fulfil, args=(future, work, finally_), name=f"backup-{self.name}", daemon=True
        )
        thread.start()
        try:
            answer = self._result(future, seconds or self._seconds)
        except DestinationUnreachable:
            self._patience.note(answered=False)
            raise
        self._patience.note(answered=True)
        return answer

    def _result(self, future: Future[T], seconds: float) -> T:
        deadline = time.monotonic() + seconds
        while not future.done():
            left = deadline - time.monotonic()
            if left <= 0:
                raise DestinationUnreachable(f"{self.name} did not answer within {seconds:g} seconds.")
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
            # Where, and not what it says: that may hold its address or keys.
            where = "".join(traceback.format_tb(error.__traceback__))
            logger.error("The backup destination %s failed: %s\n%s", self.name, type(error).__name__, where)
            raise DestinationFailed(f"{self.name} failed: {type(error).__name__}.") from error


def _fulfil(future: Future[T], work: Callable[[], T], finally_: Callable[[], None]) -> None:
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001 - handed to whoever waits, if anybody still does
        future.set_exception(error)
    finally:
        finally_()
