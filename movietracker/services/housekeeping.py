"""Throwing away what time has made useless."""

from __future__ import annotations

import logging

from sqlalchemy import delete

from .. import clock
from ..models import RevokedToken
from . import enrichment_queue
from .transactions import write_connection

REVOKED = RevokedToken.__table__

logger = logging.getLogger("movietracker.housekeeping")


def clean_up() -> None:
    """Forget revoked tokens that have expired by now, and notes on titles that nobody waits for any more."""
    with write_connection() as connection:
        tokens = connection.execute(delete(REVOKED).where(REVOKED.c.expires_at < clock.now())).rowcount
    notes = enrichment_queue.forget_old_notes()
    if tokens or notes:
        logger.info("Forgot %d expired tokens and %d notes on titles.", tokens, notes)
