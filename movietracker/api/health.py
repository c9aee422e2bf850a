"""Whether the server answers, and whether it has what it needs."""

from __future__ import annotations

from flask import Response

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


@blueprint.endpoint("GET", "/ready", answer=ReadinessSchema, also=503, access=None)
def ready() -> Response:
    """Whether each dependency is there: 200, or 503 with the state of each."""
    states = dependencies()
    is_ready = all(state == "ok" for state in states.values())
    body = {"status": "ready" if is_ready else "not ready", "timestamp": now(), "dependencies": states}
    return reply(body, 200 if is_ready else 503, {"Cache-Control": "no-store"})
