"""Pulls: by cursor, in pages, and by time for older clients."""

import hashlib
import math
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select

from .. import clock
from ..models import HEAD, LEDGER
from ..records import KINDS
from ..services.library_read import LibraryRead
from . import cursor as cursors
from .cursor import BEGINNING, Cursor
from .feed import Changes, read_changes, read_everything

OVERLAP_SECONDS = 300.0
"""A time that the server did not give is taken that much earlier: the client's clock may be wrong by so much."""

MAX_LIMIT = 500

# An offset of the paging by time holds the number reached, whether everything is being given, and as many bits of the
# nonce that covers the number as fit below 2**53: older clients hold it as an integer.
_NUMBER_SHIFT = 20
_IS_FULL = 1 << _NUMBER_SHIFT - 1
_NONCE_MASK = _IS_FULL - 1

_MINE = LEDGER.c.user_id == bindparam("of_user")
_EXACT = select(LEDGER.c.seq).where(_MINE, LEDGER.c.at == bindparam("given"))
_BEFORE = select(func.max(LEDGER.c.seq)).where(_MINE, LEDGER.c.at <= bindparam("given"))
_RESTORED_AT = select(HEAD.c.restored_at).where(HEAD.c.user_id == bindparam("of_user"))
_KEYS = {kind.plural: select(kind.key).where(kind.table.c.user_id == bindparam("of_user")) for kind in KINDS}


class _Start(NamedTuple):
    """Where a page of a pull by time begins, and whether the pull gives everything."""

    after: int
    is_full: bool


def pull_since(read: LibraryRead, since: float) -> dict[str, Any]:
    """Everything that changed after a time (Unix seconds) that the server gave, in one response."""
    start = _start_of(read, since)
    changes = read_everything(read) if start.is_full else read_changes(read, start.after)
    response = _response(read, changes, full_sync=start.is_full)
    if start.is_full:
        response["live_ids"] = {
            kind.plural: list(map(itemgetter(kind.key.name), changes.records[kind.plural])) for kind in KINDS
        }
    return response


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
    response = _response(read, changes, full_sync=start.is_full)
    if changes.has_more:
        flag = _IS_FULL if start.is_full else 0
        mark = _mark(read, changes.reached, restored_at)
        response["next_offset"] = changes.reached << _NUMBER_SHIFT | flag | mark
        # The cursor of an unfinished pull by time would skip what this client has not been given yet.
        response["cursor"] = None
    elif start.is_full:
        # So that a client which starts over can drop the rest.
        response["live_ids"] = {kind: [key for (key,) in read.fetch(keys)] for kind, keys in _KEYS.items()}
    return response


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
    return _response(read, changes, full_sync=first_head > 0, first_head=first_head)


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


def _response(read: LibraryRead, changes: Changes, *, full_sync: bool, first_head: int = 0) -> dict[str, Any]:
    head = cursors.position_at(read, changes.head.seq) or BEGINNING
    hidden = [movie["imdb_id"] for movie in changes.records["movies"] if movie["status"] == "deleted"]
    return {
        **changes.records,
        "deleted_movie_ids": [*changes.deleted["movies"], *hidden],
        "deleted": changes.deleted,
        "full_sync": full_sync,
        "has_more": changes.has_more,
        "next_offset": None,
        "rev": changes.reached,
        "timestamp": changes.head.at,
        "server_timestamp": changes.head.at,
        "cursor": Cursor(read.user_id, changes.reached, head, first_head).encode(),
    }
