"""The security log: a line for each login, logout, change of an account, act of an administrator, and limited request.

A line has the event, the client's address, the user's id, a digest of the e-mail address of a login, and the outcome.
Values hold no blanks and no control characters, so that no client can forge a line or a field.
"""

import hashlib
import hmac
import logging
import re

from flask import Flask, Response, current_app, g, request

from ..errors import TooManyRequests

RATE_LIMITED = "rate_limited"
"""The event of a request beyond a rate limit, where no other event was attempted."""

_HARMFUL = re.compile(r"[^A-Za-z0-9_.:@,-]")
_MAX_LENGTH = 64
_DIGEST_LENGTH = 16

_logger = logging.getLogger("movietracker.security")


def init_app(app: Flask) -> None:
    """Log after every request that was an event."""
    app.after_request(_log)


def begin(event: str) -> None:
    """Say what this request attempts."""
    g.security = {"event": event}


def note(**fields: str) -> None:
    """Add fields to the line of this request: user, account, target, changed."""
    g.security |= fields


def digest_of(email: str) -> str:
    """What stands for an e-mail address: the same for the same address, and of no use without SECRET_KEY."""
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.new(key, email.encode(), hashlib.sha256).hexdigest()[:_DIGEST_LENGTH]


def _log(response: Response) -> Response:
    status = response.status_code
    fields = g.get("security")
    if fields is None:
        if status != TooManyRequests.status:
            return response
        fields = {"event": RATE_LIMITED}
    known = {"address": request.remote_addr or "-", "user": g.get("user_id", "-")}
    line = {"event": fields["event"]} | known | fields | {"outcome": _outcome(status), "request_id": g.request_id}
    level = logging.INFO if status < 400 else logging.WARNING
    written = {name: _HARMFUL.sub("?", value)[:_MAX_LENGTH] for name, value in line.items()}
    _logger.log(level, "security", extra={"request": written})
    return response


def _outcome(status: int) -> str:
    if status < 400:
        return "ok"
    if status == TooManyRequests.status:
        return "limited"
    return "failed" if status < 500 else "error"
