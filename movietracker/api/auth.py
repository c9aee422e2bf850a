"""Logging in and out, and the administrator's care for accounts."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from orjson import JSONDecodeError, loads

from .. import errors
from ..schemas.answers import LoginAnswerSchema, TokenSchema, UserSchema
from ..schemas.requests import (
    AdminLoginSchema,
    LoginSchema,
    NewUserSchema,
    PageSchema,
    PasswordChangeSchema,
    UserChangeSchema,
)
from ..services import accounts
from ..services.accounts import Account
from . import authentication
from .blueprint import ApiBlueprint, View
from .limits import limited, proving
from .paging import Order, page_of
from .replies import no_content, reply

blueprint = ApiBlueprint("auth", __name__, url_prefix="/api/auth", description="Accounts and access tokens")

_ORDER = Order("accounts", (float, str))


def _account_named() -> str:
    """The account that a login is for, so that many addresses cannot share out the guesses at one password."""
    try:
        body = loads(request.get_data(cache=True))
    except JSONDecodeError:
        body = None
    email = body.get("email") if isinstance(body, dict) else None
    return accounts.normalise_email(email)[:254] if isinstance(email, str) else "nobody"


def _per_address(view: View) -> View:
    return limited(view, "LOGIN_RATE_LIMIT", "login address")


def _per_account(view: View) -> View:
    return limited(view, "LOGIN_RATE_LIMIT", "login account", _account_named)


@blueprint.endpoint(
    "POST",
    "/login",
    answer=LoginAnswerSchema,
    access=None,
    problems=[errors.BadCredentials, errors.Invalid, errors.TooManyRequests],
)
@_per_address
@_per_account
@blueprint.arguments(LoginSchema)
def login(body: dict[str, Any]) -> Response:
    """Log in with e-mail and password; the token is good for 30 days."""
    signed_in = accounts.log_in(body["email"], body["password"])
    token = authentication.user_token(signed_in)
    return reply({"access_token": token, "token_type": "bearer", "user": signed_in.account.to_json()})


@blueprint.endpoint("GET", "/me", answer=UserSchema)
def me(user: Account) -> Response:
    """Who the token stands for."""
    return reply(user.to_json())


@blueprint.endpoint("POST", "/password", status=204, problems=[errors.Invalid, errors.TooManyRequests])
@proving
@blueprint.arguments(PasswordChangeSchema)
def change_password(user: Account, body: dict[str, Any]) -> Response:
    """Change the password; every earlier token of the user dies."""
    accounts.change_password(user.id, body["current_password"], body["new_password"])
    return no_content()


@blueprint.endpoint("POST", "/logout", status=204)
def logout(user: Account) -> Response:
    """Log out: this token dies."""
    token_id, expires_at = authentication.current_token()
    accounts.revoke_token(user.id, token_id, expires_at)
    return no_content()


@blueprint.endpoint(
    "POST",
    "/admin/login",
    answer=TokenSchema,
    access=None,
    problems=[errors.BadCredentials, errors.Invalid, errors.TooManyRequests],
)
@_per_address
@blueprint.arguments(AdminLoginSchema)
def admin_login(body: dict[str, Any]) -> Response:
    """Log in as the administrator with the server's ADMIN_TOKEN; the access token is good for 12 hours."""
    if not authentication.is_admin_secret(body["token"]):
        raise errors.BadCredentials("Wrong admin token.")
    return reply({"access_token": authentication.admin_token(), "token_type": "bearer"})


@blueprint.endpoint(
    "POST",
    "/admin/users",
    answer=UserSchema,
    status=201,
    access="admin",
    problems=[errors.AccountExists, errors.Invalid],
)
@blueprint.arguments(NewUserSchema)
def create_user(body: dict[str, Any]) -> Response:
    """Create an account, with the four quick recommenders."""
    return reply(accounts.create_account(body["email"], body["username"], body["password"]).to_json(), 201)


@blueprint.endpoint("GET", "/admin/users", answer=UserSchema(many=True), access="admin", problems=[errors.Invalid])
@blueprint.arguments(PageSchema, location="query")
def list_users(paging: dict[str, Any]) -> Response:
    """All accounts, the oldest first."""
    found = (account.to_json() for account in accounts.list_accounts())
    return page_of(found, _ORDER, lambda each: (each["created_at"], each["id"]), paging)


@blueprint.endpoint(
    "PATCH",
    "/admin/users/<string:user_id>",
    answer=UserSchema,
    access="admin",
    problems=[errors.UserNotFound, errors.Invalid],
)
@blueprint.arguments(UserChangeSchema)
def change_user(body: dict[str, Any], user_id: str) -> Response:
    """Enable or disable an account, or set its password; disabling and a new password kill its tokens."""
    if "password" in body:
        accounts.set_password(user_id, body["password"])
    if "is_active" in body:
        accounts.set_active(user_id, body["is_active"])
    return reply(accounts.get_account(user_id).to_json())


@blueprint.endpoint(
    "DELETE", "/admin/users/<string:user_id>", status=204, access="admin", problems=[errors.UserNotFound]
)
def delete_user(user_id: str) -> Response:
    """Remove an account with all its data."""
    accounts.delete_account(user_id)
    return no_content()
