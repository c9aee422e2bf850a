"""Whether the server answers, and whether it has what it needs."""

from __future__ import annotations

from flask import Response

from .. import errors
from ..clock import now
from ..schemas.answers import HealthSchema, ReadinessSchema
from ..services.readiness import dependencies
from .blueprint import ApiBlueprint
from .replies import reply

blueprint = ApiBlueprint("health", __name__, url_prefix="/api/health", description="Health")


@blueprint.endpoint("GET", "", answer=HealthSchema, access=None)
def health() -> Response:
    """The server answers; no token, no database."""
    return reply({"status": "healthy", "timestamp": now()}, headers={"Cache-Control": "no-store"})


@blueprint.endpoint("GET", "/ready", answer=ReadinessSchema, problems=[errors.NotReady], access=None)
def ready() -> Response:
    """Whether each dependency is there: 200, or 503 with the state of each."""
    states = dependencies()
    missing = [name for name, state in states.items() if state != "ok"]
    body = {"status": "not ready" if missing else "ready", "timestamp": now(), "dependencies": states}
    headers = {"Cache-Control": "no-store"}
    if not missing:
        return reply(body, headers=headers)
    detail = f"The server is not ready; not there: {', '.join(missing)}."
    problem = {"detail": detail, "code": errors.NotReady.code}
    return reply(problem | body, errors.NotReady.status, headers | {"Retry-After": "5"})
