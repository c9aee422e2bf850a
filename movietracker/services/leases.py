"""Leases: of all processes and threads on one database, one at a time does a named job.

A lease is a row that expires. Its holder renews it while it works; if the holder is killed, the lease expires and
another takes over. Holders compare wall clocks, so those of several machines must agree to within a third of the lease.
"""

import logging
import os
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, current_app
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from .. import clock
from ..errors import DatabaseUnavailable
from ..models import LEASES
from .transactions import change, query

RENEWALS_PER_LEASE = 3

_DATABASE_AWAY = (DBAPIError, PoolTimeout, DatabaseUnavailable)

logger = logging.getLogger("movietracker.leases")


class HeldLease:
    """A lease while it is held; made by :func:`lease`."""

    def __init__(self, name: str, holder: str, seconds: float, expires_at: float) -> None:
        self.name = name
        self.holder = holder
        self._seconds = seconds
        self._expires_at = expires_at
        self._is_lost = False

    @property
    def is_held(self) -> bool:
        """Whether this holder still has the lease; if not, it must stop, because another may have started."""
        return not self._is_lost and clock.now() < self._expires_at

    def renew(self) -> None:
        """Extend the lease; once another holder has taken it, it is lost permanently."""
        expires_at = clock.now() + self._seconds
        statement = update(LEASES).where(LEASES.c.name == self.name, LEASES.c.holder == self.holder)
        if change(statement.values(expires_at=expires_at)) == 1:
            self._expires_at = expires_at
        else:
            self._is_lost = True

    def release(self) -> None:
        """Release the lease."""
        self._is_lost = True
        statement = delete(LEASES).where(LEASES.c.name == self.name, LEASES.c.holder == self.holder)
        try:
            change(statement)
        except _DATABASE_AWAY as error:
            logger.warning("The lease %s could not be released and will expire: %s", self.name, type(error).__name__)


@contextmanager
def lease(name: str, seconds: float) -> Iterator[HeldLease | None]:
    """Hold the lease of this name while the block runs; yields None if another holder has it.

    A separate thread renews it. A long block checks ``is_held`` between its steps: the lease is lost if the process was
    suspended, or the database unavailable, for longer than ``seconds``.
    """
    held = acquire(name, seconds)
    if held is None:
        yield None
        return
    finished = threading.Event()
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    renewer = threading.Thread(target=_keep_renewing, args=(app, held, seconds, finished), name=f"lease-{name}")
    renewer.start()
    try:
        yield held
    finally:
        finished.set()
        renewer.join()
        held.release()


def acquire(name: str, seconds: float) -> HeldLease | None:
    """Take the lease once, without renewing it; returns None if another holder has it."""
    holder = f"{socket.gethostname()[:24]}-{os.getpid()}-{uuid.uuid4().hex[:16]}"
    before = query(select(LEASES.c.expires_at).where(LEASES.c.name == name)).first()
    now = clock.now()
    taken = {"holder": holder, "expires_at": now + seconds}
    if before is None:
        try:
            change(insert(LEASES).values(name=name, **taken))
        except IntegrityError:
            return None  # another was faster
    # No holder sets an expiry so far ahead as the second: it was set before the clock was put back.
    elif before.expires_at <= now or before.expires_at > now + 2 * seconds:
        expired = update(LEASES).where(LEASES.c.name == name, LEASES.c.expires_at == before.expires_at)
        if change(expired.values(taken)) != 1:
            return None  # renewed or taken since
    else:
        return None
    return HeldLease(name, holder, seconds, now + seconds)


def _keep_renewing(app: Flask, held: HeldLease, seconds: float, finished: threading.Event) -> None:
    with app.app_context():
        while not finished.wait(seconds / RENEWALS_PER_LEASE):
            try:
                held.renew()
            except _DATABASE_AWAY as error:
                # The next attempt may do better; if none does, is_held says so.
                logger.warning("The lease %s could not be renewed: %s", held.name, type(error).__name__)
