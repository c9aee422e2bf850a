"""Whose backups are looked at: users in the order of their ids, read in batches so that memory is bounded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from ...extensions import db
from ...models import User
from .records import RECORDS

USERS = User.__table__
BATCH = 200


@dataclass(frozen=True, slots=True)
class Target:
    """A user; without an e-mail address the account has been deleted."""

    user_id: str
    email: str | None

    def __str__(self) -> str:
        return self.email or f"deleted account {self.user_id}"


def users_to_back_up(after: str = "", only: str | None = None) -> Iterator[Target]:
    """The active users with backups on whose ids come after this one; ``only`` one user, with backups on or not."""
    return _targets(lambda last: select(USERS.c.id.label("user_id")).where(USERS.c.id > last, _is_wanted(only)), after)


def count_users_to_back_up(after: str = "", only: str | None = None) -> int:
    """How many there are."""
    wanted = select(func.count()).select_from(USERS).where(USERS.c.id > after, _is_wanted(only))
    with db.engine.connect() as connection:
        return connection.execute(wanted).scalar_one()


def users_with_backups() -> Iterator[Target]:
    """Every user who has backups or should have, deleted accounts included."""
    return _targets(_ids_with_backups)


def count_users_with_backups() -> int:
    """How many there are."""
    with db.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(_ids_with_backups("").subquery())).scalar_one()


def users_with_old_records(before: float) -> Iterator[Target]:
    """Every user of whom something from before a moment (Unix seconds) is recorded, deleted accounts included."""
    return _targets(lambda after: select(RECORDS.c.user_id).where(RECORDS.c.user_id > after, RECORDS.c.at < before))


def _ids_with_backups(after: str) -> Any:
    recorded = select(RECORDS.c.user_id).where(RECORDS.c.user_id > after)
    return recorded.union(select(USERS.c.id).where(USERS.c.id > after, USERS.c.backup_enabled))


def _is_wanted(only: str | None) -> ColumnElement[bool]:
    return and_(USERS.c.is_active, USERS.c.backup_enabled) if only is None else USERS.c.id == only


def _targets(ids: Callable[[str], Any], after: str = "") -> Iterator[Target]:
    """The users that ``ids`` selects after a given one."""
    while True:
        found = ids(after).subquery()
        statement = select(found.c.user_id, USERS.c.email).outerjoin(USERS, USERS.c.id == found.c.user_id).distinct()
        with db.engine.connect() as connection:
            rows = connection.execute(statement.order_by(found.c.user_id).limit(BATCH)).all()
        yield from (Target(*row) for row in rows)
        if len(rows) < BATCH:
            return
        after = rows[-1].user_id
