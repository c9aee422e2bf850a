"""The runner of imports: goes on with jobs from where they are, in a server's background or for a command.

Of all processes one at a time works on the jobs of a user, under a lease. Users take turns: after a few seconds of one
user's job that of another goes on, and while files are read those of others do.
"""

import itertools
import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from .. import clock
from ..errors import DatabaseUnavailable, ImportNotFound, ImportProblem, Problem, ProviderProblem, TooManyRequests
from ..metadata.chain import ProviderChain
from ..phrases import coded, phrase
from ..plugin.importers import Importer
from ..services.leases import HeldLease, lease
from ..services.transactions import write_connection
from ..upstream import on_behalf_of
from . import uploaded
from .applying import apply_titles
from .jobs import AT_WORK, NO_ERROR, Job, JobChanged, change_job, due_jobs, get_job
from .matching import match_titles
from .preview import finish_preview, read_files
from .undoing import undo_facts

LEASE_SECONDS = 20.0
"""With the scheduler's interval less than a minute: so long after a kill a server goes on."""

TURN_SECONDS = 5.0
MAX_READERS = 4
"""Of how many users files are read at a time; each takes up to 20 MiB."""

SECONDS_BETWEEN_LOOKS = 1.0
PAUSE = 300.0
"""Seconds after which a provider that failed is asked again, unless it says."""

MAX_PAUSE = 86_400.0
MAX_ERROR_LENGTH = 1000

logger = logging.getLogger("movietracker.imports")

KeepsGoing = Callable[[Job], bool]
"""Called before each chunk with the job as it is; false ends the work for now."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What jobs are done with."""

    importers: Sequence[Importer]
    chain: ProviderChain


def run_due(tools: Tools, stop: threading.Event) -> None:
    """Work on all jobs that are due, a few seconds at a time, until none is or ``stop`` is set.

    Files are read in threads beside that: reading cannot be interrupted, as it would start over.
    """
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    reading: dict[str, Future[bool]] = {}
    with ThreadPoolExecutor(MAX_READERS, "import-reader") as readers:
        worked = True
        while (worked or reading) and not stop.is_set():
            worked = False
            for job in due_jobs():
                if job.state != "reading":
                    worked |= work_on(job, tools, _turn(stop))
                elif job.user_id not in reading:
                    reading[job.user_id] = readers.submit(_read_in_thread, app, job, tools, stop)
            wait(reading.values(), 0 if worked else SECONDS_BETWEEN_LOOKS, FIRST_COMPLETED)
            for user_id in [user_id for user_id, future in reading.items() if future.done()]:
                worked |= reading.pop(user_id).result()


def _read_in_thread(app: Flask, job: Job, tools: Tools, stop: threading.Event) -> bool:
    with app.app_context():
        return work_on(job, tools, lambda now: now.state == "reading" and not stop.is_set())


def _turn(stop: threading.Event) -> KeepsGoing:
    """A few seconds from the first chunk on, so that a turn gets somewhere, however slow the machine is."""
    ends_at, questions = 0.0, itertools.count()

    def goes_on(_: Job) -> bool:
        nonlocal ends_at
        if next(questions) < 2:  # asked once for the job, and then for its first chunk
            ends_at = time.monotonic() + TURN_SECONDS
        return not stop.is_set() and time.monotonic() < ends_at

    return goes_on


def work_on(job: Job, tools: Tools, keeps_going: KeepsGoing) -> bool:
    """Go on with a job of a user; returns whether it got anywhere, which it does not while another process has it."""
    with lease(f"import-{job.user_id}", LEASE_SECONDS) as held:
        if held is None:
            return False
        try:
            before = job = get_job(job.user_id, job.id)
            if job.state == "paused":
                if (job.resume_at or 0.0) > clock.now():
                    return False
                with write_connection(job.user_id) as connection:
                    job = change_job(connection, job, state="matching", resume_at=None, **NO_ERROR)
            while job.state in AT_WORK and keeps_going(job):
                after = _step(job, tools, held, keeps_going)
                if after == job:
                    break
                job = after
        except (JobChanged, ImportNotFound):
            return True
        except DatabaseUnavailable:
            return False
        return job != before


def _step(job: Job, tools: Tools, held: HeldLease, keeps_going: KeepsGoing) -> Job:
    """Do what the state of the job says; what goes wrong pauses it or ends it."""

    def goes_on(now: Job) -> bool:
        return held.is_held and keeps_going(now)

    try:
        return _STEPS[job.state](job, tools, goes_on)
    except (JobChanged, DatabaseUnavailable):
        raise
    except (ProviderProblem, TooManyRequests) as problem:
        wait = min(max(problem.retry_after or PAUSE, 1.0), MAX_PAUSE)
        return _end(job, "paused", problem, resume_at=clock.now() + wait)
    except Problem as problem:
        return _end(job, "failed", problem)
    except Exception as error:  # importers are third-party code, and one job must not stop the others
        if isinstance(error, SQLAlchemyError) and not isinstance(error, DataError | IntegrityError):
            raise  # the database is away
        logger.exception("The import %s of user %s failed", job.id, job.user_id)
        return _end(job, "failed", ImportProblem(phrase("import_crashed", error=type(error).__name__)))


def _read(job: Job, tools: Tools, keeps_going: KeepsGoing) -> Job:
    return read_files(job, tools.importers, keeps_going) or job


def _match(job: Job, tools: Tools, keeps_going: KeepsGoing) -> Job:
    with on_behalf_of(job.user_id):
        job = match_titles(job, tools.chain, keeps_going)
    return finish_preview(job) if job.done >= job.total else job


def _apply(job: Job, _: Tools, keeps_going: KeepsGoing) -> Job:
    return apply_titles(job, keeps_going)


def _undo(job: Job, _: Tools, keeps_going: KeepsGoing) -> Job:
    return undo_facts(job, keeps_going)


_STEPS: dict[str, Callable[[Job, Tools, KeepsGoing], Job]] = {
    "reading": _read,
    "matching": _match,
    "applying": _apply,
    "undoing": _undo,
}


def _end(job: Job, state: str, problem: Problem, *, resume_at: float | None = None) -> Job:
    """Pause or end a job, as it is stored by now. Raises JobChanged."""
    now = get_job(job.user_id, job.id)
    if now.state not in (job.state, "matching"):
        raise JobChanged
    if state == "failed":
        uploaded.remove(job.user_id, job.id)
    with write_connection(job.user_id) as connection:
        return change_job(connection, now, state=state, resume_at=resume_at, **_told(problem))


def _told(problem: Problem) -> dict[str, Any]:
    """What a job keeps of a problem: the code of its phrase, or else its own."""
    told = {"error": problem.detail[:MAX_ERROR_LENGTH], "error_code": problem.code, "error_values": {}}
    return told | coded(problem.detail, "error")
