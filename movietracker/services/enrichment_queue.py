"""Which titles to look up again, and when: stubs, and the rows of ``enrichment_attempts``.

The notes are shared by all users who have a title. A stub without a note is due at once. Other titles are due by a note
only: to be refreshed, or since a client told their details alone, for what is missing. Whatever the note says, a title
is due as soon as other providers are ready than at the last attempt.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

from blinker import Signal
from flask import current_app
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    delete,
    desc,
    exists,
    false,
    func,
    literal,
    select,
    true,
    union,
)

from .. import clock
from ..database import upsert
from ..models import ATTEMPTS, HEAD, MOVIES
from .transactions import change, query, write_connection

FIRST_PAUSE = 300.0
MAX_PAUSE = 86_400.0
REST_OF_UNKNOWN_TITLES = 7 * 86_400.0
MAX_ERROR_LENGTH = 500

refresh_queued = Signal("A refresh was queued; sent after the commit by the application.")


class Due(NamedTuple):
    """A title to look up; ``refresh`` says to overwrite what is stored, bypassing the cache; ``is_noted`` by a note."""

    imdb_id: str
    refresh: bool
    is_noted: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which titles count as due.

    ``providers`` are the names of those that are ready now, ``user_id`` restricts titles to those of this user,
    ``ignore_pauses`` includes titles whose pause is not over.
    """

    providers: str
    user_id: str | None = None
    ignore_pauses: bool = False


def due_titles(wanted: Wanted, after: str, limit: int) -> list[Due]:
    """At most so many due titles in the order of their ids, after this one; empty if there are no more."""
    noted_first = _due(wanted, after).order_by("imdb_id", desc("is_noted"))
    titles: dict[str, Due] = {}
    for imdb_id, refresh, is_noted in query(noted_first.limit(limit)):
        titles.setdefault(imdb_id, Due(imdb_id, bool(refresh), bool(is_noted)))
    return list(titles.values())


def count_due(wanted: Wanted) -> int:
    """How many titles are due."""
    titles = _due(wanted, "").subquery()
    count: int = query(select(func.count(titles.c.imdb_id.distinct()))).scalar_one()
    return count


def has_due(wanted: Wanted) -> bool:
    """Whether any title is due."""
    return bool(due_titles(wanted, "", 1))


def _due(wanted: Wanted, after: str) -> CompoundSelect[str, bool, int]:
    stubs = (
        select(MOVIES.c.imdb_id, false().label("refresh"), literal(0).label("is_noted"))
        .select_from(MOVIES)
        .outerjoin(ATTEMPTS, ATTEMPTS.c.imdb_id == MOVIES.c.imdb_id)
        .where(MOVIES.c.tmdb_data.is_(None), MOVIES.c.imdb_id > after)
        .where(ATTEMPTS.c.imdb_id.is_(None) | _is_over(wanted))
    )
    noted = select(ATTEMPTS.c.imdb_id, ATTEMPTS.c.refresh, literal(1).label("is_noted")).where(
        ATTEMPTS.c.imdb_id > after, _is_over(wanted)
    )
    if wanted.user_id is not None:
        stubs = stubs.where(MOVIES.c.user_id == wanted.user_id)
        held = exists().where(MOVIES.c.user_id == wanted.user_id, MOVIES.c.imdb_id == ATTEMPTS.c.imdb_id)
        noted = noted.where(held)
    return union(stubs, noted)


def _is_over(wanted: Wanted) -> ColumnElement[bool]:
    """Whether the pause of a noted title is over; one longer than any was noted while the clock was ahead."""
    if wanted.ignore_pauses:
        return true()
    next_at, now = ATTEMPTS.c.next_attempt_at, clock.now()
    is_over = (next_at <= now) | (next_at > now + REST_OF_UNKNOWN_TITLES)
    return is_over | (ATTEMPTS.c.providers != wanted.providers)


def holders(due: Due) -> list[str]:
    """The users who have a title that is due; unless it is refreshed, only those who lack some of it."""
    of_title = MOVIES.c.imdb_id == due.imdb_id
    if not due.is_noted:
        return query(select(MOVIES.c.user_id).where(of_title, MOVIES.c.tmdb_data.is_(None))).scalars()
    # There is no index by title alone, because libraries may be distributed by user: each is queried by its key.
    held = exists().where(MOVIES.c.user_id == HEAD.c.user_id, of_title)
    if not due.refresh:
        held = held.where(MOVIES.c.tmdb_data.is_(None) | MOVIES.c.omdb_data.is_(None))
    return query(select(HEAD.c.user_id).where(held)).scalars()


def queue_refresh(imdb_id: str) -> None:
    """Queue a lookup of a title, bypassing the cache, for all users who have it."""
    now = clock.now()
    is_queued = select(ATTEMPTS.c.imdb_id).where(
        ATTEMPTS.c.imdb_id == imdb_id, ATTEMPTS.c.refresh, ATTEMPTS.c.next_attempt_at <= now
    )
    if query(is_queued).first() is not None:
        return
    with write_connection() as connection:
        upsert(connection, ATTEMPTS, [{"imdb_id": imdb_id, "next_attempt_at": now, "refresh": True}])
    refresh_queued.send(current_app._get_current_object())  # type: ignore[attr-defined]


def postpone(
    connection: Connection, imdb_id: str, *, error: str, providers: str, refresh: bool, at_least: float = 0.0
) -> None:
    """Note a failed attempt: the next follows after 5 minutes, then 10, 20 and so on up to a day.

    ``at_least`` is the pause that a provider requested, in seconds; at most a day counts.
    """
    before = connection.execute(
        select(ATTEMPTS.c.attempts, ATTEMPTS.c.refresh).where(ATTEMPTS.c.imdb_id == imdb_id)
    ).first()
    attempts = (before.attempts if before else 0) + 1
    is_refresh = refresh or (before is not None and before.refresh)
    pause = min(max(pause_after(attempts), at_least), MAX_PAUSE)
    _note(connection, imdb_id, pause, error=error, attempts=attempts, providers=providers, refresh=is_refresh)


def rest(connection: Connection, imdb_id: str, *, error: str, providers: str) -> None:
    """Note that no provider knows the title: the next attempt follows after a week."""
    _note(connection, imdb_id, REST_OF_UNKNOWN_TITLES, error=error, attempts=0, providers=providers, refresh=False)


def forget(connection: Connection, imdb_id: str, *, queued_refresh: bool) -> None:
    """Drop the note of a title that has been stored; one for a refresh stays unless ``queued_refresh``."""
    statement = delete(ATTEMPTS).where(ATTEMPTS.c.imdb_id == imdb_id)
    connection.execute(statement if queued_refresh else statement.where(ATTEMPTS.c.refresh.is_(False)))


def forget_old_notes() -> int:
    """Drop notes that are long overdue, because nobody has their title; returns how many."""
    long_ago = clock.now() - REST_OF_UNKNOWN_TITLES
    return change(delete(ATTEMPTS).where(ATTEMPTS.c.refresh.is_(False), ATTEMPTS.c.next_attempt_at < long_ago))


def pause_after(attempts: int) -> float:
    """Seconds until the next attempt after so many failed ones, at least 1."""
    doublings = min(attempts - 1, 16)  # beyond this the longest pause is reached anyway
    return min(FIRST_PAUSE * 2.0**doublings, MAX_PAUSE)


def _note(connection: Connection, imdb_id: str, pause: float, *, error: str, **values: Any) -> None:
    when = {"next_attempt_at": clock.now() + pause, "last_error": error[:MAX_ERROR_LENGTH]}
    upsert(connection, ATTEMPTS, [{"imdb_id": imdb_id, **when, **values}])
