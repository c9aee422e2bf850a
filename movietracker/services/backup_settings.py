"""Whether a user's library is backed up every night."""

from __future__ import annotations

from sqlalchemy import select, update

from ..errors import UserNotFound
from ..extensions import db
from ..models import User
from .transactions import write_connection

USERS = User.__table__


def is_backup_enabled(user_id: str) -> bool:
    """Whether it is; raises UserNotFound."""
    with db.engine.connect() as connection:
        row = connection.execute(select(USERS.c.backup_enabled).where(USERS.c.id == user_id)).one_or_none()
    if row is None:
        raise UserNotFound
    return bool(row.backup_enabled)


def set_backup_enabled(user_id: str, is_enabled: bool) -> None:
    """Switch it on or off; backups that there are stay. Raises UserNotFound."""
    statement = update(USERS).where(USERS.c.id == user_id).values(backup_enabled=is_enabled)
    with write_connection() as connection:
        if connection.execute(statement).rowcount != 1:
            raise UserNotFound
