"""The journal of backup runs and of the files that they wrote (tables backup_runs, backup_files), and their users."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, NamedTuple

from sqlalchemy import Select, Table, and_, case, delete, func, insert, or_, select, update

from ... import clock
from ...database import upsert
from ...metrics import DestinationState
from ...models import BACKUP_FILES as RECORDS
from ...models import BACKUP_RUNS as RUNS
from ...models import USERS
from ...services.transactions import change, query, write_connection

RunKind = Literal["nightly", "manual", "user", "safety"]
"""``manual`` is a run over all users on request, ``user`` one over a single user."""

KEEP_SAFETY_SECONDS = 400 * 86_400.0
BATCH = 200

_IS_FINISHED = or_(RECORDS.c.verified, RECORDS.c.error.is_not(None))


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it was begun; ``day`` is the date on which it began, times are in Unix seconds."""

    id: str
    kind: RunKind
    day: str
    due_at: float | None
    started_at: float


@dataclass(frozen=True, slots=True)
class Record:
    """One attempt to write a backup; ``sha256`` and ``size`` (bytes) are the file's, None if there was none.

    It is stored before the file is, neither ``verified`` nor with an ``error`` as long as the outcome is unknown.
    """

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


class Target(NamedTuple):
    """A user; without an e-mail address the account has been deleted."""

    user_id: str
    email: str | None

    def __str__(self) -> str:
        return self.email or f"deleted account {self.user_id}"


def close_interrupted_runs() -> None:
    """Mark interrupted runs as such; the caller holds the lease of all runs."""
    unfinished = (RUNS.c.finished_at.is_(None), RUNS.c.kind != "safety")
    change(update(RUNS).where(*unfinished).values(status="interrupted", finished_at=clock.now()))


def begin_run(kind: RunKind, day: str, due_at: float | None = None) -> Run:
    """Record the start of a run."""
    run = Run(str(uuid.uuid4()), kind, day, due_at, clock.now())
    change(insert(RUNS).values(asdict(run)))
    return run


def finish_run(run: Run, status: str, users: int, failed_users: int) -> None:
    """Record how a run ended; safety backups of more than a year ago are deleted."""
    now = clock.now()
    ended = {"finished_at": now, "status": status, "users": users, "failed_users": failed_users}
    with write_connection() as connection:
        connection.execute(update(RUNS).where(RUNS.c.id == run.id).values(ended))
        connection.execute(delete(RUNS).where(RUNS.c.kind == "safety", RUNS.c.started_at < now - KEEP_SAFETY_SECONDS))


def is_done(due_at: float) -> bool:
    """Whether the nightly run that was due at this moment, or a later one, is finished.

    A run that is due in the future was made before the clock was set back, and does not count.
    """
    due = RUNS.c.due_at.between(due_at, clock.now())
    finished = (RUNS.c.kind == "nightly", RUNS.c.finished_at.is_not(None), RUNS.c.status != "interrupted")
    return query(select(RUNS.c.id).where(due, *finished).limit(1)).first() is not None


def begin_of_latest_days(count: int) -> float:
    """When the first of the latest so many days with a run had its first; 0 if there have been fewer such days.

    A day on which users only made safety backups is none: they must not decide what becomes of others' backups.
    """
    began = func.min(RUNS.c.started_at)
    runs = select(began).where(RUNS.c.kind != "safety", RUNS.c.started_at <= clock.now()).group_by(RUNS.c.day)
    row = query(runs.order_by(began.desc()).limit(1).offset(count - 1)).first()
    return 0.0 if row is None else float(row[0])


def last_nightly_run() -> Any:
    """The row of the last nightly run that was not interrupted, None if there is none."""
    finished = (RUNS.c.kind == "nightly", RUNS.c.finished_at <= clock.now(), RUNS.c.status != "interrupted")
    return query(select(RUNS).where(*finished).order_by(RUNS.c.finished_at.desc())).first()


def progress_of(run: Run) -> tuple[str, int, int, int]:
    """How far the interrupted runs got that this nightly run goes on with; of others nothing.

    Returns the last user, and how many there were, with a verified backup, and with a failure.
    """
    user, good = RECORDS.c.user_id, case((RECORDS.c.verified, 1), else_=0)
    attempts = select(user, func.max(good).label("is_saved"), func.min(good).label("is_whole")).group_by(
        user, RECORDS.c.run_id
    )
    parts = RECORDS.c.run_id.in_(_nightly_runs(run.due_at))
    done = attempts.where(parts).having(func.min(case((_IS_FINISHED, 1), else_=0)) == 1).subquery()
    users, saved, whole = func.count(), func.sum(done.c.is_saved), func.sum(done.c.is_whole)
    found = query(select(func.max(done.c.user_id), users, saved, users - whole).select_from(done)).one()
    last_user_id, users_done, saved_users, failed_users = found
    return last_user_id or "", users_done, saved_users or 0, failed_users or 0


def interrupted_attempts(run: Run) -> dict[str, int]:
    """How often the interrupted runs that this nightly run goes on with ended at a user, by the user's id."""
    times = func.count(RECORDS.c.run_id.distinct())
    parts = RECORDS.c.run_id.in_(_nightly_runs(run.due_at))
    ended = select(RECORDS.c.user_id, times).where(parts, ~_IS_FINISHED).group_by(RECORDS.c.user_id)
    return dict(tuple(row) for row in query(ended))


def save(records: Sequence[Record]) -> None:
    """Store the records of a user's backup in one transaction: either all of them are stored, or none.

    A failure leaves what is known of the file: it may have been written before.
    """
    if records:
        kept = ("size", "sha256")
        with write_connection() as connection:
            rows = (asdict(record).items() for record in records)
            upsert(connection, RECORDS, [{k: v for k, v in row if v is not None or k not in kept} for row in rows])


def records_of(user_id: str, destination: str) -> list[Record]:
    """All records of a user's backups at a destination, the newest first.

    Those from the future, when the clock was ahead, come last.
    """
    mine = (RECORDS.c.user_id == user_id, RECORDS.c.destination == destination)
    newest_first = (RECORDS.c.at > clock.now(), RECORDS.c.at.desc())
    return [Record(*row) for row in query(_columns_of(Record, RECORDS).where(*mine).order_by(*newest_first))]


def states_of(destinations: Sequence[str]) -> list[DestinationState]:
    """The state of the backups at each destination, from the newest records, which an index on their time finds.

    Those of one user's runs say nothing of the others; those from the future, when a clock was ahead, nothing of today.
    """
    runs = RECORDS.join(RUNS, and_(RUNS.c.id == RECORDS.c.run_id, RUNS.c.kind.in_(("nightly", "manual"))))
    newest_first = RECORDS.c.at.desc()
    states = []
    for name in destinations:
        here = and_(RECORDS.c.destination == name, RECORDS.c.at <= clock.now(), _IS_FINISHED)
        good = select(RECORDS.c.at).select_from(runs).where(here, RECORDS.c.verified).order_by(newest_first).limit(1)
        last_run = select(RUNS.c.id).select_from(runs).where(here).order_by(newest_first).limit(1).scalar_subquery()
        due_at = select(RUNS.c.due_at).where(RUNS.c.id == last_run).scalar_subquery()
        parts = RECORDS.c.run_id.in_(select(last_run).union(_nightly_runs(due_at)))
        worst = select(func.min(case((RECORDS.c.verified, 1), else_=0))).where(here, parts)
        good_at, is_ok = query(select(good.scalar_subquery(), worst.scalar_subquery())).one()
        states.append(DestinationState(name, good_at, None if is_ok is None else bool(is_ok)))
    return states


def newest_by_name(records: Sequence[Record]) -> dict[str, Record]:
    """The newest record of each file, from records of which the newest come first.

    An attempt that produced no document touched no file, and says nothing about the one that exists.
    """
    return {record.name: record for record in reversed(records) if record.sha256 is not None}


def forget(user_id: str, destination: str, name: str) -> None:
    """Delete the records of a file."""
    mine = (RECORDS.c.user_id == user_id, RECORDS.c.destination == destination, RECORDS.c.name == name)
    change(delete(RECORDS).where(*mine))


def note_verdict(record: Record, error: str | None) -> None:
    """Record whether a file is good, and so may count as the last good one; ``error`` is None if it is."""
    key = (RECORDS.c.user_id == record.user_id, RECORDS.c.run_id == record.run_id)
    statement = update(RECORDS).where(*key, RECORDS.c.destination == record.destination)
    change(statement.values(verified=error is None, error=error))


@dataclass(frozen=True, slots=True)
class Targets:
    """Users in the order of their ids, read in batches to bound memory.

    ``ids`` makes the statement that selects the ids after a given one, ``after`` is where to begin.
    """

    ids: Callable[[str], Any]
    after: str = ""

    def __iter__(self) -> Iterator[Target]:
        after = self.after
        while True:
            found = self.ids(after).subquery()
            users = select(found.c.user_id, USERS.c.email).outerjoin(USERS, USERS.c.id == found.c.user_id).distinct()
            rows = query(users.order_by(found.c.user_id).limit(BATCH))
            yield from (Target(*row) for row in rows)
            if len(rows) < BATCH:
                return
            after = rows[-1].user_id

    def count(self) -> int:
        """The number of these users."""
        count: int = query(select(func.count()).select_from(self.ids(self.after).subquery())).scalar_one()
        return count


def users_to_back_up(after: str = "", only: str | None = None) -> Targets:
    """The active users with backups on whose ids come after this one; ``only`` one user, with backups on or not."""
    wanted = and_(USERS.c.is_active, USERS.c.backup_enabled) if only is None else USERS.c.id == only
    return Targets(lambda last: select(USERS.c.id.label("user_id")).where(USERS.c.id > last, wanted), after)


def users_backed_up_since(moment: float, destinations: Sequence[str]) -> int:
    """How many of the users to back up have a verified backup from after a moment at each of these destinations."""
    user, destination = RECORDS.c.user_id, RECORDS.c.destination
    good = (RECORDS.c.verified, RECORDS.c.at.between(moment, clock.now()), destination.in_(destinations))
    saved = select(user).where(*good, user.in_(users_to_back_up().ids(""))).group_by(user)
    everywhere = saved.having(func.count(destination.distinct()) == len(destinations))
    count: int = query(select(func.count()).select_from(everywhere.subquery())).scalar_one()
    return count


def users_with_backups() -> Targets:
    """Every user who has backups or should have, deleted accounts included."""

    def ids(after: str) -> Any:
        recorded = select(RECORDS.c.user_id).where(RECORDS.c.user_id > after)
        return recorded.union(select(USERS.c.id).where(USERS.c.id > after, USERS.c.backup_enabled))

    return Targets(ids)


def users_with_old_records(before: float) -> Targets:
    """Every user with a record from before a moment (Unix seconds), deleted accounts included."""
    return Targets(lambda after: select(RECORDS.c.user_id).where(RECORDS.c.user_id > after, RECORDS.c.at < before))


def _nightly_runs(due_at: Any) -> Select[Any]:
    """The ids of the nightly runs for this moment: the last, and interrupted ones that it went on with."""
    return select(RUNS.c.id).where(RUNS.c.kind == "nightly", RUNS.c.due_at == due_at)


def _columns_of(kind: type, table: Table) -> Select[Any]:
    """The columns of a table that a dataclass holds, in its order."""
    return select(*(table.c[field.name] for field in fields(kind)))
