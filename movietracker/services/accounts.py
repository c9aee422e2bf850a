"""Accounts: creating, finding, changing, removing; the passwords and tokens of users."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, insert, select, update
from sqlalchemy.exc import IntegrityError

from .. import clock
from ..database import upsert
from ..errors import AccountExists, BadCredentials, BadToken, Invalid, UserNotFound
from ..extensions import db
from ..models import LibraryHead, RevokedToken, User
from ..prepared import Prepared
from .library_tables import LIBRARY_TABLES_CHILDREN_FIRST
from .names import normal_form
from .passwords import hash_password, verify_password
from .people import seed_quick_recommenders
from .transactions import announce, open_library, write_connection

USERS = User.__table__
REVOKED = RevokedToken.__table__

MIN_PASSWORD_LENGTH = 8
MAX_PASSWORD_LENGTH = 1024
MAX_EMAIL_LENGTH = 254
MAX_USERNAME_LENGTH = 100


@dataclass(frozen=True, slots=True)
class Account:
    """A user as others may see them."""

    id: str
    email: str
    username: str
    created_at: float
    is_active: bool

    def to_json(self) -> dict[str, Any]:
        """The contract's User."""
        return {
            "id": self.id,
            "email": self.email,
            "username": self.username,
            "created_at": self.created_at,
            "is_active": self.is_active,
        }


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An account, and the version that a token of it must bear to be good."""

    account: Account
    token_version: int


@dataclass(frozen=True, slots=True)
class TokenIdentity:
    """What a token says of itself: whose it is, its id, the version it bears, and its expiry in Unix seconds."""

    user_id: str
    token_id: str
    version: int
    expires_at: float


_COLUMNS = (USERS.c.id, USERS.c.email, USERS.c.username, USERS.c.created_at, USERS.c.is_active)

_CREDENTIALS = Prepared(
    select(*_COLUMNS, USERS.c.token_version, USERS.c.hashed_password).where(USERS.c.email == bindparam("of_email"))
)
_IDENTITY = Prepared(
    select(
        *_COLUMNS,
        USERS.c.token_version,
        exists()
        .where(REVOKED.c.user_id == bindparam("of_user"), REVOKED.c.jti == bindparam("of_token"))
        .label("is_revoked"),
    ).where(USERS.c.id == bindparam("of_user"))
)

# One row for each active user among these, or more when tokens of theirs are revoked: then one for each such token.
_LIVING = (
    select(USERS.c.id, USERS.c.token_version, REVOKED.c.jti)
    .outerjoin(
        REVOKED,
        (REVOKED.c.user_id == USERS.c.id) & REVOKED.c.jti.in_(bindparam("of_tokens", expanding=True)),
    )
    .where(USERS.c.id.in_(bindparam("of_users", expanding=True)), USERS.c.is_active)
)


def normalise_email(email: str) -> str:
    """The form in which e-mail addresses are stored and compared: trimmed, NFC, lower-case."""
    return unicodedata.normalize("NFC", email.strip()).lower()


def create_account(email: str, username: str, password: str) -> Account:
    """Make an account with its library and the four quick recommenders, in one transaction.

    Raises AccountExists, and Invalid for what is too short or too long.
    """
    check_password_length(password)
    account = Account(str(uuid.uuid4()), normalise_email(email), normal_form(username), clock.now(), True)
    for field, value, most in (
        ("email", account.email, MAX_EMAIL_LENGTH),
        ("username", account.username, MAX_USERNAME_LENGTH),
    ):
        if not 1 <= len(value) <= most:
            raise Invalid.field(field, f"must have 1 to {most} characters")
    hashed = hash_password(password)
    try:
        with write_connection() as connection:
            connection.execute(insert(USERS).values(**account.to_json(), hashed_password=hashed))
            tx = open_library(connection, account.id)
            seed_quick_recommenders(tx)
            event = tx.finish()
    except IntegrityError:
        raise AccountExists from None
    if event is not None:
        announce(event)
    return account


def check_password_length(password: str) -> None:
    """Raise Invalid unless the password has 8 to 1024 characters."""
    if not MIN_PASSWORD_LENGTH <= len(password) <= MAX_PASSWORD_LENGTH:
        raise Invalid.field("password", f"must have {MIN_PASSWORD_LENGTH} to {MAX_PASSWORD_LENGTH} characters")


def list_accounts() -> list[Account]:
    """All accounts, the oldest first."""
    with db.engine.connect() as connection:
        rows = connection.execute(select(*_COLUMNS).order_by(USERS.c.created_at, USERS.c.id))
        return [Account(*row) for row in rows]


def has_accounts() -> bool:
    """Whether there is any account yet."""
    with db.engine.connect() as connection:
        return connection.execute(select(USERS.c.id).limit(1)).first() is not None


def find_account(email_or_id: str) -> Account:
    """The account with this e-mail address, username or id; raises UserNotFound."""
    wanted = email_or_id.strip()
    email, username = normalise_email(wanted), normal_form(wanted)
    matches = (USERS.c.email == email) | (USERS.c.id == wanted.lower()) | (USERS.c.username == username)
    # An e-mail address wins over a username that looks like one.
    order = (USERS.c.email != email, USERS.c.username)
    with db.engine.connect() as connection:
        row = connection.execute(select(*_COLUMNS).where(matches).order_by(*order)).first()
    if row is None:
        raise UserNotFound
    return Account(*row)


def get_account(user_id: str) -> Account:
    """The account with this id; raises UserNotFound."""
    with db.engine.connect() as connection:
        row = connection.execute(select(*_COLUMNS).where(USERS.c.id == user_id)).one_or_none()
    if row is None:
        raise UserNotFound
    return Account(*row)


def log_in(email: str, password: str) -> SignedIn:
    """The account of these credentials; takes equally long whatever is wrong. Raises BadCredentials."""
    with db.engine.connect() as connection:
        row = _CREDENTIALS.run(connection, {"of_email": normalise_email(email)}).one_or_none()
    is_right = verify_password(password, row.hashed_password if row else None)
    if row is None or not is_right or not row.is_active:
        raise BadCredentials
    return SignedIn(Account(*row[:5]), row.token_version)


def identify(user_id: str, token_id: str, token_version: int) -> Account:
    """The account that a token stands for, in one query; raises BadToken when the token has died."""
    with db.engine.connect() as connection:
        row = _IDENTITY.run(connection, {"of_user": user_id, "of_token": token_id}).one_or_none()
    if row is None or row.is_revoked or not row.is_active or row.token_version != token_version:
        raise BadToken
    return Account(*row[:5])


def living(tokens: Collection[TokenIdentity]) -> set[TokenIdentity]:
    """Those of these tokens that have not died, in one query however many they are."""
    of_users, of_tokens = {token.user_id for token in tokens}, {token.token_id for token in tokens}
    versions, revoked = {}, set()
    with db.engine.connect() as connection:
        for row in connection.execute(_LIVING, {"of_users": list(of_users), "of_tokens": list(of_tokens)}):
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
    """Set a new password, given the old one; every earlier token dies. Raises Invalid."""
    with db.engine.connect() as connection:
        stored = connection.execute(select(USERS.c.hashed_password).where(USERS.c.id == user_id)).scalar_one_or_none()
    if not verify_password(current_password, stored):
        # Not 401: the token is good, and clients log their user out on a 401.
        raise Invalid.field("current_password", "is not the current password")
    set_password(user_id, new_password, field="new_password")


def set_password(user_id: str, password: str, *, field: str = "password") -> None:
    """Set a new password; every earlier token dies. Raises UserNotFound and Invalid."""
    try:
        check_password_length(password)
    except Invalid as problem:
        raise Invalid.field(field, (problem.errors or {})["password"][0]) from None
    _update_user(user_id, hashed_password=hash_password(password), token_version=USERS.c.token_version + 1)


def set_active(user_id: str, is_active: bool) -> None:
    """Enable or disable an account; disabling kills its tokens for good. Raises UserNotFound."""
    kills_tokens = {} if is_active else {"token_version": USERS.c.token_version + 1}
    _update_user(user_id, is_active=is_active, **kills_tokens)


def revoke_token(user_id: str, token_id: str, expires_at: float) -> None:
    """Kill one token; housekeeping forgets it once it would have expired."""
    with write_connection() as connection:
        upsert(connection, REVOKED, [{"user_id": user_id, "jti": token_id, "expires_at": expires_at}])


def delete_account(user_id: str) -> None:
    """Remove an account with all its data. Raises UserNotFound."""
    with write_connection() as connection:
        if not _lock_library(connection, user_id):
            raise UserNotFound
        for table in LIBRARY_TABLES_CHILDREN_FIRST:
            connection.execute(delete(table).where(table.c.user_id == user_id))
        connection.execute(delete(REVOKED).where(REVOKED.c.user_id == user_id))
        connection.execute(delete(USERS).where(USERS.c.id == user_id))


def _lock_library(connection: Connection, user_id: str) -> bool:
    head = LibraryHead.__table__
    return connection.execute(update(head).where(head.c.user_id == user_id).values(seq=head.c.seq)).rowcount == 1


def _update_user(user_id: str, **values: Any) -> None:
    with write_connection() as connection:
        if connection.execute(update(USERS).where(USERS.c.id == user_id).values(**values)).rowcount != 1:
            raise UserNotFound
