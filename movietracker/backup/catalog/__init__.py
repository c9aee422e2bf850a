"""Backups at their destinations: made nightly and verified by restoring, listed, checked, restored, removed.

Calls to destinations may hang, fail, or come from third-party code: each has a deadline and plain errors.
"""

import logging
import math
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, wait
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self, TypeVar
from uuid import uuid4

from ... import errors
from ...circuit_breaker import CircuitBreaker
from ...plugin.checks import is_ready
from ...plugin.context import PluginContext
from ...plugin.destinations import BackupDestination, BackupFile, is_backup_name
from ...plugin.manager import PluginManager, choose
from ...plugin.values import misfit_of_value
from ...threads import call_in_thread, calls_under_way
from .encryption import Cipher, is_sealed, label_of
from .journal import Run, records_of
from .schedule import Schedule
from .spool import Spool

T = TypeVar("T")

SECONDS_PER_DAY = 86_400.0
SECONDS_BETWEEN_CHECKS = 0.2
MAX_FAILURES_OF_RUN = 3

# A hanging destination must not block all threads of a server: requests skip it for a while after one timeout, and wait
# less for lists, which are short.
REQUESTS_COOLDOWN_SECONDS = 60.0
REQUESTS_LIST_SECONDS = 20.0

SAFETY = "before-restore"
"""In the names of safety backups."""

MAX_CALLS = 32
"""Calls to a destination at a time, beyond which it is skipped: each that hangs for ever keeps a thread."""

logger = logging.getLogger("movietracker.backup")


class Stopped(Exception):
    """The process is about to end; the next run takes up what is unfinished."""


class GuardedDestination:
    """A destination for the length of one operation or run; every call raises DestinationProblem or BackupNotFound.

    A call that takes longer than ``seconds``, or ``list_seconds`` for a list, is abandoned in its thread; once
    ``breaker`` is open, calls fail at once. Setting ``stop`` ends the wait (Stopped).
    """

    def __init__(
        self,
        inner: BackupDestination,
        seconds: float,
        list_seconds: float,
        stop: threading.Event,
        breaker: CircuitBreaker,
    ) -> None:
        self.name, self._inner = inner.name, inner
        self._seconds, self._list_seconds = seconds, list_seconds
        self._stop, self._breaker = stop, breaker

    def write(self, user_id: str, name: str, content: Spool) -> None:
        """Store a file, or replace it."""

        def work() -> None:
            with content.reader() as reader:
                self._inner.write(user_id, name, reader)

        self._call(work, self._seconds)

    def read(self, user_id: str, name: str, into: Spool) -> None:
        """Copy a file's content."""
        self._call(lambda: self._inner.read(user_id, name, into.file), self._seconds)

    def list_files(self, user_id: str) -> list[BackupFile]:
        """The user's backups, the newest name first."""

        def work() -> list[BackupFile]:
            found: Any = self._inner.list_files(user_id)
            if not isinstance(found, Iterable):
                raise errors.DestinationFailed(f"{self.name} listed {type(found).__name__} instead of files.")
            files = list(found)
            for misfit in filter(None, (misfit_of_value(file, BackupFile) for file in files)):
                raise errors.DestinationFailed(f"{self.name} listed {misfit}.")
            return files

        ours = (file for file in self._call(work, self._list_seconds) if is_backup_name(file.name))
        return sorted(ours, key=lambda file: (file.name, file.modified_at), reverse=True)

    def delete(self, user_id: str, name: str) -> None:
        """Remove a file."""
        self._call(lambda: self._inner.delete(user_id, name), self._seconds)

    def check(self) -> str:
        """Try it out for ``movietracker doctor``, and list the files of a user who has none."""
        sentence: Any = self._call(self._inner.check, self._seconds)
        if not isinstance(sentence, str) or not sentence:
            raise errors.DestinationFailed(f"{self.name} returned no sentence from check().")
        self.list_files(str(uuid4()))
        return sentence

    def _call(self, work: Callable[[], T], seconds: float) -> T:
        thread = f"backup-{self.name}"
        if self._breaker.is_open or calls_under_way(thread) >= MAX_CALLS:
            raise errors.DestinationUnreachable(f"{self.name} is skipped for now, because it did not respond.")
        try:
            result = self._result(call_in_thread(work, thread), seconds)
        except errors.DestinationUnreachable:
            self._breaker.fail()
            raise
        self._breaker.succeed()
        return result

    def _result(self, future: Future[T], seconds: float) -> T:
        deadline = time.monotonic() + seconds
        while not future.done():
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise errors.DestinationUnreachable(f"{self.name} did not respond within {seconds:g} seconds.")
            if self._stop.is_set():
                raise Stopped
            wait([future], min(remaining, SECONDS_BETWEEN_CHECKS))
        try:
            return future.result()
        except (errors.DestinationProblem, errors.BackupNotFound):
            raise
        except OSError as error:
            raise errors.DestinationFailed(f"{self.name}: {error.strerror or type(error).__name__}.") from error
        except (Exception, SystemExit) as error:
            # The place, but not the text, which may hold the address or keys.
            where = "".join(traceback.format_tb(error.__traceback__))
            logger.error("The backup destination %s failed: %s\n%s", self.name, type(error).__name__, where)
            raise errors.DestinationFailed(f"{self.name} failed: {type(error).__name__}.") from error


@dataclass(frozen=True, slots=True)
class Catalog:
    """The destinations in order, and how they are used; ``folder`` takes temporary files, times are in seconds.

    ``named`` are the destinations that BACKUP_DESTINATIONS names; ``breakers`` are shared by all requests, by name.
    """

    chosen: tuple[BackupDestination, ...]
    cipher: Cipher
    schedule: Schedule
    retention_seconds: float
    call_seconds: float
    folder: Path
    is_for_requests: bool = False
    breakers: dict[str, CircuitBreaker] = field(default_factory=dict)
    named: frozenset[str] = frozenset()

    def for_requests(self) -> Self:
        """The same catalog for callers that wait for a response: it skips a destination that another one waited for."""
        return replace(self, is_for_requests=True)

    def ready(self, stop: threading.Event | None = None) -> list[GuardedDestination]:
        """The configured destinations, for one operation or run; setting ``stop`` ends every wait for them."""
        stop = stop or threading.Event()
        return [self._guarded(each, stop) for each in self.chosen if is_ready(each)]

    def _guarded(self, destination: BackupDestination, stop: threading.Event) -> GuardedDestination:
        list_seconds, breaker = self.call_seconds, CircuitBreaker(math.inf, MAX_FAILURES_OF_RUN)
        if self.is_for_requests:
            list_seconds = min(self.call_seconds, REQUESTS_LIST_SECONDS)
            breaker = self.breakers.setdefault(destination.name, CircuitBreaker(REQUESTS_COOLDOWN_SECONDS))
        return GuardedDestination(destination, self.call_seconds, list_seconds, stop, breaker)

    def destinations(self, only: str | None = None, stop: threading.Event | None = None) -> list[GuardedDestination]:
        """The same, or one of them; raises DestinationNotConfigured when there is none (of that name)."""
        found = [each for each in self.ready(stop) if only in (None, each.name)]
        if not found:
            raise errors.DestinationNotConfigured(only and f"There is no configured backup destination named {only}.")
        return found

    def missing(self) -> list[str]:
        """The destinations that BACKUP_DESTINATIONS names although they are not configured."""
        return [each.name for each in self.chosen if each.name in self.named and not is_ready(each)]

    def name_of(self, run: Run) -> str:
        """The name of the files of a run, which no other run uses, whatever this database knows of the destinations.

        It may be an older copy, or one of two whose servers share a destination. The last digits tell two runs of one
        second apart, and of the hour that occurs twice in autumn.
        """
        occasion = SAFETY if run.kind == "safety" else "at"
        began = self.schedule.local(run.started_at)
        return f"{began:%Y-%m-%d}-{occasion}-{began:%H%M%S}-{int(run.id[:8], 16) % 1_000_000:06}{self.cipher.suffix}"

    def opened(self, file: Spool) -> Spool:
        """The document in a backup's file: decrypted if it is encrypted, else the file itself.

        Raises WrongPassphrase and BackupDamaged.
        """
        with file.reader() as reader:
            sealed = is_sealed(reader)
        return self.cipher.open(file, self.folder) if sealed else file

    def open_backup(
        self, destination: GuardedDestination, user_id: str, name: str, *, allow_plain: bool = False
    ) -> Spool:
        """The document of a backup; raises BackupDamaged when the file is not what we wrote there, WrongPassphrase.

        A file without a record, because the database was lost perhaps, must be sealed as this backup if there is a
        passphrase; ``allow_plain`` also accepts one that does not say which backup it is.
        """
        written = {record.sha256 for record in records_of(user_id, destination.name) if record.name == name}
        with ExitStack() as closing:
            file = closing.enter_context(Spool(self.folder))
            destination.read(user_id, name, file)
            if written and file.sha256() not in written:
                raise errors.BackupDamaged(f"{name} at {destination.name} is not the file that was written there.")
            if self.cipher.is_on and not written:
                _require_label(file, destination, user_id, name, allow_none=allow_plain)
            document = self.opened(file)
            if document is file:
                closing.pop_all()
        return document


def _require_label(file: Spool, destination: GuardedDestination, user_id: str, name: str, *, allow_none: bool) -> None:
    label = label_of(file)
    if label is None and not allow_none:
        raise errors.BackupDamaged(
            f"{name} at {destination.name} is neither recorded nor sealed as this backup, so it may be forged; "
            "an administrator can restore it with: movietracker backup restore --allow-plain"
        )
    if label is not None and (label.user_id, label.name) != (user_id, name):
        raise errors.BackupDamaged(f"{name} at {destination.name} is another backup, or another user's.")


def make_catalog(plugins: PluginManager, context: PluginContext) -> Catalog:
    """The catalog of an application; raises SettingsError and PluginError."""
    settings: Mapping[str, Any] = context.settings
    names, offered = settings["BACKUP_DESTINATIONS"], plugins.backup_destinations(context)
    return Catalog(
        tuple(choose(offered, names, "BACKUP_DESTINATIONS", "backup destinations")),
        Cipher(settings["BACKUP_PASSPHRASE"]),
        Schedule.of(settings),
        settings["BACKUP_RETENTION_DAYS"] * SECONDS_PER_DAY,
        settings["BACKUP_TIMEOUT"],
        context.instance_path,
        named=frozenset(names),
    )
