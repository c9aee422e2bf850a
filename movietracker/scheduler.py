"""The background jobs of a serving process.

The application factory starts no threads. A server calls ``start(app)`` once in each serving process, after the fork
(gunicorn: in ``post_worker_init``, with ``worker.app.callable``, or the application inside if it is wrapped), and
``stop(app)`` before that process ends (gunicorn: in ``worker_exit``); otherwise the process would end only after the
enrichment and the user's backup in progress. All processes may start it: leases decide which one works.
"""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from flask import Flask
from flask_apscheduler import APScheduler
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from .backup.catalog.run import run_if_due
from .imports.jobs import imports_waiting, remove_left_over
from .imports.running import Tools, run_due
from .metadata.enrichment import enrich
from .services import sessions
from .services.enrichment_queue import forget_old_notes, refresh_queued
from .services.transactions import library_changed
from .state import state
from .sync.upkeep import collect_in_turn

ENRICHMENT_EVERY = timedelta(minutes=5)
IMPORTS_EVERY = timedelta(seconds=20)
HOUSEKEEPING_EVERY = timedelta(hours=1)
BACKUP_CHECK_EVERY = timedelta(minutes=5)
COLLECTION_EVERY = timedelta(days=1)
# Spreads the work of processes that started together.
JITTER_SECONDS: int | None = 10
KICK_AFTER = timedelta(seconds=0.2)
# When users who used up their requests to providers have some again.
LEFT_AFTER = timedelta(minutes=1)

_KICK = "kick"
_KICK_IMPORTS = "kick imports"

logger = logging.getLogger("movietracker.scheduler")


def start(app: Flask) -> None:
    """Run the background jobs in this process, unless MOVIETRACKER_SCHEDULER is off; a second call does nothing."""
    with app.app_context():
        if app.config["MOVIETRACKER_SCHEDULER"] and state().stop_jobs is None:
            state().stop_jobs = _Jobs(app).stop


def stop(app: Flask) -> None:
    """End the background jobs and wait for those in progress, at most as long as the lookup of one title."""
    with app.app_context():
        stop_jobs, state().stop_jobs = state().stop_jobs, None
    if stop_jobs is not None:
        stop_jobs()


class _Jobs:
    """The jobs of one application in one process."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._stopping = threading.Event()
        self._wanted = threading.Event()
        self._turn = threading.Lock()
        self._planning = threading.Lock()
        background = BackgroundScheduler()
        self._scheduler = APScheduler(background)
        self._scheduler.init_app(app)
        # After the extension, which configures the scheduler itself and forgets what was set before. Jobs that are
        # late, because the machine was busy or asleep, run all the same.
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        executors = {"default": ThreadPoolExecutor(5)}
        background.configure(timezone=UTC, executors=executors, job_defaults=defaults)
        self._repeat("enrichment", self._enrich, ENRICHMENT_EVERY)
        self._repeat("imports", partial(self._run, self._import), IMPORTS_EVERY)
        self._repeat("housekeeping", partial(self._run, _keep_house), HOUSEKEEPING_EVERY)
        self._repeat("collection", partial(self._run, collect_in_turn), COLLECTION_EVERY)
        schedule = state().backups.schedule
        nightly = CronTrigger(hour=schedule.hour, minute=schedule.minute, timezone=schedule.zone)
        self._scheduler.add_job("backup", self._back_up, trigger=nightly)
        self._repeat("catching up", self._back_up, BACKUP_CHECK_EVERY)
        library_changed.connect(self._on_library_changed, sender=app)
        refresh_queued.connect(self._kick, sender=app)
        imports_waiting.connect(self._kick_imports, sender=app)
        # Not by the extension's own start, which starts nothing when FLASK_DEBUG is set outside of Flask's own server.
        background.start()

    def _repeat(self, name: str, job: Callable[[], None], every: timedelta) -> None:
        seconds = every.total_seconds()
        self._scheduler.add_job(
            name, job, trigger="interval", seconds=seconds, jitter=JITTER_SECONDS, next_run_time=_from_now(KICK_AFTER)
        )

    def stop(self) -> None:
        library_changed.disconnect(self._on_library_changed, sender=self._app)
        refresh_queued.disconnect(self._kick, sender=self._app)
        imports_waiting.disconnect(self._kick_imports, sender=self._app)
        self._stopping.set()
        # The scheduler waits for its jobs under the lock that planning another needs: a job that is planning must be
        # done with it, and none may begin.
        with self._planning:
            pass
        self._scheduler.shutdown()

    def _on_library_changed(self, app: Flask, event: Any) -> None:
        if event.stubs:
            self._kick(app)

    def _kick(self, _app: Flask, delay: timedelta = KICK_AFTER) -> None:
        """Enrich soon. Stubs in quick succession cause one kick, which they do not postpone; the earliest counts."""
        run_date = _from_now(delay)
        with self._planning:
            if self._stopping.is_set():
                return
            planned = self._scheduler.get_job(_KICK)
            if planned is None or planned.next_run_time > run_date:
                self._scheduler.add_job(
                    _KICK, self._enrich, trigger="date", run_date=run_date, replace_existing=True, max_instances=4
                )

    def _enrich(self) -> None:
        """Enrich now, or once more after the current run, which may have missed what became due since."""
        self._wanted.set()
        while self._wanted.is_set() and self._turn.acquire(blocking=False):
            try:
                self._wanted.clear()
                self._run(self._enrich_once)
            finally:
                self._turn.release()

    def _enrich_once(self) -> None:
        report = enrich(state().lookup, stop=self._stopping)
        if report is not None and report.left:
            self._kick(self._app, LEFT_AFTER)

    def _kick_imports(self, _app: Flask) -> None:
        """Work on imports soon; one that is made while others are worked on is noticed there."""
        run_date = _from_now(KICK_AFTER)
        job = partial(self._run, self._import)
        with self._planning:
            if not self._stopping.is_set():
                self._scheduler.add_job(_KICK_IMPORTS, job, trigger="date", run_date=run_date, replace_existing=True)

    def _import(self) -> None:
        run_due(Tools(state().importers, state().lookup.chain), self._stopping)

    def _back_up(self) -> None:
        self._run(lambda: run_if_due(state().backups, self._stopping))

    def _run(self, job: Callable[[], object]) -> None:
        if self._stopping.is_set():
            return
        with self._app.app_context():
            try:
                job()
            except (DBAPIError, PoolTimeout) as error:
                logger.warning("The database is not available to a background job: %s", type(error).__name__)


def _keep_house() -> None:
    _note_used_sessions()
    tokens, notes = sessions.forget_expired_tokens(), forget_old_notes()
    if tokens or notes:
        logger.info("Deleted %d expired tokens and %d notes on titles.", tokens, notes)
    remove_left_over()


def _note_used_sessions() -> None:
    """A token that is used after this is verified anew, so those that are kept are those used since the last time."""
    verified, state().verified_tokens = state().verified_tokens, {}
    sessions.note_used({(claims["sub"], claims["jti"]) for claims in verified.copy().values()})


def _from_now(delay: timedelta) -> datetime:
    return datetime.now(UTC) + delay
