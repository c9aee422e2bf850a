"""Whether everything that the server needs is there."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from ..extensions import db
from ..models import User


def dependencies() -> dict[str, str]:
    """Each dependency by name: ``ok``, or what is wrong in a few words."""
    return {"database": _database()}


def _database() -> str:
    try:
        with db.engine.connect() as connection:
            connection.execute(select(User.id).limit(1)).first()
    except SQLAlchemyError:
        return "not available, or not migrated"
    return "ok"
