"""What runs when, in the background of a serving process.

=============  =======================================  ==============================================
job            when                                     what
=============  =======================================  ==============================================
enrichment     at the start, then every 5 minutes       fills stubs and does queued refreshes
kick           0.2 s after a stub or refresh appeared   the same, at once
housekeeping   every hour                               forgets expired tokens and notes
collection     at the start, then every day             forgets what the sync protocol need not remember any more
backup         every night (BACKUP_HOUR, TIMEZONE)      backs up every user who has it switched on
catching up    at the start, then every 5 minutes       the nightly backup, when it was missed or cut short
=============  =======================================  ==============================================

The application factory starts no threads. Whoever serves calls ``start(app)`` once in each serving process, after the
fork (gunicorn: in ``post_worker_init``, with ``worker.app.callable``, or the application under it when it is wrapped),
and ``stop(app)`` before that process ends (gunicorn: in ``worker_exit``). Without the latter a process would not end
before the enrichment under way is through, and the backup of the user at hand. All processes may start it: leases
decide who works.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from flask import Flask
from flask_apscheduler import APScheduler
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from .backup.vault.run import run_if_due
from .metadata.enrichment import enrich
from .services.enrichment_queue import refresh_queued
from .services.housekeeping import clean_up
from .services.transactions import library_changed
from .state import state
from .sync.upkeep import collect_in_turn

ENRICHMENT_EVERY = timedelta(minutes=5)
HOUSEKEEPING_EVERY = timedelta(hours=1)
BACKUP_CHECK_EVERY = timedelta(minutes=5)
COLLECTION_EVERY = timedelta(days=1)
# Processes that started together do not all look at the same moment.
JITTER_SECONDS: int | None = 10
KICK_AFTER = timedelta(seconds=0.2)

_EXTENSION = "movietracker_jobs"
_KICK = "kick"

logger = logging.getLogger("movietracker.scheduler")


def start(app: Flask) -> None:
    """Run the background jobs in this process, unless MOVIETRACKER_SCHEDULER is off; a second call does nothing."""
    if app.config["MOVIETRACKER_SCHEDULER"] and _EXTENSION not in app.extensions:
        app.extensions[_EXTENSION] = _Jobs(app)


def is_running(app: Flask) -> bool:
    """Whether background jobs run in this process."""
    return _EXTENSION in app.extensions


def stop(app: Flask) -> None:
    """End the background jobs and wait for what is under way: no longer than one title's lookup takes."""
    jobs: _Jobs | None = app.extensions.pop(_EXTENSION, None)
    if jobs is not None:
        jobs.stop()


class _Jobs:
    """The jobs of one application in one process."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._stopping = threading.Event()
        self._wanted = threading.Event()
        self._turn = threading.Lock()
        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        background = BackgroundScheduler(
            timezone=UTC, executors={"default": ThreadPoolExecutor(5)}, job_defaults=defaults
        )
        self._scheduler = APScheduler(background)
        self._scheduler.init_app(app)
        self._repeat("enrichment", self._enrich, ENRICHMENT_EVERY)
        self._repeat("housekeeping", self._clean_up, HOUSEKEEPING_EVERY)
        self._repeat("collection", self._collect, COLLECTION_EVERY)
        schedule = app.extensions["movietracker"].vault.schedule
        nightly = CronTrigger(hour=schedule.hour, minute=schedule.minute, timezone=schedule.zone)
        self._scheduler.add_job("backup", self._back_up, trigger=nightly)
        self._repeat("catching up", self._back_up, BACKUP_CHECK_EVERY)
        library_changed.connect(self._on_library_changed, sender=app)
        refresh_queued.connect(self._on_refresh_queued, sender=app)
        # Not by the extension's own start, which starts nothing when FLASK_DEBUG is set outside of Flask's own server.
        background.start()

    def _repeat(self, name: str, job: Callable[[], None], every: timedelta) -> None:
        seconds = every.total_seconds()
        self._scheduler.add_job(
            name, job, trigger="interval", seconds=seconds, jitter=JITTER_SECONDS, next_run_time=_from_now(KICK_AFTER)
        )

    def stop(self) -> None:
        library_changed.disconnect(self._on_library_changed, sender=self._app)
        refresh_queued.disconnect(self._on_refresh_queued, sender=self._app)
        self._stopping.set()
        self._scheduler.shutdown()

    def _on_library_changed(self, _app: Flask, event: Any) -> None:
        if event.stubs:
            self._kick()

    def _on_refresh_queued(self, _app: Flask) -> None:
        self._kick()

    def _kick(self) -> None:
        """Enrich soon. Stubs that come in quick succession cause one kick, and do not put it off again and again."""
        if self._scheduler.get_job(_KICK) is None:
            run_date = _from_now(KICK_AFTER)
            self._scheduler.add_job(
                _KICK, self._enrich, trigger="date", run_date=run_date, replace_existing=True, max_instances=4
            )

    def _enrich(self) -> None:
        """Enrich now, or once more after the run under way: what became due since may have escaped it."""
        self._wanted.set()
        while self._wanted.is_set() and self._turn.acquire(blocking=False):
            try:
                self._wanted.clear()
                self._run(lambda: enrich(state().lookup, stop=self._stopping))
            finally:
                self._turn.release()

    def _clean_up(self) -> None:
        self._run(clean_up)

    def _back_up(self) -> None:
        self._run(lambda: run_if_due(state().vault, self._stopping))

    def _collect(self) -> None:
        self._run(collect_in_turn)

    def _run(self, job: Callable[[], object]) -> None:
        if self._stopping.is_set():
            return
        with self._app.app_context():
            try:
                job()
            except (DBAPIError, PoolTimeout) as error:
                logger.warning("The database is not available to a background job: %s", type(error).__name__)


def _from_now(delay: timedelta) -> datetime:
    return datetime.now(UTC) + delay
