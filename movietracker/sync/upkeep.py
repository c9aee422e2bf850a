"""Keeping the sync protocol's memory bounded, and telling clients of a restored database."""

from __future__ import annotations

import logging
from contextlib import suppress

from sqlalchemy import bindparam, delete, or_, select, update

from .. import clock
from ..errors import UserNotFound
from ..extensions import db
from ..models import ActionRecord, LedgerEntry, LibraryHead, PersonName, Tombstone
from ..services.change_clock import HEAD, LibraryWrite
from ..services.leases import lease
from ..services.transactions import library_write
from .cursor import HORIZON_SECONDS, floor

LEDGER, TOMBSTONES = LedgerEntry.__table__, Tombstone.__table__
ACTIONS, NAMES = ActionRecord.__table__, PersonName.__table__

LEASE_SECONDS = 60.0

LOST_IDS = 100_000
"""More people and votes than a user adds between a copy of the database and its restore."""

logger = logging.getLogger("movietracker.sync")


def collect(user_id: str) -> int:
    """Forget what is older than the horizon of 180 days: tombstones, the ledger, recorded actions, names borne before.

    Clients whose cursor is older are told to start over. Answers how many rows went.
    """
    horizon = clock.now() - HORIZON_SECONDS
    with library_write(user_id) as tx:
        limit = floor(tx)
        mine = {table: table.c.user_id == bindparam("of_user") for table in (LEDGER, TOMBSTONES, ACTIONS, NAMES, HEAD)}
        tx.execute(update(HEAD).where(mine[HEAD]).values(floor_seq=limit))
        statements = (
            delete(TOMBSTONES).where(mine[TOMBSTONES], TOMBSTONES.c.seq <= limit),
            delete(LEDGER).where(mine[LEDGER], LEDGER.c.seq < limit),
            delete(ACTIONS).where(mine[ACTIONS], ACTIONS.c.at < horizon),
            delete(NAMES).where(mine[NAMES], NAMES.c.to_seq <= limit),
        )
        return sum(tx.execute(statement).rowcount for statement in statements)


def collect_all() -> int:
    """Collect in every library that has something to forget; answers how many rows went."""
    horizon = clock.now() - HORIZON_SECONDS
    old_ledger = select(LEDGER.c.user_id).where(
        LEDGER.c.at < horizon,
        LEDGER.c.seq < select(HEAD.c.seq).where(HEAD.c.user_id == LEDGER.c.user_id).scalar_subquery(),
    )
    old_tombstones = select(TOMBSTONES.c.user_id).where(TOMBSTONES.c.at < horizon)
    old_actions = select(ACTIONS.c.user_id).where(ACTIONS.c.at < horizon)
    users = select(HEAD.c.user_id).where(
        or_(*(HEAD.c.user_id.in_(each) for each in (old_ledger, old_tombstones, old_actions)))
    )
    with db.engine.connect() as connection:
        found = connection.execute(users).scalars().all()
    forgotten = 0
    for user_id in found:
        with suppress(UserNotFound):  # removed meanwhile
            forgotten += collect(user_id)
    return forgotten


def collect_in_turn() -> None:
    """Collect everywhere, unless another process is at it."""
    with lease("collection", LEASE_SECONDS) as held:
        forgotten = collect_all() if held else 0
    if forgotten:
        logger.info("Forgot %d rows of the sync protocol that are older than its horizon.", forgotten)


def mark_restored() -> int:
    """Make every client that pulls by time start over, after the database was restored; answers how many libraries.

    Cursors need no mark: they tell by themselves, from the ledger's nonces.
    """
    with db.engine.connect() as connection:
        users = connection.execute(select(LibraryHead.user_id)).scalars().all()
    for user_id in users:
        with library_write(user_id) as tx:
            _mark(tx)
    return len(users)


def _mark(tx: LibraryWrite) -> None:
    tx.skip_ids(LOST_IDS)  # queued actions may name people whom the server forgot
    tx.note_commit()  # its time is the first that clients may pull by again
    # With a clock that is behind, the lost times were counted up from the same last one; this is beyond them.
    tx.at += 1.0
    tx.execute(update(HEAD).where(HEAD.c.user_id == bindparam("of_user")).values(restored_at=tx.at))
