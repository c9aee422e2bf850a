"""Access tokens: made at login, checked at every request. A bad token is 401; nothing else is."""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import current_app, g, request
from flask_jwt_extended import create_access_token, decode_token, get_jwt, verify_jwt_in_request
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt import PyJWTError

from ..clock import now
from ..errors import BadToken, Forbidden
from ..plugin_context import PluginUser
from ..services.accounts import Account, SignedIn, TokenIdentity, identify

USER_TOKEN_LIFE = timedelta(days=30)
ADMIN_TOKEN_LIFE = timedelta(hours=12)

MOST_VERIFIED = 4096
"""Tokens whose claims are remembered, at about 1 KiB each."""

# PyJWT refuses a token "issued in the future", which would log everybody out when the server's clock is set back.
_CLOCK_GRACE = timedelta(days=1)


def user_token(signed_in: SignedIn) -> str:
    """A token for a user, good for 30 days or until it is revoked."""
    claims = {"role": "user", "ver": signed_in.token_version, **_issued()}
    return str(create_access_token(signed_in.account.id, additional_claims=claims, expires_delta=USER_TOKEN_LIFE))


def admin_token() -> str:
    """A token for the administrator, good for 12 hours or until ADMIN_TOKEN changes."""
    claims = {"role": "admin", "ver": _admin_version(), **_issued()}
    return str(create_access_token("admin", additional_claims=claims, expires_delta=ADMIN_TOKEN_LIFE))


def is_admin_secret(token: str) -> bool:
    """Whether this is the server's ADMIN_TOKEN; compared in constant time."""
    return hmac.compare_digest(token.encode(), current_app.config["ADMIN_TOKEN"].encode())


def current_user() -> Account:
    """The user whose token came with the request; raises BadToken, and Forbidden for an admin's token."""
    claims = _claims()
    if claims.get("role") == "admin":
        _check_admin(claims)  # a dead token is a bad token, also here
        raise Forbidden("An administrator's token does not open a user's endpoints.")
    g.user_id = claims["sub"]
    return user_of(claims)


def plugin_user() -> PluginUser:
    """The same for the views of plugins."""
    account = current_user()
    return PluginUser(account.id, account.username)


def current_admin() -> None:
    """Raise BadToken or Forbidden unless an administrator's token came with the request."""
    claims = _claims()
    if claims.get("role") != "admin":
        user_of(claims)  # a dead token is a bad token, also here
        raise Forbidden("Only an administrator's token opens this endpoint.")
    _check_admin(claims)


def user_of(claims: Mapping[str, Any]) -> Account:
    """The user of a token's claims, in one query; raises BadToken, also for an admin's token."""
    identity = _identity(claims)
    return identify(identity.user_id, identity.token_id, identity.version)


def identity_in(token: str) -> TokenIdentity:
    """What a user's token says of itself, wherever it came from; raises BadToken.

    That it is signed and has not expired is checked here; that it still opens an account is for ``identify``.
    """
    try:
        claims = decode_token(token)
    except (JWTExtendedException, PyJWTError, ValueError):
        raise BadToken from None
    return _identity(claims)


def current_token() -> tuple[str, float]:
    """Id and expiry (Unix seconds) of the request's token."""
    claims = _claims()
    return claims["jti"], float(claims["exp"])


def _claims() -> Mapping[str, Any]:
    """The claims of the request's token; raises BadToken.

    Checking a signature takes 0.15 ms, as long as all the rest of authentication, and the same token comes with every
    request. So the claims of tokens that were good are remembered; whether they have expired is asked anew each time,
    and so is whether the account still takes them (``identify``).
    """
    verified: dict[tuple[str | None, str], Mapping[str, Any]]
    verified = current_app.extensions.setdefault("movietracker_verified_tokens", {})
    key = (request.headers.get("Authorization"), current_app.config["JWT_SECRET_KEY"])
    claims = verified.get(key)
    if claims is not None and claims.get("exp", 0) > now():
        return claims
    try:
        verify_jwt_in_request()
    except (JWTExtendedException, PyJWTError, ValueError):
        raise BadToken from None
    if len(verified) >= MOST_VERIFIED:
        verified.clear()
    claims = verified[key] = get_jwt()
    return claims


def _identity(claims: Mapping[str, Any]) -> TokenIdentity:
    version, token_id = claims.get("ver"), claims.get("jti")
    if claims.get("role") != "user" or not isinstance(version, int) or not isinstance(token_id, str):
        raise BadToken
    return TokenIdentity(claims["sub"], token_id, version, float(claims.get("exp", math.inf)))


def _check_admin(claims: Mapping[str, Any]) -> None:
    if not hmac.compare_digest(str(claims.get("ver")), _admin_version()):
        raise BadToken


def _issued() -> dict[str, datetime]:
    return {"iat": datetime.fromtimestamp(now()).astimezone() - _CLOCK_GRACE}


def _admin_version() -> str:
    return hashlib.sha256(b"admin:" + current_app.config["ADMIN_TOKEN"].encode()).hexdigest()[:16]
