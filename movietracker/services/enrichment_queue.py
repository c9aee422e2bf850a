"""Which titles are to be looked up again and when: stubs, and what is noted in ``enrichment_attempts``.

The notes are shared by all users who hold a title. A stub without a note is due at once. Whatever the note says, a
title is due as soon as other providers are ready than at the last attempt.
"""

from __future__ import annotations

from dataclasses import dataclass

from blinker import Signal
from flask import current_app
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    delete,
    desc,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    union,
)

from .. import clock
from ..database import upsert
from ..extensions import db
from ..models import EnrichmentAttempt, LibraryHead, Movie
from .transactions import write_connection

MOVIES = Movie.__table__
NOTES = EnrichmentAttempt.__table__
HEADS = LibraryHead.__table__

FIRST_PAUSE = 300.0
LONGEST_PAUSE = 86_400.0
REST_OF_UNKNOWN_TITLES = 7 * 86_400.0
MAX_ERROR_LENGTH = 500

refresh_queued = Signal("A refresh was queued; sent after the commit by the application.")


@dataclass(frozen=True, slots=True)
class Due:
    """A title to look up; ``refresh`` says to overwrite what is stored, bypassing the cache."""

    imdb_id: str
    refresh: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which titles count as due.

    ``providers`` are the names of those that are ready now, ``user_id`` leaves out titles that this user does not hold,
    ``ignore_pauses`` includes titles whose pause is not over.
    """

    providers: str
    user_id: str | None = None
    ignore_pauses: bool = False


def due_titles(wanted: Wanted, after: str, limit: int) -> list[Due]:
    """At most so many due titles in the order of their ids, beginning after this one; empty when there are no more."""
    refresh_first = _due(wanted, after).order_by("imdb_id", desc("refresh"))
    titles: dict[str, Due] = {}
    with db.engine.connect() as connection:
        for imdb_id, refresh in connection.execute(refresh_first.limit(limit)):
            titles.setdefault(imdb_id, Due(imdb_id, bool(refresh)))
    return list(titles.values())


def count_due(wanted: Wanted) -> int:
    """How many titles are due."""
    titles = _due(wanted, "").subquery()
    with db.engine.connect() as connection:
        return connection.execute(select(func.count(titles.c.imdb_id.distinct()))).scalar_one()


def has_due(wanted: Wanted) -> bool:
    """Whether any title is due."""
    return bool(due_titles(wanted, "", 1))


def _due(wanted: Wanted, after: str) -> CompoundSelect[str, int]:
    stubs = (
        select(MOVIES.c.imdb_id, literal(0).label("refresh"))
        .select_from(MOVIES)
        .outerjoin(NOTES, NOTES.c.imdb_id == MOVIES.c.imdb_id)
        .where(MOVIES.c.tmdb_data.is_(None), MOVIES.c.imdb_id > after)
        .where(or_(NOTES.c.imdb_id.is_(None), _is_over(wanted)))
    )
    refreshes = select(NOTES.c.imdb_id, literal(1).label("refresh")).where(
        NOTES.c.refresh, NOTES.c.imdb_id > after, _is_over(wanted)
    )
    if wanted.user_id is not None:
        stubs = stubs.where(MOVIES.c.user_id == wanted.user_id)
        held = exists().where(MOVIES.c.user_id == wanted.user_id, MOVIES.c.imdb_id == NOTES.c.imdb_id)
        refreshes = refreshes.where(held)
    return union(stubs, refreshes)


def _is_over(wanted: Wanted) -> ColumnElement[bool]:
    """Whether the pause of a noted title is over."""
    if wanted.ignore_pauses:
        return true()
    return or_(NOTES.c.next_attempt_at <= clock.now(), NOTES.c.providers != wanted.providers)


def holders(imdb_id: str, *, stubs_only: bool) -> list[str]:
    """The users who hold a title, or only those who hold it without details."""
    if stubs_only:
        statement = select(MOVIES.c.user_id).where(MOVIES.c.imdb_id == imdb_id, MOVIES.c.tmdb_data.is_(None))
    else:
        # There is no index by title alone, because libraries may be spread by user: each library is asked by its key.
        held = exists().where(MOVIES.c.user_id == HEADS.c.user_id, MOVIES.c.imdb_id == imdb_id)
        statement = select(HEADS.c.user_id).where(held)
    with db.engine.connect() as connection:
        return list(connection.execute(statement).scalars())


def queue_refresh(imdb_id: str) -> None:
    """Have a title looked up as soon as possible, bypassing the cache, for everybody who holds it."""
    now = clock.now()
    is_queued = select(NOTES.c.imdb_id).where(
        NOTES.c.imdb_id == imdb_id, NOTES.c.refresh, NOTES.c.next_attempt_at <= now
    )
    with db.engine.connect() as connection:
        if connection.execute(is_queued).first() is not None:
            return
    with write_connection() as connection:
        row = {"imdb_id": imdb_id, "next_attempt_at": now, "refresh": True}
        upsert(connection, NOTES, [row])
    refresh_queued.send(current_app._get_current_object())  # type: ignore[attr-defined]


def postpone(
    connection: Connection, imdb_id: str, *, error: str, providers: str, refresh: bool, at_least: float = 0.0
) -> None:
    """Note a failed attempt: the next follows after 5 minutes, then 10, 20 and so on up to a day.

    ``at_least`` is what a provider asked for, in seconds; more than a day is not believed.
    """
    before = connection.execute(select(NOTES.c.attempts, NOTES.c.refresh).where(NOTES.c.imdb_id == imdb_id)).first()
    attempts = (before.attempts if before else 0) + 1
    is_refresh = refresh or (before is not None and before.refresh)
    pause = min(max(pause_after(attempts), at_least), LONGEST_PAUSE)
    _note(connection, imdb_id, attempts, pause, error, providers, is_refresh)


def rest(connection: Connection, imdb_id: str, *, error: str, providers: str) -> None:
    """Note that no provider knows the title: it rests for a week."""
    _note(connection, imdb_id, 0, REST_OF_UNKNOWN_TITLES, error, providers, False)


def forget(connection: Connection, imdb_id: str, *, queued_refresh: bool) -> None:
    """Drop the note of a title that has been stored; one for a refresh stays unless ``queued_refresh``."""
    statement = delete(NOTES).where(NOTES.c.imdb_id == imdb_id)
    connection.execute(statement if queued_refresh else statement.where(NOTES.c.refresh.is_(False)))


def forget_old_notes() -> int:
    """Drop notes that are long overdue, because nobody holds their title as a stub any more; answers how many."""
    long_ago = clock.now() - REST_OF_UNKNOWN_TITLES
    with write_connection() as connection:
        statement = delete(NOTES).where(NOTES.c.refresh.is_(False), NOTES.c.next_attempt_at < long_ago)
        return connection.execute(statement).rowcount


def pause_after(attempts: int) -> float:
    """Seconds until the next attempt after so many failed ones, at least 1."""
    doublings = min(attempts - 1, 16)  # beyond this the longest pause is reached anyway
    return min(FIRST_PAUSE * 2.0**doublings, LONGEST_PAUSE)


def _note(
    connection: Connection,
    imdb_id: str,
    attempts: int,
    pause: float,
    error: str,
    providers: str,
    refresh: bool,
) -> None:
    row = {
        "imdb_id": imdb_id,
        "attempts": attempts,
        "next_attempt_at": clock.now() + pause,
        "last_error": error[:MAX_ERROR_LENGTH],
        "providers": providers,
        "refresh": refresh,
    }
    upsert(connection, NOTES, [row])
