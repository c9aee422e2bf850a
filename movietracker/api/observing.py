"""What is noted of every request: its id, a line in the log, a count.

The line holds the rule that the request matched and never its path or query, which bear names, ids and tokens.
"""

from __future__ import annotations

import logging
import re
import uuid
from time import perf_counter

from flask import Flask, Response, g, request

from .. import metrics
from ..logs import ACCESS_LOGGER

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

UNMATCHED = "none"
"""The route of what no endpoint answered."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_logger = logging.getLogger(ACCESS_LOGGER)


def init_app(app: Flask) -> None:
    """Note every request. To be called first, so that what follows is measured, too."""
    app.before_request(_begin)
    app.after_request(_note if app.config["LOG_REQUESTS"] else _count)


def _begin() -> None:
    g.begun = perf_counter()
    given = request.headers.get("X-Request-ID")
    g.request_id = given if given and REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def _note(response: Response) -> Response:
    method, route, status, seconds = _counted(response)
    _logger.info(
        "",
        extra={
            "request": {
                "request_id": g.request_id,
                "user": g.get("user_id", "-"),
                "method": method,
                "route": route,
                "status": status,
                "ms": round(1000 * seconds, 1),
            }
        },
    )
    return response


def _count(response: Response) -> Response:
    _counted(response)
    return response


def _counted(response: Response) -> tuple[str, str, int, float]:
    """Count the request; answers method, route, status and seconds."""
    seconds = perf_counter() - g.begun
    method = request.method if request.method in _METHODS else "other"
    rule = request.url_rule
    route = UNMATCHED if rule is None else rule.rule
    # A socket has answered its handshake itself by the time its view is through.
    status = 101 if rule is not None and rule.websocket and response.status_code == 200 else response.status_code
    metrics.request_answered(method, route, status, seconds)
    response.headers["X-Request-ID"] = g.request_id
    return method, route, status, seconds
