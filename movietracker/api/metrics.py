"""``/metrics`` for Prometheus: for holders of METRICS_TOKEN, or without one for this machine only."""

from flask import Blueprint, Response, current_app, request

from .. import clock, metrics
from ..errors import Forbidden
from .health import has_metrics_token, is_this_machine, last_backups

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
def show() -> Response:
    """All series of all processes of this server; raises Forbidden."""
    if not (has_metrics_token() if current_app.config["METRICS_TOKEN"] else is_this_machine()):
        raise Forbidden("Metrics are for this machine, or for holders of METRICS_TOKEN.")
    body, content_type = metrics.exposition(request.headers.get("Accept", ""), clock.now(), last_backups())
    return Response(body, content_type=content_type, headers={"Cache-Control": "no-store"})
