"""Backing up all users: nightly, made up for when it was missed, resumed when it was cut short; or now, on request.

Of all processes on one database, one at a time does this. A run saves what became of a user's files in one transaction
after the user's last file, and takes users in the order of their ids, so one that was cut short goes on after the last
user of whom something is saved.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from sqlalchemy.exc import SQLAlchemyError

from ... import clock
from ...errors import DestinationNotConfigured, Problem, UserNotFound
from ...services.leases import HeldLease, lease
from . import records
from .guard import GuardedDestination, Stopped
from .names import day_name
from .records import Record, Run
from .retention import prune, prune_all
from .spool import what_failed
from .targets import Target, count_users_to_back_up, users_to_back_up
from .vault import Vault
from .writing import back_up, failed

LEASE_NAME = "backup"
LEASE_SECONDS = 60.0

# More failures than anybody reads; the rest is in the table of records.
MOST_FAILURES = 1000

logger = logging.getLogger("movietracker.backup")

Status = Literal["running", "ok", "partial", "failed"]


@dataclass(frozen=True, slots=True)
class Failure:
    """A backup that did not come about at a destination, and why."""

    user: str
    destination: str
    error: str


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did so far; ``running`` as the last status says that it was stopped and will be resumed.

    ``saved_users`` have a verified backup at one destination at least, ``failed_users`` lack one at one at least.
    """

    run_id: str
    status: Status = "running"
    users: int = 0
    saved_users: int = 0
    failed_users: int = 0
    failures: tuple[Failure, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """For scripts."""
        return asdict(self)


Progress = Callable[[RunReport, int], None]
"""Called after each user with the report so far and the number of users that there are to do in all."""


def run_if_due(vault: Vault, stop: threading.Event | None = None) -> RunReport | None:
    """Do the nightly run unless the last one that was due is done; None when there is nothing to do here and now.

    The machine may have been off at the time, or a process have been killed in the middle.
    """
    due_at = vault.schedule.last_due(clock.now())
    if records.is_done(due_at):
        return None
    with lease(LEASE_NAME, LEASE_SECONDS) as held:
        if held is None or records.is_done(due_at):
            return None
        try:
            destinations = vault.destinations(stop=stop)
        except DestinationNotConfigured as problem:
            logger.warning("No nightly backup: %s", problem.detail)
            return None
        _tell_missing(vault)
        cut_short = records.unfinished_run(due_at)
        records.close_interrupted_runs(but=cut_short)
        run = cut_short or records.begin_run("nightly", _today(vault), due_at)
        return _Runner(vault, destinations, run, held, stop or threading.Event()).go()


def run_now(
    vault: Vault,
    *,
    user_id: str | None = None,
    destination: str | None = None,
    progress: Progress = lambda report, total: None,
) -> RunReport | None:
    """Back up all users, or one user whatever their settings say; None when another process is at it.

    Raises DestinationNotConfigured.
    """
    destinations = vault.destinations(destination)
    with lease(LEASE_NAME, LEASE_SECONDS) as held:
        if held is None:
            return None
        if destination is None:
            _tell_missing(vault)
        run = records.begin_run("manual", _today(vault))
        return _Runner(vault, destinations, run, held, threading.Event(), progress).go(user_id)


def _tell_missing(vault: Vault) -> None:
    """Say where no backups go: whoever named a destination relies on it."""
    for name in vault.missing():
        logger.warning("BACKUP_DESTINATIONS names %s, which is not configured: no backups go there.", name)


def _today(vault: Vault) -> str:
    return vault.schedule.local(clock.now()).strftime("%Y-%m-%d")


class _Runner:
    """One run."""

    def __init__(
        self,
        vault: Vault,
        destinations: Sequence[GuardedDestination],
        run: Run,
        held: HeldLease,
        stop: threading.Event,
        progress: Progress = lambda report, total: None,
    ) -> None:
        self._vault = vault
        self._destinations = destinations
        self._run = run
        self._held = held
        self._stop = stop
        self._progress = progress
        self._name = day_name(run.day, encrypted=vault.cipher.is_on)
        self._report = RunReport(run.id)

    def go(self, only: str | None = None) -> RunReport:
        """Back up every user who is left, then note how the run ended."""
        before = records.progress_of(self._run)
        self._report = replace(
            self._report, users=before.users, saved_users=before.saved_users, failed_users=before.failed_users
        )
        total = before.users + count_users_to_back_up(before.last_user_id, only)
        try:
            for target in users_to_back_up(before.last_user_id, only):
                if self._stop.is_set() or not self._held.is_held:
                    return self._report
                self._do(target)
                self._progress(self._report, total)
            if self._run.kind == "nightly":
                self._prune_the_rest()
        except Stopped:
            return self._report
        return self._finished()

    def _do(self, target: Target) -> None:
        try:
            made = self._back_up(target)
        except UserNotFound:
            return  # deleted a moment ago
        records.save(made)
        failures = [Failure(str(target), each.destination, each.error) for each in made if each.error is not None]
        if self._run.kind == "nightly":  # whoever started another one reads the report
            for failure in failures:
                logger.warning("User %s could not be backed up: %s", target.user_id, failure.error)
        known = self._report.failures
        self._report = replace(
            self._report,
            users=self._report.users + 1,
            saved_users=self._report.saved_users + any(each.verified for each in made),
            failed_users=self._report.failed_users + bool(failures),
            failures=known + tuple(failures[: MOST_FAILURES - len(known)]),
        )
        for destination, record in zip(self._destinations, made, strict=True):
            if record.verified:
                prune(self._vault, destination, target, fresh=record.name)

    def _back_up(self, target: Target, *, is_last_attempt: bool = False) -> list[Record]:
        try:
            return back_up(self._vault, self._destinations, target.user_id, self._run, self._name)
        except (UserNotFound, Stopped):
            raise
        except Exception as error:  # one user's failure must not keep the others from their backups
            if isinstance(error, SQLAlchemyError) and not is_last_attempt:
                # Either the database was away for a moment; or it is still, then nothing can be noted below, and the
                # run ends, to be resumed; or it is damaged where this user's library is.
                return self._back_up(target, is_last_attempt=True)
            logger.exception("User %s could not be backed up", target.user_id)
            return failed(self._destinations, target.user_id, self._run, self._name, _sentence(error))

    def _prune_the_rest(self) -> None:
        """Remove what is too old of users who were not backed up this time."""
        for pruned in prune_all(self._vault, self._destinations):
            if not self._held.is_held:
                return
            logger.info("Removed old backups: %s", pruned)

    def _finished(self) -> RunReport:
        report = self._report
        status: Status = "ok"
        if report.failed_users:
            status = "partial" if report.saved_users else "failed"
        records.finish_run(self._run, status, report.users, report.failed_users)
        if report.users:
            logger.info("Backup run %s: %d users, %d with failures", status, report.users, report.failed_users)
        self._report = replace(report, status=status)
        return self._report


def _sentence(error: Exception) -> str:
    if isinstance(error, Problem):
        return error.detail
    if isinstance(error, OSError):
        return what_failed(error)
    return f"The library could not be exported: {type(error).__name__}."
