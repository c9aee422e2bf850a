"""Answering pulls: by cursor, in pages, and by time for older clients."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, func, select

from .. import clock
from ..models import LedgerEntry, LibraryHead
from ..services.change_clock import LibraryRead
from . import cursor as cursors
from .cursor import BEGINNING, Cursor, Position
from .feed import Changes, read_changes, read_everything

LEDGER = LedgerEntry.__table__
HEAD = LibraryHead.__table__

OVERLAP_SECONDS = 300.0
"""A time that the server did not give is taken that much earlier: the client's clock may be wrong by so much."""

MAX_LIMIT = 500

# An offset of the paging by time: the number reached, and 20 bits of the nonce that covers it.
_NONCE_BITS = 20

_MINE = LEDGER.c.user_id == bindparam("of_user")
_EXACT = select(LEDGER.c.seq).where(_MINE, LEDGER.c.at == bindparam("given"))
_BEFORE = select(func.max(LEDGER.c.seq)).where(_MINE, LEDGER.c.at <= bindparam("given"))
_RESTORED_AT = select(HEAD.c.restored_at).where(HEAD.c.user_id == bindparam("of_user"))


@dataclass(frozen=True, slots=True)
class _Start:
    """Where a pull by time begins."""

    after: int
    is_full: bool


def pull_since(read: LibraryRead, since: float) -> dict[str, Any]:
    """Everything that changed after a time (Unix seconds) that the server gave, in one answer."""
    start = _start_of(read, since)
    changes = read_everything(read) if start.is_full else read_changes(read, start.after)
    cursor = Cursor(read.user_id, _position(read, changes.reached))
    answer = _answer(changes, cursor, full_sync=start.is_full)
    if start.is_full:  # so that a client which starts over can drop the rest
        answer["live_ids"] = {
            "movies": [movie["imdb_id"] for movie in changes.movies],
            "people": [person["id"] for person in changes.people],
            "lists": [each["id"] for each in changes.lists],
        }
    return answer


def pull_since_in_pages(read: LibraryRead, since: float, limit: int, offset: int) -> dict[str, Any]:
    """A page of what changed after a time; ``offset`` is 0 or the ``next_offset`` of the page before."""
    start = _start_of(read, since)
    restored_at = read.execute(_RESTORED_AT).scalar_one()
    after = max(start.after, _reached_by(read, offset, restored_at))
    changes = read_changes(read, after, limit=min(limit, MAX_LIMIT))
    position = _position(read, changes.reached)
    answer = _answer(changes, Cursor(read.user_id, position), full_sync=start.is_full)
    if changes.has_more:
        answer["next_offset"] = position.seq << _NONCE_BITS | _bits(position, restored_at)
        # The cursor of an unfinished pull by time would skip what this client has not been given yet.
        answer["cursor"] = None
    return answer


def pull_by_cursor(read: LibraryRead, text: str | None, limit: int) -> dict[str, Any]:
    """A page of what changed after a cursor; without one, from the beginning.

    Raises BadCursor and CursorRefused.
    """
    cursor = _first_cursor(read) if text is None else cursors.check(read, cursors.decode(text))
    base = cursor.base.seq if cursor.base else 0
    changes = read_changes(read, cursor.position.seq, base=base, limit=min(limit, MAX_LIMIT))
    reached = _position(read, changes.reached)
    # Once the pull is past the head that it began at, deletions concern the client like any other.
    still_first = cursor.base if changes.has_more and cursor.base and reached.seq < cursor.base.seq else None
    is_first = text is None or cursor.base is not None
    return _answer(changes, Cursor(read.user_id, reached, still_first), full_sync=is_first)


def _first_cursor(read: LibraryRead) -> Cursor:
    head = read.head()
    return Cursor(read.user_id, BEGINNING, _position(read, head.seq))


def _position(read: LibraryRead, seq: int) -> Position:
    return cursors.position_at(read, seq) or BEGINNING


def _start_of(read: LibraryRead, since: float) -> _Start:
    """Which number a time stands for. A time that the server gave is exact; any other gets five minutes of overlap.

    Everything is given for 0, for a time in the future, and for one before the horizon or the last restore.
    """
    everything = _Start(0, True)
    if not math.isfinite(since) or since <= 0 or since < read.execute(_RESTORED_AT).scalar_one():
        return everything
    after = read.execute(_EXACT, given=since).scalar_one_or_none()
    if after is None:
        if since > clock.now():
            return everything
        after = read.execute(_BEFORE, given=since - OVERLAP_SECONDS).scalar_one()
    if after is None or after < cursors.floor(read):
        return everything
    return _Start(after, False)


def _reached_by(read: LibraryRead, offset: int, restored_at: float) -> int:
    """The number that an offset stands for; 0, so that the client starts over, when it is of another history."""
    seq = offset >> _NONCE_BITS
    position = cursors.position_at(read, seq)
    is_ours = position is not None and _bits(position, restored_at) == offset & (1 << _NONCE_BITS) - 1
    return seq if is_ours else 0


def _bits(position: Position, restored_at: float) -> int:
    """20 bits that are others in another history; older clients hold the offset as an integer below 2**53."""
    digest = hashlib.sha256(f"{position.nonce} {restored_at!r}".encode()).digest()
    return int.from_bytes(digest[:4]) >> 32 - _NONCE_BITS


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
        "timestamp": changes.head.at,
        "server_timestamp": changes.head.at,
        "cursor": cursor.encode(),
    }
