"""Cursors: where a client stands in the changes of a library, and of which history.

A cursor holds the format's version, the user, a number, and the nonce of the commit that covers that number. While a
first pull is still paging it also holds the head that the pull began at, with its nonce: tombstones up to there do not
concern the client, later ones do. After the database is restored to an earlier state the nonces no longer match, even
when the numbers have grown past it, and the server tells the client.
"""

import base64
import binascii
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
from flask import current_app
from sqlalchemy import bindparam, func, select

from .. import clock
from ..errors import BadCursor, CursorExpired, HistoryDiverged, WrongUser
from ..models import HEAD, LEDGER
from ..services.library_read import LibraryRead

VERSION = 1
MAX_LENGTH = 300


_NONCE = (
    select(LEDGER.c.nonce)
    .where(LEDGER.c.user_id == bindparam("of_user"), LEDGER.c.seq >= bindparam("at_least"))
    .order_by(LEDGER.c.seq)
    .limit(1)
)
_STORED_FLOOR = select(HEAD.c.floor_seq).where(HEAD.c.user_id == bindparam("of_user"))
_AGED_FLOOR = select(func.max(LEDGER.c.seq)).where(
    LEDGER.c.user_id == bindparam("of_user"), LEDGER.c.at < bindparam("horizon")
)


class Position(NamedTuple):
    """A number, and the nonce of the commit that covers it; the beginning is number 0 with no nonce."""

    seq: int
    nonce: str


BEGINNING = Position(0, "")


@dataclass(frozen=True, slots=True)
class Cursor:
    """A client has everything up to ``seq``, as it was at ``head``.

    Once a pull is complete, ``seq`` is the head's. ``first_head`` is the number of the head that a first pull began at,
    while it pages; else 0.
    """

    user_id: str
    seq: int
    head: Position
    first_head: int = 0

    def encode(self) -> str:
        """The opaque text that clients hold."""
        parts: list[Any] = [VERSION, self.user_id, self.seq, self.head.nonce]
        if self.head.seq > self.seq:
            parts += [self.head.seq, self.first_head]
        return base64.urlsafe_b64encode(orjson.dumps(parts)).decode().rstrip("=")


def decode(text: str) -> Cursor:
    """The cursor in a client's text; raises BadCursor for what no server of this kind gave."""
    if len(text) > MAX_LENGTH:
        raise BadCursor
    try:
        parts = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        raise BadCursor from None
    types = [type(part) for part in parts] if isinstance(parts, list) else []
    if types not in ([int, str, int, str], [int, str, int, str, int, int]) or parts[0] != VERSION:
        raise BadCursor
    _, user_id, seq, nonce, *paging = parts
    head_seq, first_head = paging or (seq, 0)
    if not 0 <= seq <= head_seq < 2**63 or not 0 <= first_head <= head_seq:
        raise BadCursor
    return Cursor(user_id, seq, Position(head_seq, nonce), first_head)


def check(read: LibraryRead, cursor: Cursor) -> Cursor:
    """The same cursor when it belongs to this user and this history and is not too old.

    Raises WrongUser, HistoryDiverged, CursorExpired.
    """
    if cursor.user_id != read.user_id:
        raise WrongUser
    # Deletions from there on must be remembered; a first pull needs those since it began.
    if (cursor.first_head or cursor.seq) < floor(read):
        raise CursorExpired
    # The newest head that the client has seen vouches for everything before it.
    if position_at(read, cursor.head.seq) != cursor.head:
        raise HistoryDiverged
    return cursor


def position_at(read: LibraryRead, seq: int) -> Position | None:
    """This number with the nonce of the commit that covers it; None when no commit does."""
    if seq == 0:
        return BEGINNING
    nonce = read.execute(_NONCE, at_least=seq).scalar_one_or_none()
    return None if nonce is None else Position(seq, nonce)


def horizon() -> float:
    """Return the time (Unix seconds) up to which the protocol forgets."""
    days: int = current_app.config["SYNC_HORIZON_DAYS"]
    return clock.now() - days * 86_400


def floor(read: LibraryRead) -> int:
    """Return the number up to which deletions are no longer remembered, because they happened before the horizon."""
    stored: int = read.execute(_STORED_FLOOR).scalar_one()
    aged: int | None = read.execute(_AGED_FLOOR, horizon=horizon()).scalar_one()
    return max(stored, aged or 0)
