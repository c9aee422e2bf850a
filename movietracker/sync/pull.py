"""Answering pulls: by cursor, in pages, and by time for older clients."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, func, select

from .. import clock
from ..models import CustomList, LedgerEntry, LibraryHead, Movie, Person
from ..prepared import Prepared
from ..services.change_clock import LibraryRead
from . import cursor as cursors
from .cursor import BEGINNING, Cursor
from .feed import Changes, read_changes, read_everything

LEDGER = LedgerEntry.__table__
HEAD = LibraryHead.__table__

OVERLAP_SECONDS = 300.0
"""A time that the server did not give is taken that much earlier: the client's clock may be wrong by so much."""

MAX_LIMIT = 500

# An offset of the paging by time holds the number reached, whether everything is being given, and as many bits of the
# nonce that covers the number as fit below 2**53: older clients hold it as an integer.
_NUMBER_SHIFT = 20
_IS_FULL = 1 << _NUMBER_SHIFT - 1
_NONCE_MASK = _IS_FULL - 1

_MINE = LEDGER.c.user_id == bindparam("of_user")
_EXACT = Prepared(select(LEDGER.c.seq).where(_MINE, LEDGER.c.at == bindparam("given")))
_BEFORE = Prepared(select(func.max(LEDGER.c.seq)).where(_MINE, LEDGER.c.at <= bindparam("given")))
_RESTORED_AT = Prepared(select(HEAD.c.restored_at).where(HEAD.c.user_id == bindparam("of_user")))
_KEYS = {
    kind: Prepared(select(key).where(key.table.c.user_id == bindparam("of_user")))
    for kind, key in (
        ("movies", Movie.__table__.c.imdb_id),
        ("people", Person.__table__.c.id),
        ("lists", CustomList.__table__.c.id),
    )
}


@dataclass(frozen=True, slots=True)
class _Start:
    """Where a page of a pull by time begins, and whether the pull gives everything."""

    after: int
    is_full: bool


def pull_since(read: LibraryRead, since: float) -> dict[str, Any]:
    """Everything that changed after a time (Unix seconds) that the server gave, in one answer."""
    start = _start_of(read, since)
    changes = read_everything(read) if start.is_full else read_changes(read, start.after)
    answer = _answer(changes, _cursor(read, changes), full_sync=start.is_full)
    if start.is_full:
        answer["live_ids"] = {
            "movies": [movie["imdb_id"] for movie in changes.movies],
            "people": [person["id"] for person in changes.people],
            "lists": [each["id"] for each in changes.lists],
        }
    return answer


def pull_since_in_pages(read: LibraryRead, since: float, limit: int, offset: int) -> dict[str, Any]:
    """A page of what changed after a time; ``offset`` is 0 or the ``next_offset`` of the page before.

    A pull whose offset is of another history starts over.
    """
    restored_at = read.execute(_RESTORED_AT).scalar_one()
    start = _start_of(read, since)
    reached = _reached_by(read, offset, restored_at)
    if reached is not None and (reached.is_full or not start.is_full):
        start = reached
    changes = read_changes(read, start.after, limit=min(limit, MAX_LIMIT))
    answer = _answer(changes, _cursor(read, changes), full_sync=start.is_full)
    if changes.has_more:
        answer["next_offset"] = _offset(read, _Start(changes.reached, start.is_full), restored_at)
        # The cursor of an unfinished pull by time would skip what this client has not been given yet.
        answer["cursor"] = None
    elif start.is_full:
        answer["live_ids"] = _live_ids(read)
    return answer


def pull_by_cursor(read: LibraryRead, text: str | None, limit: int) -> dict[str, Any]:
    """A page of what changed after a cursor; without one, from the beginning.

    Raises BadCursor and CursorRefused.
    """
    if text is None:
        after, first_head = 0, read.head().seq
    else:
        cursor = cursors.check(read, cursors.decode(text))
        after, first_head = cursor.seq, cursor.first_head
    changes = read_changes(read, after, base=first_head, limit=min(limit, MAX_LIMIT))
    return _answer(changes, _cursor(read, changes, first_head), full_sync=first_head > 0)


def _cursor(read: LibraryRead, changes: Changes, first_head: int = 0) -> Cursor:
    head = cursors.position_at(read, changes.head.seq) or BEGINNING
    return Cursor(read.user_id, changes.reached, head, first_head)


def _live_ids(read: LibraryRead) -> dict[str, list[Any]]:
    """The keys of all records, so that a client which starts over can drop the rest."""
    return {kind: [key for (key,) in read.fetch_plain(keys)] for kind, keys in _KEYS.items()}


def _start_of(read: LibraryRead, since: float) -> _Start:
    """Which number a time stands for. A time that the server gave is exact; any other gets five minutes of overlap.

    Everything is given for 0, for a time in the future, and for one before the horizon or the last restore.
    """
    everything = _Start(0, True)
    restored_at = read.execute(_RESTORED_AT).scalar_one()
    if not math.isfinite(since) or since <= 0 or since < restored_at:
        return everything
    after = read.execute(_EXACT, given=since).scalar_one_or_none()
    if after is None:
        earlier = since - OVERLAP_SECONDS
        if since > clock.now() or earlier < restored_at:
            return everything
        after = read.execute(_BEFORE, given=earlier).scalar_one()
    if after is None or after < cursors.floor(read):
        return everything
    return _Start(after, False)


def _offset(read: LibraryRead, start: _Start, restored_at: float) -> int:
    flag = _IS_FULL if start.is_full else 0
    return start.after << _NUMBER_SHIFT | flag | _mark(read, start.after, restored_at)


def _reached_by(read: LibraryRead, offset: int, restored_at: float) -> _Start | None:
    """Where a pull goes on from an offset; None when that is of another history, or none at all."""
    after, is_full = offset >> _NUMBER_SHIFT, bool(offset & _IS_FULL)
    is_ours = after > 0 and offset & _NONCE_MASK == _mark(read, after, restored_at)
    return _Start(after, is_full) if is_ours else None


def _mark(read: LibraryRead, seq: int, restored_at: float) -> int:
    """Bits that are others in another history."""
    position = cursors.position_at(read, seq)
    nonce = position.nonce if position else ""
    return int.from_bytes(hashlib.sha256(f"{nonce} {restored_at!r}".encode()).digest()[:4]) & _NONCE_MASK


def _answer(changes: Changes, cursor: Cursor, *, full_sync: bool) -> dict[str, Any]:
    removed = [movie["imdb_id"] for movie in changes.movies if movie["status"] == "deleted"]
    return {
        "movies": changes.movies,
        "people": changes.people,
        "lists": changes.lists,
        "deleted_movie_ids": [*changes.deleted_movies, *removed],
        "deleted": {
            "movies": changes.deleted_movies,
            "people": changes.deleted_people,
            "lists": changes.deleted_lists,
        },
        "full_sync": full_sync,
        "has_more": changes.has_more,
        "next_offset": None,
        "rev": changes.reached,
        "timestamp": changes.head.at,
        "server_timestamp": changes.head.at,
        "cursor": cursor.encode(),
    }
