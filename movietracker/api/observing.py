"""Request logging and metrics: each request has an id, a line in the log, and is counted.

The line has the rule that the request matched, and not its path or query, which contain names, ids and tokens. Only a
path that matches no rule is in it, without what may be a token.
"""

import logging
import re
import uuid
from time import perf_counter
from urllib.parse import quote

from flask import Flask, Response, current_app, g, request

from .. import metrics

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")

UNMATCHED = "none"
"""The route of a request that matches no rule."""

_LONGEST_PART, _LONGEST_PATH = 32, 100

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_logger = logging.getLogger("movietracker.access")


def init_app(app: Flask) -> None:
    """Observe every request. Call it first, so that it measures what follows, too."""
    app.before_request(_begin)
    app.after_request(_end)


def _plain_path() -> str:
    """The path of the request, one printable word of bounded length."""
    parts = (part if len(part) <= _LONGEST_PART else "..." for part in quote(request.path[:400]).split("/"))
    return "/".join(parts)[:_LONGEST_PATH]


def _begin() -> None:
    g.begun = perf_counter()
    given = request.headers.get("X-Request-ID")
    g.request_id = given if given and REQUEST_ID.fullmatch(given) else uuid.uuid4().hex


def _end(response: Response) -> Response:
    seconds = perf_counter() - g.begun
    method = request.method if request.method in _METHODS else "other"
    rule = request.url_rule
    route = UNMATCHED if rule is None else rule.rule
    # A socket has completed its handshake itself by the time its view returns.
    status = 101 if rule is not None and rule.websocket and response.status_code == 200 else response.status_code
    metrics.request_answered(method, route, status, seconds)
    response.headers["X-Request-ID"] = g.request_id
    if current_app.config["LOG_REQUESTS"]:
        logged = {
            "request_id": g.request_id,
            "user": g.get("user_id", "-"),
            "method": method,
            "route": route,
            "status": status,
            "ms": round(1000 * seconds, 1),
        }
        if rule is None:
            logged["path"] = _plain_path()
        _logger.info("", extra={"request": logged})
    return response
