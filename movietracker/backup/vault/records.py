"""What is remembered of runs and of the files that they wrote (tables backup_runs and backup_files)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import Literal

from sqlalchemy import Integer, cast, delete, func, insert, select, update

from ... import clock
from ...database import upsert
from ...extensions import db
from ...metrics import DestinationState
from ...models import BackupRecord, BackupRun
from ...services.transactions import write_connection

RUNS = BackupRun.__table__
RECORDS = BackupRecord.__table__

RunKind = Literal["nightly", "manual", "safety"]

KEEP_RUNS_SECONDS = 400 * 86_400.0


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it was begun; ``day`` is the date in its files' names, times are in Unix seconds."""

    id: str
    kind: RunKind
    day: str
    due_at: float | None
    started_at: float


@dataclass(frozen=True, slots=True)
class Record:
    """One attempt to write a backup; ``sha256`` and ``size`` (bytes) are the file's, None if there was none."""

    user_id: str
    run_id: str
    destination: str
    name: str
    at: float
    size: int | None
    sha256: str | None
    seconds: float
    verified: bool
    error: str | None


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended, and when (Unix seconds)."""

    finished_at: float
    status: str
    users: int
    failed_users: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come: the last user, how many there were, with a verified backup, and with a failure."""

    last_user_id: str
    users: int
    saved_users: int
    failed_users: int


def close_interrupted_runs(but: Run | None) -> None:
    """Note that runs that were cut short will not be resumed, but for one; the caller holds the lease of all runs."""
    unfinished = (RUNS.c.finished_at.is_(None), RUNS.c.kind != "safety", RUNS.c.id != (but.id if but else ""))
    with write_connection() as connection:
        connection.execute(update(RUNS).where(*unfinished).values(status="interrupted", finished_at=clock.now()))


def begin_run(kind: RunKind, day: str, due_at: float | None = None) -> Run:
    """Note that a run has begun."""
    run = Run(str(uuid.uuid4()), kind, day, due_at, clock.now())
    with write_connection() as connection:
        connection.execute(insert(RUNS), asdict(run))
    return run


def finish_run(run: Run, status: str, users: int, failed_users: int) -> None:
    """Note how a run ended; runs from more than a year ago are forgotten."""
    now = clock.now()
    values = {"finished_at": now, "status": status, "users": users, "failed_users": failed_users}
    with write_connection() as connection:
        connection.execute(update(RUNS).where(RUNS.c.id == run.id).values(**values))
        connection.execute(delete(RUNS).where(RUNS.c.started_at < now - KEEP_RUNS_SECONDS))


def is_done(due_at: float) -> bool:
    """Whether the nightly run that was due at this moment, or a later one, has been finished.

    One that is due in the future was made before the clock was put back, and stands for none of today's.
    """
    due = RUNS.c.due_at.between(due_at, clock.now())
    finished = (RUNS.c.kind == "nightly", RUNS.c.finished_at.is_not(None), RUNS.c.status != "interrupted")
    with db.engine.connect() as connection:
        return connection.execute(select(RUNS.c.id).where(due, *finished).limit(1)).first() is not None


def last_nightly_run() -> Ended | None:
    """How the last nightly run ended that got to its end."""
    columns = (RUNS.c[field.name] for field in fields(Ended))
    finished = (RUNS.c.kind == "nightly", RUNS.c.finished_at <= clock.now(), RUNS.c.status != "interrupted")
    with db.engine.connect() as connection:
        row = connection.execute(select(*columns).where(*finished).order_by(RUNS.c.finished_at.desc())).first()
    return None if row is None else Ended(*row)


def unfinished_run(due_at: float) -> Run | None:
    """The nightly run for this moment that was begun and cut short, if there is one."""
    columns = (RUNS.c[field.name] for field in fields(Run))
    begun = select(*columns).where(RUNS.c.kind == "nightly", RUNS.c.due_at == due_at, RUNS.c.finished_at.is_(None))
    with db.engine.connect() as connection:
        row = connection.execute(begun.order_by(RUNS.c.started_at.desc())).first()
    return None if row is None else Run(*row)


def progress_of(run: Run) -> Progress:
    """How far a run came before it was cut short; users are taken in the order of their ids."""
    mine = RECORDS.c.run_id == run.id
    users = func.count(RECORDS.c.user_id.distinct())
    with db.engine.connect() as connection:
        last, done = connection.execute(select(func.max(RECORDS.c.user_id), users).where(mine)).one()
        saved = connection.execute(select(users).where(mine, RECORDS.c.verified)).scalar_one()
        failed = connection.execute(select(users).where(mine, RECORDS.c.verified.is_(False))).scalar_one()
    return Progress(last or "", done, saved, failed)


def save(records: Sequence[Record]) -> None:
    """Note what became of a user's backup, in one transaction: who has any of these records has all of them."""
    if records:
        with write_connection() as connection:
            upsert(connection, RECORDS, [asdict(record) for record in records])


def records_of(user_id: str, destination: str) -> list[Record]:
    """Everything that is known of a user's backups at a destination, the newest first."""
    columns = (RECORDS.c[field.name] for field in fields(Record))
    statement = select(*columns).where(RECORDS.c.user_id == user_id, RECORDS.c.destination == destination)
    with db.engine.connect() as connection:
        return [Record(*row) for row in connection.execute(statement.order_by(RECORDS.c.at.desc()))]


def states_of(destinations: Sequence[str]) -> list[DestinationState]:
    """How the backups at each destination are; the newest records tell, found by their time."""
    newest_first = RECORDS.c.at.desc()
    states = []
    with db.engine.connect() as connection:
        for name in destinations:
            here = RECORDS.c.destination == name
            good = select(RECORDS.c.at).where(here, RECORDS.c.verified).order_by(newest_first).limit(1)
            last_run = select(RECORDS.c.run_id).where(here).order_by(newest_first).limit(1).scalar_subquery()
            worst = select(func.min(cast(RECORDS.c.verified, Integer))).where(here, RECORDS.c.run_id == last_run)
            good_at, is_ok = connection.execute(good).scalar(), connection.execute(worst).scalar()
            states.append(DestinationState(name, good_at, None if is_ok is None else bool(is_ok)))
    return states


def newest_by_name(records: Sequence[Record]) -> dict[str, Record]:
    """The newest record of each file, from records of which the newest come first.

    Attempts that came to no document touched no file, and say nothing of the one that is there.
    """
    return {record.name: record for record in reversed(records) if record.sha256 is not None}


def forget(user_id: str, destination: str, name: str) -> None:
    """Drop what is known of a file."""
    mine = (RECORDS.c.user_id == user_id, RECORDS.c.destination == destination, RECORDS.c.name == name)
    with write_connection() as connection:
        connection.execute(delete(RECORDS).where(*mine))


def note_damage(record: Record, error: str) -> None:
    """Note that a file is no longer good, so that it does not count as the last good one."""
    key = (RECORDS.c.user_id == record.user_id, RECORDS.c.run_id == record.run_id)
    statement = update(RECORDS).where(*key, RECORDS.c.destination == record.destination)
    with write_connection() as connection:
        connection.execute(statement.values(verified=False, error=error))
