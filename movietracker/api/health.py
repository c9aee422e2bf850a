"""Whether the server answers, and whether it has what it needs."""

from __future__ import annotations

from flask import Response, current_app
from sqlalchemy.exc import SQLAlchemyError

from .. import errors, scheduler
from ..backup.vault.records import states_of
from ..clock import now
from ..extensions import limiter
from ..redis_link import RedisAwayError
from ..schemas.answers import HealthSchema, ReadinessSchema
from ..services.readiness import database_states
from ..state import state
from .blueprint import ApiBlueprint
from .replies import reply

# Without the others requests are answered all the same.
NEEDED = ("database", "migrations")

DEGRADED = "not available, going on without it"

blueprint = ApiBlueprint("health", __name__, url_prefix="/api/health", description="Health")


@blueprint.endpoint("GET", "", answer=HealthSchema, access=None)
def health() -> Response:
    """The server answers; no token, no database."""
    return reply({"status": "healthy", "timestamp": now()}, headers={"Cache-Control": "no-store"})


@blueprint.endpoint("GET", "/ready", answer=ReadinessSchema, problems=[errors.NotReady], access=None)
def ready() -> Response:
    """The state of each dependency: 200, or 503 when one is missing that the server cannot do without."""
    states = database_states() | _states()
    missing = [name for name in NEEDED if states[name] != "ok"]
    body = {"status": "not ready" if missing else "ready", "timestamp": now(), "dependencies": states}
    headers = {"Cache-Control": "no-store"}
    if not missing:
        return reply(body, headers=headers)
    detail = f"The server is not ready; not there: {', '.join(missing)}."
    problem = {"detail": detail, "code": errors.NotReady.code}
    return reply(problem | body, errors.NotReady.status, headers | {"Retry-After": "5"})


def _states() -> dict[str, str]:
    states = _redis_state() | {
        "cache": "ok" if state().http.is_cache_working else DEGRADED,
        "rate_limits": "ok" if limiter.storage.check() else "not available, going on without them",
        "scheduler": "ok" if scheduler.is_running(current_app) else "not in this process",
    }
    destinations = [each.name for each in state().vault.chosen if each.is_configured()]
    try:
        backups = states_of(destinations)
    except SQLAlchemyError:
        return states
    words = {None: "no backup yet", True: "ok", False: "the last run failed"}
    return states | {f"backup:{each.destination}": words[each.is_last_ok] for each in backups}


def _redis_state() -> dict[str, str]:
    """The state of Redis, where it is configured."""
    link = state().redis
    if link is None:
        return {}
    try:
        link.ask(link.client.ping)
    except RedisAwayError:
        return {"redis": DEGRADED}
    return {"redis": "ok"}
