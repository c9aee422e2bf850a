"""Logging in and out, and account administration."""

from typing import Any

from flask import Response, request

from .. import errors
from ..schemas import requests
from ..schemas.responses import LoginResponseSchema, SessionSchema, TokenSchema, UserSchema
from ..services import accounts, first_password, sessions
from ..services.accounts import Account
from . import authentication
from .blueprint import ApiBlueprint
from .guesses import administering, logging_in, proving
from .paging import Order
from .security_log import note

blueprint = ApiBlueprint("auth", "/api/auth", "Accounts and access tokens")

_ORDER = Order("accounts", created_at=float, id=str)
_SESSIONS = Order("sessions", created_at=float, id=str)


@blueprint.operation(
    "POST",
    "/login",
    body=requests.LoginSchema,
    response=LoginResponseSchema,
    access=None,
    problems=[errors.BadCredentials],
    limits=[logging_in],
    logs=True,
)
def login(body: dict[str, Any]) -> dict[str, Any]:
    """Log in with e-mail address or username, and password; the token is valid for 30 days by default."""
    account, token_version = accounts.log_in(body["email"], body["password"])
    note(user=account.id)
    token = authentication.user_token(account, token_version)
    sessions.begin_session(authentication.identity_in(token), request.user_agent.string)
    answer = {"access_token": token, "token_type": "bearer", "user": account.to_json()}
    return answer | ({"first_password": True} if first_password.is_this(body["password"]) else {})


@blueprint.operation("GET", "/me", response=UserSchema)
def me(user: Account) -> dict[str, Any]:
    """Who the token stands for."""
    return user.to_json()


@blueprint.operation(
    "PATCH",
    "/me",
    body=requests.OwnChangeSchema,
    response=UserSchema,
    problems=[errors.EmailTaken, errors.UsernameTaken],
    limits=[proving],
    logs=True,
)
def change_me(user: Account, body: dict[str, Any]) -> dict[str, Any]:
    """Change the user's own e-mail address or username, given the password; tokens stay valid."""
    proof = body.pop("current_password")
    note(changed=",".join(sorted(body)))
    accounts.prove(user.id, proof)
    accounts.change_account(user.id, body)
    return accounts.get_account(user.id).to_json()


@blueprint.operation("DELETE", "/me", body=requests.ProofSchema, status=204, limits=[proving], logs=True)
def delete_me(user: Account, body: dict[str, Any]) -> None:
    """Remove the user's own account with all its data, given the password."""
    accounts.prove(user.id, body["current_password"])
    accounts.delete_account(user.id)


@blueprint.operation("POST", "/password", body=requests.PasswordChangeSchema, status=204, limits=[proving], logs=True)
def change_password(user: Account, body: dict[str, Any]) -> None:
    """Change the password; every earlier token of the user dies."""
    accounts.change_password(user.id, body["current_password"], body["new_password"])


@blueprint.operation("POST", "/logout", status=204, logs=True)
def logout(user: Account) -> None:
    """Log out: this token dies."""
    token_id, expires_at = authentication.current_token()
    sessions.revoke_token(user.id, token_id, expires_at)


@blueprint.operation("POST", "/logout/everywhere", status=204, logs=True)
def logout_everywhere(user: Account) -> None:
    """Log out on all devices: every token of the user dies."""
    accounts.revoke_all_tokens(user.id)


@blueprint.operation(
    "GET",
    "/sessions",
    query=requests.PageSchema,
    response=SessionSchema(many=True),
)
def list_sessions(user: Account, paging: dict[str, Any]) -> Response:
    """The user's sessions, the newest first: the last 100 logins that have not ended."""
    current, _ = authentication.current_token()
    listed = (session.to_json() | {"is_current": session.id == current} for session in sessions.list_sessions(user.id))
    return _SESSIONS.page_of(paging, listed, newest_first=True)


@blueprint.operation(
    "DELETE", "/sessions/<string:session_id>", status=204, problems=[errors.SessionNotFound], logs=True
)
def end_session(user: Account, session_id: str) -> None:
    """End a session: its token dies; that of this request, too, if it is its session."""
    sessions.end_session(user.id, session_id)


@blueprint.operation(
    "POST",
    "/admin/login",
    body=requests.AdminLoginSchema,
    response=TokenSchema,
    access=None,
    problems=[errors.BadCredentials],
    limits=[administering],
    logs=True,
)
def admin_login(body: dict[str, Any]) -> dict[str, Any]:
    """Log in as the administrator with the server's ADMIN_TOKEN; the token is valid for 12 hours by default."""
    if not authentication.is_admin_secret(body["token"]):
        raise errors.BadCredentials("Wrong admin token.")
    note(user="admin")
    return {"access_token": authentication.admin_token(), "token_type": "bearer"}


@blueprint.operation("POST", "/admin/logout", status=204, access="admin")
def admin_logout() -> None:
    """Log the administrator out: this token dies."""
    sessions.revoke_admin_token(*authentication.current_token())


@blueprint.operation(
    "POST",
    "/admin/users",
    body=requests.NewUserSchema,
    response=UserSchema,
    status=201,
    access="admin",
    problems=[errors.AccountExists],
)
def create_user(body: dict[str, Any]) -> dict[str, Any]:
    """Create an account, with the four quick recommenders."""
    account = accounts.create_account(body["email"], body["username"], body["password"])
    note(target=account.id)
    return account.to_json()


@blueprint.operation("GET", "/admin/users", query=requests.PageSchema, response=UserSchema(many=True), access="admin")
def list_users(paging: dict[str, Any]) -> Response:
    """All accounts, the oldest first."""
    return _ORDER.page_of(paging, (account.to_json() for account in accounts.list_accounts()))


@blueprint.operation(
    "PATCH",
    "/admin/users/<string:user_id>",
    body=requests.UserChangeSchema,
    response=UserSchema,
    access="admin",
    problems=[errors.UserNotFound, errors.EmailTaken, errors.UsernameTaken],
)
def change_user(body: dict[str, Any], user_id: str) -> dict[str, Any]:
    """Change an account, all that is sent or nothing; disabling and a new password kill its tokens."""
    note(changed=",".join(sorted(body)))
    accounts.change_account(user_id, body)
    return accounts.get_account(user_id).to_json()


@blueprint.operation(
    "DELETE", "/admin/users/<string:user_id>", status=204, access="admin", problems=[errors.UserNotFound]
)
def delete_user(user_id: str) -> None:
    """Remove an account with all its data."""
    accounts.delete_account(user_id)
