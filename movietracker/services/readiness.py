"""Whether the database that the server needs is there and up to date, and who works in the background."""

from __future__ import annotations

from alembic.script import ScriptDirectory
from flask import current_app
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from .. import clock
from ..extensions import db
from ..models import Lease, User

LEASES = Lease.__table__

_HEADS = "movietracker_heads"


def database_states() -> dict[str, str]:
    """``database``, ``migrations`` and ``leases``: ``ok`` or what is wrong in a few words; leases that are held."""
    try:
        with db.engine.connect() as connection:
            connection.execute(select(User.id).limit(1)).first()
            applied = frozenset(connection.execute(text("SELECT version_num FROM alembic_version")).scalars())
            held = connection.execute(select(LEASES.c.name).where(LEASES.c.expires_at > clock.now())).scalars()
            names = ", ".join(sorted(held))
    except SQLAlchemyError:
        return {"database": "not available, or not migrated", "migrations": "not known", "leases": "not known"}
    migrations = "ok" if applied == _known_heads() else "due: movietracker db upgrade"
    return {"database": "ok", "migrations": migrations, "leases": f"held: {names}" if names else "ok"}


def _known_heads() -> frozenset[str]:
    """The newest revisions of this version; read once, since that takes a while."""
    heads: frozenset[str] | None = current_app.extensions.get(_HEADS)
    if heads is None:
        config = current_app.extensions["migrate"].migrate.get_config()
        heads = current_app.extensions[_HEADS] = frozenset(ScriptDirectory.from_config(config).get_heads())
    return heads
