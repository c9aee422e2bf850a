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
from ..models import IMPORT_JOBS, IMPORT_ROWS, IMPORT_TITLES
from ..services.transactions import query, write_connection
from . import uploaded

MAX_UNFINISHED = 10
MAX_JOBS = 100
"""How many jobs of a user are kept; with the oldest goes the possibility to undo them."""

MAX_WITH_ROWS = 20
"""Of how many jobs of a user the rows are kept."""

AT_WORK = frozenset({"reading", "matching", "applying", "undoing"})
UNFINISHED = AT_WORK | {"paused", "ready"}
HAS_CHANGED = frozenset({"done", "failed", "cancelled"})
"""States after which there may be something to undo."""

imports_waiting = Signal("An import has something to be done; sent after the commit by the application.")

_JSON = ("counts", "people", "lists", "choices", "report")


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
    report: Mapping[str, int] = field(default_factory=dict)
    resume_at: float | None = None
    error: str | None = None


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
    """Of each user the oldest job that can be worked on now, the oldest of all first."""
    is_over = (IMPORT_JOBS.c.state == "paused") & (IMPORT_JOBS.c.resume_at <= clock.now())
    statement = select(*_COLUMNS).where(IMPORT_JOBS.c.state.in_(AT_WORK) | is_over).order_by(IMPORT_JOBS.c.created_at)
    jobs: dict[str, Job] = {}
    for row in query(statement):
        jobs.setdefault(row.user_id, _job(row))
    return list(jobs.values())


def change_job(connection: Connection, job: Job, **values: Any) -> Job:
    """The job with these values, stored. Raises JobChanged unless it is still in the state that it was read in."""
    changed = replace(job, **values, updated_at=clock.now())
    statement = update(IMPORT_JOBS).where(*_is(job.user_id, job.id), IMPORT_JOBS.c.state == job.state)
    stored = {name: each for name, each in _stored(changed).items() if name in values or name == "updated_at"}
    if connection.execute(statement.values(stored)).rowcount != 1:
        raise JobChanged
    return changed


def move_job(user_id: str, job_id: str, states: Collection[str], to: str, **values: Any) -> Job:
    """Bring a job from one of these states to another. Raises ImportNotFound, ImportNotReady."""
    job = get_job(user_id, job_id)
    if job.state not in states:
        raise ImportNotReady(f"This cannot be done with an import that is {job.state}.")
    try:
        with write_connection(user_id) as connection:
            moved = change_job(connection, job, state=to, **values)
    except JobChanged:
        raise ImportNotReady from None
    announce()
    return moved


def confirm(user_id: str, job_id: str) -> Job:
    """Have a job applied, or go on being applied after it failed. Raises ImportNotFound, ImportNotReady."""
    job = get_job(user_id, job_id)
    if job.state in ("failed", "cancelled") and job.report:
        return move_job(user_id, job_id, {job.state}, "applying", error=None)
    return move_job(user_id, job_id, {"ready"}, "applying", position="", done=0, error=None)


def cancel(user_id: str, job_id: str) -> Job:
    """Stop a job; what it has changed stays until it is undone. Raises ImportNotFound, ImportNotReady."""
    job = move_job(user_id, job_id, UNFINISHED - {"undoing"}, "cancelled", resume_at=None)
    uploaded.remove(user_id, job_id)
    return job


def undo(user_id: str, job_id: str) -> Job:
    """Have what a job changed taken back. Raises ImportNotFound, ImportNotReady."""
    return move_job(user_id, job_id, HAS_CHANGED, "undoing", position="", done=0, error=None)


def delete_job(user_id: str, job_id: str) -> None:
    """Forget a job that is not at work; what it changed stays. Raises ImportNotFound, ImportNotReady."""
    job = get_job(user_id, job_id)
    if job.state in AT_WORK:
        raise ImportNotReady(f"This cannot be done with an import that is {job.state}.")
    with write_connection(user_id) as connection:
        connection.execute(delete(IMPORT_JOBS).where(*_is(user_id, job_id)))
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
    values = {each.name: getattr(job, each.name) for each in fields(Job)}
    return values | {name: orjson.dumps(values[name]).decode() for name in _JSON}


def _job(row: Row[Any]) -> Job:
    values = dict(zip((each.name for each in fields(Job)), row, strict=True))
    return Job(**values | {name: orjson.loads(values[name]) for name in _JSON})
