"""Accounts: creating, finding, changing, removing; the passwords and tokens of users."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from flask import current_app
from sqlalchemy import Connection, bindparam, delete, exists, insert, select, update

from .. import clock
from ..errors import AccountExists, BadCredentials, BadToken, EmailTaken, Invalid, UsernameTaken, UserNotFound
from ..models import HEAD, LIBRARY_TABLES, REVOKED, SESSIONS, USERS
from . import first_password
from .change_clock import LibraryWrite
from .login_names import normalise_email, refuse_taken, stored_names
from .names import normal_form
from .passwords import check_new, hash_password, is_current, verify_password
from .people import seed_quick_recommenders
from .transactions import announce, change, open_library, query, write_connection


@dataclass(frozen=True, slots=True)
class Account:
    """The public data of a user."""

    id: str
    email: str
    username: str
    created_at: float
    is_active: bool

    def to_json(self) -> dict[str, Any]:
        """The contract's User."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class TokenIdentity:
    """The claims of a token: its user, its id, its version, and its expiry in Unix seconds."""

    user_id: str
    token_id: str
    version: int
    expires_at: float


_COLUMNS = (USERS.c.id, USERS.c.email, USERS.c.username, USERS.c.created_at, USERS.c.is_active)

# An e-mail address wins over a username that looks like one.
_CREDENTIALS = (
    select(*_COLUMNS, USERS.c.token_version, USERS.c.hashed_password)
    .where((USERS.c.email == bindparam("of_email")) | (USERS.c.username == bindparam("of_username")))
    .order_by(USERS.c.email != bindparam("of_email"))
)
_IDENTITY = select(
    *_COLUMNS,
    USERS.c.token_version,
    exists()
    .where(REVOKED.c.user_id == bindparam("of_user"), REVOKED.c.jti == bindparam("of_token"))
    .label("is_revoked"),
).where(USERS.c.id == bindparam("of_user"))

# One row per active user among these, or, for users with revoked tokens, one row per revoked token.
_LIVING = (
    select(USERS.c.id, USERS.c.token_version, REVOKED.c.jti)
    .outerjoin(REVOKED, (REVOKED.c.user_id == USERS.c.id) & REVOKED.c.jti.in_(bindparam("of_tokens", expanding=True)))
    .where(USERS.c.id.in_(bindparam("of_users", expanding=True)), USERS.c.is_active)
)


def create_account(email: str, username: str, password: str) -> Account:
    """Create an account with its library and the four quick recommenders, in one transaction.

    Raises AccountExists, and Invalid for what is too short or too long, and for one of the commonest passwords.
    """
    check_new("password", password)
    names = stored_names({"email": email, "username": username})
    account = Account(str(uuid.uuid4()), **names, created_at=clock.now(), is_active=True)
    hashed = hash_password(password, _iterations())
    try:
        with write_connection() as connection:
            event = add_account(connection, account, hashed).finish()
    except (EmailTaken, UsernameTaken):
        raise AccountExists from None
    announce(event)
    return account


def add_account(
    connection: Connection, account: Account, hashed_password: str, *, backup_enabled: bool = False
) -> LibraryWrite:
    """Add an account with the four quick recommenders; the caller commits. Raises EmailTaken and UsernameTaken."""
    values = account.to_json() | {"hashed_password": hashed_password, "backup_enabled": backup_enabled}
    refuse_taken(connection, account.id, values)
    connection.execute(insert(USERS).values(**values))
    tx = open_library(connection, account.id)
    seed_quick_recommenders(tx)
    return tx


def list_accounts() -> list[Account]:
    """All accounts, the oldest first."""
    return [Account(*row) for row in query(select(*_COLUMNS).order_by(USERS.c.created_at, USERS.c.id))]


def has_accounts() -> bool:
    """Whether there is any account yet."""
    return query(select(USERS.c.id).limit(1)).first() is not None


def find_account(email_or_id: str) -> Account:
    """The account with this e-mail address, username or id; raises UserNotFound."""
    wanted = email_or_id.strip()
    email, username = normalise_email(wanted), normal_form(wanted)
    matches = (USERS.c.email == email) | (USERS.c.id == wanted.lower()) | (USERS.c.username == username)
    # An e-mail address or id wins over a username that looks like one.
    order = (USERS.c.email != email, USERS.c.id != wanted.lower())
    row = query(select(*_COLUMNS).where(matches).order_by(*order)).first()
    if row is None:
        raise UserNotFound(f"There is no account with the e-mail, username or id {email_or_id}.")
    return Account(*row)


def get_account(user_id: str) -> Account:
    """The account with this id; raises UserNotFound."""
    row = query(select(*_COLUMNS).where(USERS.c.id == user_id)).one_or_none()
    if row is None:
        raise UserNotFound
    return Account(*row)


def log_in(name: str, password: str) -> tuple[Account, int]:
    """The account of these credentials, and the version that its tokens must have to be valid. Raises BadCredentials.

    ``name`` is an e-mail address or a username. It takes the same time whatever is wrong. A right password is stored
    anew where it was hashed with fewer iterations than are set now, or before its characters were put in NFC.
    """
    row = _credentials(name)
    iterations = _iterations()
    is_right = verify_password(password, row.hashed_password if row else None, iterations)
    if row is None or not is_right or not row.is_active:
        raise BadCredentials
    if not is_current(password, row.hashed_password, iterations):
        # Unless the password has been changed since.
        same = (USERS.c.id == row.id, USERS.c.hashed_password == row.hashed_password)
        change(update(USERS).where(*same).values(hashed_password=hash_password(password, iterations)))
    return Account(*row[:5]), row.token_version


def login_name(name: str) -> str:
    """One name for all with which an account can log in: its e-mail address, or what was given if there is none."""
    row = _credentials(name)
    return normalise_email(name) if row is None else str(row.email)


def _credentials(name: str) -> Any:
    return query(_CREDENTIALS, {"of_email": normalise_email(name), "of_username": normal_form(name)}).first()


def _iterations() -> int:
    iterations: int = current_app.config["PASSWORD_ITERATIONS"]
    return iterations


def identify(user_id: str, token_id: str, token_version: int) -> Account:
    """The account of a token, in one query; raises BadToken if the token is no longer valid."""
    row = query(_IDENTITY, {"of_user": user_id, "of_token": token_id}).one_or_none()
    if row is None or row.is_revoked or not row.is_active or row.token_version != token_version:
        raise BadToken
    return Account(*row[:5])


def living(tokens: Collection[TokenIdentity]) -> set[TokenIdentity]:
    """The valid ones among these tokens, in one query."""
    of_users, of_tokens = {token.user_id for token in tokens}, {token.token_id for token in tokens}
    versions, revoked = {}, set()
    for row in query(_LIVING, {"of_users": list(of_users), "of_tokens": list(of_tokens)}):
        versions[row.id] = row.token_version
        revoked.add((row.id, row.jti))
    return {
        token
        for token in tokens
        if versions.get(token.user_id) == token.version
        and (token.user_id, token.token_id) not in revoked
        and token.expires_at > clock.now()
    }


def change_password(user_id: str, current_password: str, new_password: str) -> None:
    """Set a new password, given the old one, and revoke all tokens. Raises Invalid."""
    prove(user_id, current_password)
    set_password(user_id, new_password, field="new_password")


def prove(user_id: str, current_password: str) -> None:
    """Raise Invalid unless this is the password of the account."""
    if not verify_password(current_password, _stored_password(user_id), _iterations()):
        # Not 401: the token is valid, and clients log their user out on 401.
        raise Invalid.field("current_password", "is not the current password")


def set_password(user_id: str, password: str, *, field: str = "password") -> None:
    """Set a new password and revoke all tokens; the same password changes nothing. Raises UserNotFound and Invalid."""
    change_account(user_id, {"password": password}, field=field)


def change_account(user_id: str, changes: Mapping[str, Any], *, field: str = "password") -> None:
    """Change what is given of email, username, password and is_active: all of it, or nothing.

    Disabling and a password that is not the present one revoke all tokens. A new e-mail address or username revokes
    none: tokens name the account by its id. ``field`` is what the client calls the password. Raises UserNotFound,
    Invalid, EmailTaken and UsernameTaken.
    """
    values = stored_names(changes)
    replaced = None
    if "password" in changes:
        check_new(field, changes["password"])
        stored = _stored_password(user_id)
        if not verify_password(changes["password"], stored, _iterations()):
            replaced, values["hashed_password"] = stored, hash_password(changes["password"], _iterations())
    if "is_active" in changes:
        values["is_active"] = changes["is_active"]
    if replaced is not None or values.get("is_active") is False:
        values["token_version"] = USERS.c.token_version + 1
    if values:
        _update_user(user_id, **values)
    if replaced is not None:
        first_password.forget(replaced)


def _stored_password(user_id: str) -> str:
    """The stored password of an account; raises UserNotFound."""
    stored: str | None = query(select(USERS.c.hashed_password).where(USERS.c.id == user_id)).scalar_one_or_none()
    if stored is None:
        raise UserNotFound
    return stored


def set_active(user_id: str, is_active: bool) -> None:
    """Enable or disable an account; disabling revokes its tokens permanently. Raises UserNotFound."""
    change_account(user_id, {"is_active": is_active})


def is_backup_enabled(user_id: str) -> bool:
    """Whether the library is backed up every night; raises UserNotFound."""
    enabled = query(select(USERS.c.backup_enabled).where(USERS.c.id == user_id)).scalar_one_or_none()
    if enabled is None:
        raise UserNotFound
    return bool(enabled)


def set_backup_enabled(user_id: str, is_enabled: bool) -> None:
    """Turn the nightly backup on or off; existing backups stay. Raises UserNotFound."""
    _update_user(user_id, backup_enabled=is_enabled)


def revoke_all_tokens(user_id: str) -> None:
    """Revoke every token of an account, and so end its sessions; raises UserNotFound."""
    _update_user(user_id, token_version=USERS.c.token_version + 1)


def delete_account(user_id: str) -> None:
    """Remove an account with all its data. Raises UserNotFound."""
    stored = _stored_password(user_id)
    with write_connection() as connection:
        lock = update(HEAD).where(HEAD.c.user_id == user_id).values(seq=HEAD.c.seq)
        if connection.execute(lock).rowcount != 1:
            raise UserNotFound
        for table in LIBRARY_TABLES:
            connection.execute(delete(table).where(table.c.user_id == user_id))
        for table in (REVOKED, SESSIONS):
            connection.execute(delete(table).where(table.c.user_id == user_id))
        connection.execute(delete(USERS).where(USERS.c.id == user_id))
    first_password.forget(stored)


def _update_user(user_id: str, **values: Any) -> None:
    with write_connection() as connection:
        refuse_taken(connection, user_id, values)
        if connection.execute(update(USERS).where(USERS.c.id == user_id).values(**values)).rowcount != 1:
            raise UserNotFound
        if "token_version" in values:
            connection.execute(delete(SESSIONS).where(SESSIONS.c.user_id == user_id))
