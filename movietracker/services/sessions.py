"""Sessions: each login of a user is one, until its token expires or is revoked; and the revoked tokens."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from .. import clock
from ..database import in_chunks, upsert
from ..errors import BadCredentials, BadToken, SessionNotFound
from ..models import REVOKED, REVOKED_ADMIN, SESSIONS, USERS
from ..text import visible
from .accounts import TokenIdentity
from .transactions import change, query, write_connection

MAX_LISTED = 100
"""Sessions of a user that are listed: older ones go on, but only a logout everywhere ends them."""

NOTED_EVERY = 86_400.0
"""Seconds after which the use of a session is noted again."""

_MAX_CLIENT = SESSIONS.c.client.type.length  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Session:
    """A session; ``client`` is what the client says of itself, times are Unix seconds."""

    id: str
    created_at: float
    last_used_at: float
    expires_at: float
    client: str

    def to_json(self) -> dict[str, Any]:
        """The fields of SessionSchema but for is_current."""
        return asdict(self)


_COLUMNS = (SESSIONS.c.jti, SESSIONS.c.created_at, SESSIONS.c.last_used_at, SESSIONS.c.expires_at, SESSIONS.c.client)


def begin_session(token: TokenIdentity, client: str) -> None:
    """Remember the login that this token was made for.

    Raises BadCredentials when the account has revoked the token meanwhile, by a new password for instance: the lock on
    its row lets neither happen within the other.
    """
    valid = (USERS.c.id == token.user_id, USERS.c.token_version == token.version)
    now = clock.now()
    values = {"created_at": now, "last_used_at": now, "expires_at": token.expires_at, "client": _cleaned(client)}
    of_user = SESSIONS.c.user_id == token.user_id
    surplus = (
        select(SESSIONS.c.jti)
        .where(of_user)
        .order_by(SESSIONS.c.created_at.desc(), SESSIONS.c.jti.desc())
        .offset(MAX_LISTED)
    )
    with write_connection() as connection:
        if connection.execute(select(USERS.c.id).where(*valid).with_for_update(key_share=True)).first() is None:
            raise BadCredentials
        connection.execute(insert(SESSIONS).values(user_id=token.user_id, jti=token.token_id, **values))
        connection.execute(delete(SESSIONS).where(of_user, SESSIONS.c.jti.in_(surplus)))


def _cleaned(client: str) -> str:
    seen = "".join(character if character.isprintable() else " " for character in visible(client))
    return " ".join(seen.split())[:_MAX_CLIENT]


def list_sessions(user_id: str) -> list[Session]:
    """The sessions of a user that have not expired, the newest first."""
    listed = (SESSIONS.c.user_id == user_id, SESSIONS.c.expires_at > clock.now())
    found = [Session(*row) for row in query(select(*_COLUMNS).where(*listed))]
    return sorted(found, key=lambda session: (session.created_at, session.id), reverse=True)


def end_session(user_id: str, session_id: str) -> None:
    """Revoke the token of a session; raises SessionNotFound."""
    with write_connection() as connection:
        of_id = (SESSIONS.c.user_id == user_id, SESSIONS.c.jti == session_id)
        expires_at = connection.execute(select(SESSIONS.c.expires_at).where(*of_id)).scalar_one_or_none()
        if expires_at is None:
            raise SessionNotFound
        _revoke(connection, user_id, session_id, expires_at)


def revoke_token(user_id: str, token_id: str, expires_at: float) -> None:
    """Revoke one token, and end its session; housekeeping deletes the entry once the token would have expired."""
    with write_connection() as connection:
        _revoke(connection, user_id, token_id, expires_at)


def _revoke(connection: Connection, user_id: str, token_id: str, expires_at: float) -> None:
    upsert(connection, REVOKED, [{"user_id": user_id, "jti": token_id, "expires_at": expires_at}])
    connection.execute(delete(SESSIONS).where(SESSIONS.c.user_id == user_id, SESSIONS.c.jti == token_id))


def revoke_admin_token(token_id: str, expires_at: float) -> None:
    """Revoke one token of an administrator."""
    with write_connection() as connection:
        upsert(connection, REVOKED_ADMIN, [{"jti": token_id, "expires_at": expires_at}])


def check_admin_token(token_id: str) -> None:
    """Raise BadToken if this token of an administrator was revoked."""
    if query(select(REVOKED_ADMIN.c.jti).where(REVOKED_ADMIN.c.jti == token_id)).first() is not None:
        raise BadToken


def note_used(tokens: Collection[tuple[str, str]]) -> int:
    """Note that these tokens (user, token id) were used, unless it was noted within a day; returns of how many."""
    now = clock.now()
    due = SESSIONS.c.last_used_at < now - NOTED_EVERY
    stale: set[tuple[str, str]] = set()
    for users in in_chunks(sorted({user_id for user_id, _ in tokens})):
        found = query(select(SESSIONS.c.user_id, SESSIONS.c.jti).where(SESSIONS.c.user_id.in_(users), due))
        stale.update((row.user_id, row.jti) for row in found)
    used = [{"of_user": user_id, "of_token": token_id} for user_id, token_id in sorted(stale.intersection(tokens))]
    if used:
        of_token = (SESSIONS.c.user_id == bindparam("of_user"), SESSIONS.c.jti == bindparam("of_token"))
        with write_connection() as connection:
            connection.execute(update(SESSIONS).where(*of_token).values(last_used_at=now), used)
    return len(used)


def forget_expired_tokens() -> int:
    """Delete revoked tokens and sessions that have expired; returns how many."""
    tables = (REVOKED, REVOKED_ADMIN, SESSIONS)
    return sum(change(delete(table).where(table.c.expires_at < clock.now())) for table in tables)
