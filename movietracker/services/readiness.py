"""Whether the database is available and up to date, and which background jobs hold a lease."""

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from .. import clock
from ..database import applied_revision, known_revisions
from ..extensions import db
from ..models import LEASES, USERS


def database_states() -> dict[str, str]:
    """``database``, ``migrations`` and ``leases``: ``ok``, or the problem in a few words; the held leases."""
    try:
        with db.engine.connect() as connection:
            connection.execute(select(USERS.c.id).limit(1)).first()
            applied = applied_revision(connection)
            held = connection.execute(select(LEASES.c.name).where(LEASES.c.expires_at > clock.now())).scalars()
            names = ", ".join(sorted(held))
    except SQLAlchemyError:
        return {"database": "not available, or not migrated", "migrations": "not known", "leases": "not known"}
    migrations = "ok" if applied == known_revisions()[0] else "due: movietracker db upgrade"
    return {"database": "ok", "migrations": migrations, "leases": f"held: {names}" if names else "ok"}
