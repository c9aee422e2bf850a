"""Backup runs over all users: nightly, later if one was missed, resumed if interrupted; or now, on request.

Of all processes on one database, one at a time does this. A run saves the records of a user's files in one transaction
before it writes the first, and the outcomes in another one after the last; it takes users in the order of their ids.
So the next run goes on with an interrupted one after the last user with outcomes, under a name of its own: a file that
is there already is never replaced.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy.exc import SQLAlchemyError

from ... import clock
from ...errors import DestinationNotConfigured, Problem, UserNotFound
from ...services.leases import HeldLease, lease
from . import Catalog, GuardedDestination, Stopped, journal
from .journal import Record, Run, Target, users_to_back_up
from .retention import kept_from, prune, prune_all
from .verification import back_up, failed

LEASE_NAME = "backup"
LEASE_SECONDS = 60.0

MAX_INTERRUPTIONS = 3
"""Of one user's backup in a night, before it fails: a library that gets the process killed would hold up all others."""

# Enough for a reader; the others are in the table backup_files.
MAX_FAILURES = 1000

logger = logging.getLogger("movietracker.backup")


@dataclass(frozen=True, slots=True)
class Failure:
    """A backup that could not be made at a destination, and why."""

    user: str
    destination: str
    error: str


@dataclass(slots=True)
class RunReport:
    """What a run has done so far; ``running`` as the last status says that it was stopped and will be resumed.

    ``saved_users`` have a verified backup at one destination at least, ``failed_users`` lack one at one at least.
    """

    run_id: str
    status: Literal["running", "ok", "partial", "failed"] = "running"
    users: int = 0
    saved_users: int = 0
    failed_users: int = 0
    failures: list[Failure] = field(default_factory=list)


Progress = Callable[[RunReport, int], None]
"""Called after each user with the report so far and the number of users in all."""


def run_if_due(catalog: Catalog, stop: threading.Event | None = None) -> RunReport | None:
    """Do the nightly run unless the last one that was due is done; None when there is nothing to do here and now.

    It may be overdue: the machine may have been off at the time, or a process may have been killed during the run.
    """
    due_at = catalog.schedule.last_due(clock.now())
    if journal.is_done(due_at):
        return None
    with lease(LEASE_NAME, LEASE_SECONDS) as held:
        if held is None or journal.is_done(due_at):
            return None
        try:
            destinations = catalog.destinations(stop=stop)
        except DestinationNotConfigured as problem:
            logger.warning("No nightly backup: %s", problem.detail)
            return None
        _warn_of_missing(catalog)
        journal.close_interrupted_runs()
        run = journal.begin_run("nightly", _today(catalog), due_at)
        return _Runner(catalog, destinations, run, held, stop or threading.Event(), RunReport(run.id)).go()


def run_now(
    catalog: Catalog,
    *,
    user_id: str | None = None,
    destination: str | None = None,
    progress: Progress = lambda report, total: None,
) -> RunReport | None:
    """Back up all users, or one user whatever their settings say; None while another process does a run.

    Raises DestinationNotConfigured.
    """
    destinations = catalog.destinations(destination)
    with lease(LEASE_NAME, LEASE_SECONDS) as held:
        if held is None:
            return None
        if destination is None:
            _warn_of_missing(catalog)
        run = journal.begin_run("manual" if user_id is None else "user", _today(catalog))
        return _Runner(catalog, destinations, run, held, threading.Event(), RunReport(run.id), progress).go(user_id)


def _warn_of_missing(catalog: Catalog) -> None:
    for name in catalog.missing():
        logger.warning("BACKUP_DESTINATIONS names %s, which is not configured: no backups go there.", name)


def _today(catalog: Catalog) -> str:
    return catalog.schedule.local(clock.now()).strftime("%Y-%m-%d")


@dataclass(slots=True)
class _Runner:
    """One run."""

    catalog: Catalog
    destinations: Sequence[GuardedDestination]
    run: Run
    held: HeldLease
    stop: threading.Event
    report: RunReport
    progress: Progress = lambda report, total: None
    name: str = field(init=False)
    kept_from: float = field(init=False)
    interruptions: Mapping[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.name, self.kept_from = self.catalog.name_of(self.run), kept_from(self.catalog)
        self.interruptions = journal.interrupted_attempts(self.run)

    def go(self, only: str | None = None) -> RunReport:
        """Back up the remaining users, then record how the run ended."""
        report = self.report
        last, report.users, report.saved_users, report.failed_users = journal.progress_of(self.run)
        targets = users_to_back_up(last, only)
        total = report.users + targets.count()
        try:
            for target in targets:
                if self.stop.is_set() or not self.held.is_held:
                    return report
                self._do(target)
                self.progress(report, total)
            if self.run.kind == "nightly":  # remove what is too old of users who were not backed up this time
                for pruned in prune_all(self.catalog, self.destinations, self.run.id):
                    if not self.held.is_held:
                        break
                    logger.info("Removed old backups: %s", pruned)
        except Stopped:
            return report
        report.status = "ok" if not report.failed_users else "partial" if report.saved_users else "failed"
        journal.finish_run(self.run, report.status, report.users, report.failed_users)
        if report.users:
            logger.info("Backup run %s: %d users, %d with failures", report.status, report.users, report.failed_users)
        return report

    def _do(self, target: Target) -> None:
        try:
            made = self._back_up(target)
        except UserNotFound:
            return  # deleted a moment ago
        journal.save(made)
        failures = [Failure(str(target), each.destination, each.error) for each in made if each.error is not None]
        if self.run.kind == "nightly":  # for other runs the caller shows the report
            for failure in failures:
                logger.warning("User %s could not be backed up: %s", target.user_id, failure.error)
        report = self.report
        report.users += 1
        report.saved_users += any(each.verified for each in made)
        report.failed_users += bool(failures)
        report.failures += failures[: MAX_FAILURES - len(report.failures)]
        for destination, record in zip(self.destinations, made, strict=True):
            if record.verified:
                prune(self.catalog, destination, target, self.kept_from, self.run.id)

    def _back_up(self, target: Target, *, is_last_attempt: bool = False) -> list[Record]:
        if (times := self.interruptions.get(target.user_id, 0)) >= MAX_INTERRUPTIONS:
            sentence = f"The backup was interrupted {times} times; the log may say why."
            return failed(self.destinations, target.user_id, self.run, self.name, sentence)
        try:
            return back_up(self.catalog, self.destinations, target.user_id, self.run, self.name)
        except (UserNotFound, Stopped):
            raise
        except Exception as error:  # one user's failure must not stop the backups of the others
            is_of_database = isinstance(error, SQLAlchemyError)
            if is_of_database and not is_last_attempt:
                # The database may have been unavailable for a moment. If it still is, saving the record fails too, and
                # the run ends, to be resumed. If not, it is damaged where this user's library is.
                return self._back_up(target, is_last_attempt=True)
            # The driver's words say what is wrong with the database; only a fault of ours is looked for in a traceback.
            words = str(getattr(error, "orig", error)).partition("\n")[0]
            logger.error("User %s could not be backed up: %s", target.user_id, words, exc_info=not is_of_database)
            unforeseen = f"The library could not be exported: {type(error).__name__}."
            sentence = error.detail if isinstance(error, Problem) else unforeseen
            return failed(self.destinations, target.user_id, self.run, self.name, sentence)
