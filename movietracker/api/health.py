"""Health: whether the server responds, and whether its dependencies do."""

import hmac
from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Response, current_app, request
from sqlalchemy.exc import SQLAlchemyError

from .. import errors
from ..backup.catalog.journal import states_of
from ..clock import now
from ..metrics import DestinationState
from ..plugin.checks import is_ready
from ..redis_link import RedisAwayError
from ..schemas.responses import HealthSchema, ReadinessSchema
from ..services import first_password
from ..services.readiness import database_states
from ..state import state
from .blueprint import ApiBlueprint
from .responses import reply

# The server responds without the others.
NEEDED = ("database", "migrations")

DEGRADED = "not available, going on without it"

# A request with a header that begins like this comes through a proxy on this machine, from any address.
_FORWARDED = ("x-forwarded-", "forwarded", "x-real-ip", "via", "cf-connecting-ip", "true-client-ip")

blueprint = ApiBlueprint("health", "/api/health", "Health")


@blueprint.operation("GET", "", response=HealthSchema, access=None)
def health() -> Response:
    """The server responds; no token, no database."""
    body = {"status": "healthy", "timestamp": now()} | ({"first_password": True} if first_password.is_kept() else {})
    return reply(body, headers={"Cache-Control": "no-store"})


@blueprint.operation("GET", "/ready", response=ReadinessSchema, problems=[errors.NotReady], access=None)
def ready() -> Response:
    """The state of each dependency: 200, or 503 when a required one is missing."""
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
        "cache": "ok" if state().http.cache.is_working else DEGRADED,
        "rate_limits": "ok" if state().rate_limits.is_working() else "not available, each process counts its share",
        "scheduler": "ok" if state().stop_jobs else "not in this process",
    }
    if not (has_metrics_token() or is_this_machine()):
        return states
    words = {None: "no backup yet", True: "ok", False: "the last run failed"}
    return states | {f"backup:{each.destination}": words[each.is_last_ok] for each in last_backups() or ()}


def has_metrics_token() -> bool:
    """Whether the request has METRICS_TOKEN, if one is set."""
    token: str = current_app.config["METRICS_TOKEN"]
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    return bool(token) and kind.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())


def is_this_machine() -> bool:
    """Whether the request comes from this machine, and by no proxy on it.

    A proxy that adds no header is known by the public name that it passes on, or by HTTP/1.0, which nginx speaks unless
    it is told otherwise.
    """
    is_forwarded = any(name.lower().startswith(_FORWARDED) for name, _ in request.headers)
    if is_forwarded or request.environ["SERVER_PROTOCOL"] == "HTTP/1.0":
        return False
    return _is_loopback(request.remote_addr or "") and _is_loopback_url(f"//{request.host}")


def _is_loopback_url(url: str) -> bool:
    try:
        return _is_loopback(urlsplit(url).hostname or "")
    except ValueError:
        return False


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def last_backups() -> list[DestinationState] | None:
    """The newest backups at each configured destination; None while the database cannot say."""
    try:
        return states_of([each.name for each in state().backups.chosen if is_ready(each)])
    except SQLAlchemyError:
        return None


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
