"""Access tokens: issued at login, checked at every request. A bad token is 401, and nothing else is."""

import hashlib
import hmac
import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from flask import current_app, g, request
from flask_jwt_extended import create_access_token, decode_token
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt import ImmatureSignatureError, PyJWTError
from jwt import decode as jwt_decode

from ..clock import now
from ..errors import BadToken, Forbidden
from ..plugin.context import PluginUser
from ..services.accounts import Account, TokenIdentity, identify
from ..services.sessions import check_admin_token
from ..state import state

MAX_VERIFIED = 4096
"""Tokens whose claims are remembered, at about 1 KiB each."""

# PyJWT refuses a token "issued in the future", which would log everybody out when the server's clock is set back.
_CLOCK_GRACE = timedelta(days=1)


def user_token(account: Account, token_version: int) -> str:
    """Make a token for a user, valid for USER_TOKEN_DAYS or until it is revoked."""
    lifetime = timedelta(days=current_app.config["USER_TOKEN_DAYS"])
    return _token(account.id, "user", token_version, lifetime)


def admin_token() -> str:
    """Make a token for the administrator, valid for ADMIN_TOKEN_HOURS or until it is revoked or ADMIN_TOKEN changes."""
    lifetime = timedelta(hours=current_app.config["ADMIN_TOKEN_HOURS"])
    return _token("admin", "admin", _admin_version(), lifetime)


def _token(subject: str, role: str, version: int | str, lifetime: timedelta) -> str:
    claims = {"role": role, "ver": version, "iat": datetime.fromtimestamp(now()).astimezone() - _CLOCK_GRACE}
    return str(create_access_token(subject, additional_claims=claims, expires_delta=lifetime))


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
    return _identity(_verified(token))


def current_token() -> tuple[str, float]:
    """Id and expiry (Unix seconds) of the request's token."""
    claims = _claims()
    return claims["jti"], float(claims["exp"])


def _claims() -> Mapping[str, Any]:
    """The claims of the request's token; raises BadToken.

    Checking a signature takes 0.15 ms, as long as all the rest of authentication, and the same token comes with every
    request. So the claims of valid tokens are kept; each request still checks whether they have expired, and whether
    the account still accepts them (``identify``).
    """
    verified = state().verified_tokens
    key = (request.headers.get("Authorization"), current_app.config["JWT_SECRET_KEY"])
    claims = verified.get(key)
    if claims is not None and claims.get("exp", 0) > now():
        return claims
    sent = request.authorization  # its scheme in lower case: HTTP lets clients write it in any
    if sent is None or sent.type != "bearer" or not sent.token:
        raise BadToken
    claims = _verified(sent.token)
    if len(verified) >= MAX_VERIFIED:
        verified.clear()
    verified[key] = claims
    return claims


def _verified(token: str) -> Mapping[str, Any]:
    try:
        claims: Mapping[str, Any] = _decoded(token)
    except (JWTExtendedException, PyJWTError, ValueError):
        raise BadToken from None
    if claims.get("type") != "access":
        raise BadToken
    return claims


def _decoded(token: str) -> Mapping[str, Any]:
    try:
        return cast(Mapping[str, Any], decode_token(token))
    except ImmatureSignatureError:  # signed while the clock was ahead: that alone does not make a token bad
        key = current_app.config["JWT_SECRET_KEY"]
        return cast(Mapping[str, Any], jwt_decode(token, key, algorithms=["HS256"], options={"verify_iat": False}))


def _identity(claims: Mapping[str, Any]) -> TokenIdentity:
    version, token_id = claims.get("ver"), claims.get("jti")
    if claims.get("role") != "user" or not isinstance(version, int) or not isinstance(token_id, str):
        raise BadToken
    return TokenIdentity(claims["sub"], token_id, version, float(claims.get("exp", math.inf)))


def _check_admin(claims: Mapping[str, Any]) -> None:
    if not hmac.compare_digest(str(claims.get("ver")), _admin_version()):
        raise BadToken
    check_admin_token(str(claims.get("jti")))


def _admin_version() -> str:
    return hashlib.sha256(b"admin:" + current_app.config["ADMIN_TOKEN"].encode()).hexdigest()[:16]
