"""Leases: of all processes and threads on one database, one at a time does a named job.

A lease is a row that expires. Its holder renews it while it works; one that was killed leaves it to expire, and then
another takes over. Holders compare wall clocks, so those of several machines must agree to within a third of the lease.
"""

from __future__ import annotations

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
from ..extensions import db
from ..models import Lease
from .transactions import write_connection

LEASES = Lease.__table__
RENEWALS_PER_LEASE = 3

_DATABASE_AWAY = (DBAPIError, PoolTimeout)

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
        """Whether the job is still this holder's; when not, it must stop: another may have begun."""
        return not self._is_lost and clock.now() < self._expires_at

    def renew(self) -> None:
        """Put the expiry off; once another holder has taken the lease it is lost for good."""
        expires_at = clock.now() + self._seconds
        statement = update(LEASES).where(LEASES.c.name == self.name, LEASES.c.holder == self.holder)
        with write_connection() as connection:
            renewed = connection.execute(statement.values(expires_at=expires_at)).rowcount == 1
        if renewed:
            self._expires_at = expires_at
        else:
            self._is_lost = True

    def release(self) -> None:
        """Let others have it."""
        self._is_lost = True
        statement = delete(LEASES).where(LEASES.c.name == self.name, LEASES.c.holder == self.holder)
        try:
            with write_connection() as connection:
                connection.execute(statement)
        except _DATABASE_AWAY as error:
            logger.warning("The lease %s could not be released and will expire: %s", self.name, type(error).__name__)


@contextmanager
def lease(name: str, seconds: float) -> Iterator[HeldLease | None]:
    """Hold the lease of this name while the block runs; None when somebody else holds it.

    It is renewed by a thread of its own. A block that runs for long looks at ``is_held`` between its steps: the lease
    is lost when the process was suspended, or the database away, for longer than ``seconds``.
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
    """Take the lease once, without renewing it; None when somebody else holds it."""
    holder = f"{socket.gethostname()[:24]}-{os.getpid()}-{uuid.uuid4().hex[:16]}"
    with db.engine.connect() as connection:
        before = connection.execute(select(LEASES.c.expires_at).where(LEASES.c.name == name)).first()
    now = clock.now()
    if before is None:
        is_taken = _insert(name, holder, now + seconds)
    # No holder sets an expiry so far ahead as the second: it was set before the clock was put back.
    elif before.expires_at <= now or before.expires_at > now + 2 * seconds:
        is_taken = _take_over(name, holder, before.expires_at, now + seconds)
    else:
        is_taken = False
    return HeldLease(name, holder, seconds, now + seconds) if is_taken else None


def _take_over(name: str, holder: str, expired_at: float, expires_at: float) -> bool:
    """Take a lease that has expired, unless it has been renewed or taken since."""
    statement = update(LEASES).where(LEASES.c.name == name, LEASES.c.expires_at == expired_at)
    with write_connection() as connection:
        return connection.execute(statement.values(holder=holder, expires_at=expires_at)).rowcount == 1


def _insert(name: str, holder: str, expires_at: float) -> bool:
    try:
        with write_connection() as connection:
            connection.execute(insert(LEASES).values(name=name, holder=holder, expires_at=expires_at))
    except IntegrityError:
        return False  # another was faster
    return True


def _keep_renewing(app: Flask, held: HeldLease, seconds: float, finished: threading.Event) -> None:
    with app.app_context():
        while not finished.wait(seconds / RENEWALS_PER_LEASE):
            try:
                held.renew()
            except _DATABASE_AWAY as error:
                # The next attempt may do better; if none does, is_held says so.
                logger.warning("The lease %s could not be renewed: %s", held.name, type(error).__name__)
