"""Imports as jobs in the database: what is kept of one, and how it gets from state to state.

A job is read, matched, and then ready; once the user has confirmed it, it is applied, and can be undone. All of that is
in the database, so that any process can go on with a job after another was killed (docs/decisions/0017).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import orjson
from blinker import Signal
from flask import current_app
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from .. import clock
from ..errors import ImportNotFound, ImportNotReady, TooManyImports
from ..models import IMPORT_JOBS, IMPORT_ROWS, IMPORT_TITLES, USERS
from ..schemas.importing import ReportCount
from ..services.transactions import query, write_connection
from . import uploaded

MAX_UNFINISHED = 10
MAX_JOBS = 100
"""How many jobs of a user are kept; with the oldest goes the possibility to undo them."""

MAX_WITH_ROWS = 20
"""Of how many jobs of a user the rows are kept."""

WAIT_FOR_FILES = 3600.0
"""Seconds after which files that are not on this machine count as lost; they may be on another one."""

UPLOAD_SECONDS = 7200.0
"""After so long files that no job waits for are left over; no upload takes longer (REQUEST_TIMEOUT)."""

AT_WORK = frozenset({"reading", "matching", "applying", "undoing"})
UNFINISHED = AT_WORK | {"paused", "ready"}
HAS_CHANGED = frozenset({"done", "failed", "cancelled"})
"""States after which there may be something to undo."""

imports_waiting = Signal("An import has something to be done; sent after the commit by the application.")

NO_ERROR: Mapping[str, Any] = {"error": None, "error_code": None, "error_values": {}}
"""The values of a job that nothing is wrong with."""

_JSON = ("counts", "people", "lists", "choices", "report", "error_values")


class JobChanged(Exception):
    """Another process changed the job meanwhile, for instance because the user has cancelled it."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it is stored (see ``ImportJob``), its JSON parsed."""

    user_id: str
    id: str
    state: str
    format: str | None = None
    label: str = ""
    created_at: float = 0.0
    updated_at: float = 0.0
    done: int = 0
    total: int = 0
    position: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    people: list[dict[str, Any]] = field(default_factory=list)
    lists: list[dict[str, Any]] = field(default_factory=list)
    choices: Mapping[str, Any] = field(default_factory=dict)
    report: Mapping[ReportCount, int] = field(default_factory=dict)
    resume_at: float | None = None
    error: str | None = None
    error_code: str | None = None
    error_values: Mapping[str, str | int] = field(default_factory=dict)


_COLUMNS = [IMPORT_JOBS.c[each.name] for each in fields(Job)]


def create_job(user_id: str, job_id: str, format_name: str | None) -> Job:
    """A job whose files are stored, to be read. Raises TooManyImports."""
    now = clock.now()
    job = Job(user_id, job_id, "reading", format_name, created_at=now, updated_at=now)
    with write_connection(user_id) as connection:
        _make_room(connection, user_id)
        connection.execute(insert(IMPORT_JOBS).values(_stored(job)))
    announce()
    return job


def get_job(user_id: str, job_id: str) -> Job:
    """A job of a user. Raises ImportNotFound."""
    found = query(select(*_COLUMNS).where(*_is(user_id, job_id))).one_or_none()
    if found is None:
        raise ImportNotFound
    return _job(found)


def list_jobs(user_id: str) -> list[Job]:
    """The jobs of a user, the newest first."""
    found = map(_job, query(select(*_COLUMNS).where(IMPORT_JOBS.c.user_id == user_id)))
    return sorted(found, key=lambda job: (-job.created_at, job.id))


def due_jobs() -> list[Job]:
    """Of each user the oldest job that can be worked on here and now, the oldest of all first."""
    is_over = (IMPORT_JOBS.c.state == "paused") & (IMPORT_JOBS.c.resume_at <= clock.now())
    statement = select(*_COLUMNS).where(IMPORT_JOBS.c.state.in_(AT_WORK) | is_over).order_by(IMPORT_JOBS.c.created_at)
    jobs: dict[str, Job] = {}
    for job in map(_job, query(statement)):
        if job.user_id not in jobs and not is_elsewhere(job):
            jobs[job.user_id] = job
    return list(jobs.values())


def is_elsewhere(job: Job) -> bool:
    """Whether another machine has the files of a job, so that it holds up no other."""
    is_unread = job.state == "reading" and not uploaded.paths(job.user_id, job.id)
    return is_unread and clock.now() - job.created_at <= WAIT_FOR_FILES


def change_job(connection: Connection, job: Job, **values: Any) -> Job:
    """The job with these values, stored. Raises JobChanged unless it is still as it was read.

    So a process that was overtaken, since it was suspended for longer than its lease, moves no job back.
    """
    changed = replace(job, **values, updated_at=clock.now())
    is_same = [IMPORT_JOBS.c[name] == getattr(job, name) for name in ("state", "done", "updated_at")]
    statement = update(IMPORT_JOBS).where(*_is(job.user_id, job.id), *is_same)
    stored = {name: each for name, each in _stored(changed).items() if name in values or name == "updated_at"}
    if connection.execute(statement.values(stored)).rowcount != 1:
        raise JobChanged
    return changed


def move_job(user_id: str, job_id: str, states: Collection[str], to: str, **values: Any) -> Job:
    """Bring a job from one of these states to another. Raises ImportNotFound, ImportNotReady."""
    statement = update(IMPORT_JOBS).where(*_is(user_id, job_id), IMPORT_JOBS.c.state.in_(states))
    with write_connection(user_id) as connection:
        moved = connection.execute(
            statement.values(state=to, updated_at=clock.now(), **_encoded(values)).returning(*_COLUMNS)
        )
        found = moved.one_or_none()
    if found is None:
        raise _not_ready(user_id, job_id)
    announce()
    return _job(found)


def confirm(user_id: str, job_id: str) -> Job:
    """Have a job applied, or go on being applied after it failed. Raises ImportNotFound, ImportNotReady."""
    job = get_job(user_id, job_id)
    if job.state in ("failed", "cancelled") and job.report:
        return move_job(user_id, job_id, {job.state}, "applying", **NO_ERROR)
    return move_job(user_id, job_id, {"ready"}, "applying", position="", done=0, **NO_ERROR)


def cancel(user_id: str, job_id: str) -> Job:
    """Stop a job; what it has changed stays until it is undone. Raises ImportNotFound, ImportNotReady."""
    job = move_job(user_id, job_id, UNFINISHED - {"undoing"}, "cancelled", resume_at=None)
    uploaded.remove(user_id, job_id)
    return job


def undo(user_id: str, job_id: str) -> Job:
    """Have what a job changed taken back. Raises ImportNotFound, ImportNotReady."""
    return move_job(user_id, job_id, HAS_CHANGED, "undoing", position="", done=0, **NO_ERROR)


def delete_job(user_id: str, job_id: str) -> None:
    """Forget a job that is not at work; what it changed stays. Raises ImportNotFound, ImportNotReady."""
    statement = delete(IMPORT_JOBS).where(*_is(user_id, job_id), IMPORT_JOBS.c.state.not_in(AT_WORK))
    with write_connection(user_id) as connection:
        is_gone = connection.execute(statement).rowcount == 1
    if not is_gone:
        raise _not_ready(user_id, job_id)
    uploaded.remove(user_id, job_id)


def _not_ready(user_id: str, job_id: str) -> ImportNotReady:
    """Why something cannot be done with a job now. Raises ImportNotFound."""
    return ImportNotReady(f"This cannot be done with an import that is {get_job(user_id, job_id).state}.")


def remove_left_over() -> None:
    """Remove files of deleted accounts, and those that killed processes left."""
    uploaded.keep_users(set(query(select(USERS.c.id)).scalars()))
    unread = query(select(IMPORT_JOBS.c.user_id, IMPORT_JOBS.c.id).where(IMPORT_JOBS.c.state == "reading"))
    wanted = set(map(tuple, unread))
    for user_id, job_id, stored_at in list(uploaded.stored()):
        if stored_at < clock.now() - UPLOAD_SECONDS and (user_id, job_id) not in wanted:
            uploaded.remove(user_id, job_id)


def announce() -> None:
    """Say that there is something to be done."""
    imports_waiting.send(current_app._get_current_object())  # type: ignore[attr-defined]


def _make_room(connection: Connection, user_id: str) -> None:
    """Forget the oldest jobs, and the rows of older ones."""
    of_user = IMPORT_JOBS.c.user_id == user_id
    unfinished = select(func.count()).where(of_user, IMPORT_JOBS.c.state.in_(UNFINISHED))
    if connection.execute(unfinished).scalar_one() >= MAX_UNFINISHED:
        raise TooManyImports
    ended = select(IMPORT_JOBS.c.id).where(of_user, IMPORT_JOBS.c.state.not_in(UNFINISHED))
    ids = connection.execute(ended.order_by(IMPORT_JOBS.c.created_at.desc())).scalars().all()
    for table in (IMPORT_ROWS, IMPORT_TITLES):
        connection.execute(delete(table).where(table.c.user_id == user_id, table.c.job_id.in_(ids[MAX_WITH_ROWS:])))
    connection.execute(delete(IMPORT_JOBS).where(of_user, IMPORT_JOBS.c.id.in_(ids[MAX_JOBS:])))


def _is(user_id: str, job_id: str) -> tuple[Any, ...]:
    return IMPORT_JOBS.c.user_id == user_id, IMPORT_JOBS.c.id == job_id


def _stored(job: Job) -> dict[str, Any]:
    return _encoded({each.name: getattr(job, each.name) for each in fields(Job)})


def _encoded(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: orjson.dumps(value).decode() if name in _JSON else value for name, value in values.items()}


def _job(row: Row[Any]) -> Job:
    values = dict(zip((each.name for each in fields(Job)), row, strict=True))
    return Job(**values | {name: orjson.loads(values[name]) for name in _JSON})
