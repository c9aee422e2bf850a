"""Bound the sync protocol's memory, and make clients notice a restored database."""

import logging
from contextlib import suppress

from sqlalchemy import bindparam, delete, or_, select, update

from ..errors import UserNotFound
from ..models import ACTIONS, HEAD, LEDGER, NAMES, TOMBSTONES
from ..services.change_clock import LibraryWrite
from ..services.leases import lease
from ..services.transactions import library_write, query
from .cursor import floor, horizon

LEASE_SECONDS = 60.0

LOST_IDS = 100_000
"""More people and votes than a user adds between a copy of the database and its restore."""

logger = logging.getLogger("movietracker.sync")


def collect(user_id: str) -> int:
    """Forget what is older than the horizon: tombstones, the ledger, recorded actions, former names.

    Clients with an older cursor must start over. Returns the number of deleted rows.
    """
    oldest = horizon()
    with library_write(user_id) as tx:
        limit = floor(tx)
        mine = {table: table.c.user_id == bindparam("of_user") for table in (LEDGER, TOMBSTONES, ACTIONS, NAMES, HEAD)}
        tx.execute(update(HEAD).where(mine[HEAD]).values(floor_seq=limit))
        statements = (
            delete(TOMBSTONES).where(mine[TOMBSTONES], TOMBSTONES.c.seq <= limit),
            delete(LEDGER).where(mine[LEDGER], LEDGER.c.seq < limit),
            delete(ACTIONS).where(mine[ACTIONS], ACTIONS.c.at < oldest),
            delete(NAMES).where(mine[NAMES], NAMES.c.to_seq <= limit),
        )
        return sum(tx.execute(statement).rowcount for statement in statements)


def collect_all() -> int:
    """Collect in every library that has something to forget; returns the number of deleted rows."""
    oldest = horizon()
    old_ledger = select(LEDGER.c.user_id).where(
        LEDGER.c.at < oldest,
        LEDGER.c.seq < select(HEAD.c.seq).where(HEAD.c.user_id == LEDGER.c.user_id).scalar_subquery(),
    )
    old_tombstones = select(TOMBSTONES.c.user_id).where(TOMBSTONES.c.at < oldest)
    old_actions = select(ACTIONS.c.user_id).where(ACTIONS.c.at < oldest)
    users = select(HEAD.c.user_id).where(
        or_(*(HEAD.c.user_id.in_(each) for each in (old_ledger, old_tombstones, old_actions)))
    )
    forgotten = 0
    for user_id in query(users).scalars():
        with suppress(UserNotFound):  # its account was removed
            forgotten += collect(user_id)
    return forgotten


def collect_in_turn() -> None:
    """Collect everywhere, unless another process is at it."""
    with lease("collection", LEASE_SECONDS) as held:
        forgotten = collect_all() if held else 0
    if forgotten:
        logger.info("Forgot %d rows of the sync protocol that are older than its horizon.", forgotten)


def mark_restored() -> int:
    """Make every client that pulls by time start over, after a restore; returns the number of libraries.

    Cursors need no mark: they tell by themselves, from the ledger's nonces.
    """
    users = query(select(HEAD.c.user_id)).scalars()
    for user_id in users:
        with library_write(user_id) as tx:
            _mark(tx)
    return len(users)


def _mark(tx: LibraryWrite) -> None:
    # Its time is the first that clients may pull by again; queued actions may name people whom the server forgot.
    tx.note_commit(lost_ids=LOST_IDS)
    # With a clock that is behind, the lost times were counted up from the same last one; this is beyond them.
    tx.at += 1.0
    tx.execute(update(HEAD).where(HEAD.c.user_id == bindparam("of_user")).values(restored_at=tx.at))
