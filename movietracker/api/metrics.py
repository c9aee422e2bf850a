"""``/metrics`` for Prometheus: for who knows METRICS_TOKEN, or without one for this machine only."""

from __future__ import annotations

import hmac
from ipaddress import ip_address

from flask import Blueprint, Response, current_app, request
from sqlalchemy.exc import SQLAlchemyError

from .. import clock, metrics
from ..backup.vault.records import states_of
from ..errors import Forbidden
from ..state import state

blueprint = Blueprint("metrics", __name__)

# Who sends one of these was brought here by a proxy on this machine, and may be anybody.
_FORWARDED = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")


@blueprint.get("/metrics")
def show() -> Response:
    """All series of all processes of this server; raises Forbidden."""
    if not _is_allowed():
        raise Forbidden("Metrics are for this machine, or for who knows METRICS_TOKEN.")
    try:
        backups = states_of([destination.name for destination in state().vault.chosen if destination.is_configured()])
    except SQLAlchemyError:
        backups = None
    body, content_type = metrics.exposition(request.headers.get("Accept", ""), clock.now(), backups)
    return Response(body, content_type=content_type, headers={"Cache-Control": "no-store"})


def _is_allowed() -> bool:
    token: str = current_app.config["METRICS_TOKEN"]
    if token:
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        return kind.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
