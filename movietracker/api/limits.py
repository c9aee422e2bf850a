"""Rate limits for expensive operations; the rates are settings, and all processes share the counts."""

from collections.abc import Callable

from flask import current_app, g, request

from ..state import state
from .addresses import network

Limit = Callable[[], None]


def address() -> str:
    """The address of the client, or its network, by which clients without a token are counted."""
    return network(request.remote_addr or "127.0.0.1")


def limit(setting: str, scope: str, key: Callable[[], str] = address) -> Limit:
    """A function that counts a request, by ``key`` or address; raises TooManyRequests beyond the rate of a setting.

    Operations with the same scope are counted together.
    """

    def count() -> None:
        if rate := current_app.config[setting]:
            state().rate_limits.count(rate, scope, key())

    return count


def _user() -> str:
    return str(g.user_id)


proxying = limit("PROXY_RATE_LIMIT", "proxy", _user)
"""Requests to metadata providers, by user."""

importing = limit("IMPORT_RATE_LIMIT", "import", _user)
"""Writes of a whole library, by user."""


def pushing() -> None:
    """Count a push, by user."""
    if rate := current_app.config["SYNC_RATE_LIMIT"]:
        state().rate_limits.count_here(rate, "sync", _user())
