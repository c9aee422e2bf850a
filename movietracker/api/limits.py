"""How often a user may call what costs much: the rates come from the settings; counts are shared by all processes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import current_app, g

from ..extensions import limiter

View = TypeVar("View", bound=Callable[..., Any])


def limited(view: View, setting: str, scope: str, key: Callable[[], str] | None = None) -> View:
    """The view, called no more often than this setting says, by ``key`` (the address unless given).

    Views with the same scope are counted together. It stands below ``endpoint``, so that the token is checked before.
    """

    def rate() -> str:
        return str(current_app.config[setting])

    def is_off() -> bool:
        return not current_app.config[setting]

    return cast(View, limiter.shared_limit(rate, scope, key_func=key, exempt_when=is_off)(view))


def proxied(view: View) -> View:
    """Limit what asks metadata providers, by user."""
    return limited(view, "PROXY_RATE_LIMIT", "proxy", _user)


def importing(view: View) -> View:
    """Limit what writes a whole library, by user."""
    return limited(view, "IMPORT_RATE_LIMIT", "import", _user)


def proving(view: View) -> View:
    """Limit guesses at the password of an account whose token somebody holds."""
    return limited(view, "LOGIN_RATE_LIMIT", "password", _user)


def _user() -> str:
    return str(g.user_id)
