"""The tables of the installation: accounts, the journal of backups, what providers said of titles, and leases."""

from sqlalchemy import BigInteger, ForeignKey, Index, String, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import Base


class User(Base):
    """An account. ``email`` is stored in lower case; incrementing ``token_version`` revokes all earlier tokens."""

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    username: Mapped[str] = mapped_column(String(100), unique=True)
    hashed_password: Mapped[str] = mapped_column(String(129))
    created_at: Mapped[float]
    is_active: Mapped[bool] = mapped_column(server_default=true())
    backup_enabled: Mapped[bool] = mapped_column(server_default=false())
    token_version: Mapped[int] = mapped_column(server_default=text("0"))


class UserSession(Base):
    """A login that has not been ended: its token's id, and what the client says of itself. Times are Unix seconds.

    ``last_used_at`` lags behind by up to a day.
    """

    __tablename__ = "sessions"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    jti: Mapped[str] = mapped_column(String(36), primary_key=True)
    created_at: Mapped[float]
    last_used_at: Mapped[float]
    expires_at: Mapped[float] = mapped_column(index=True)
    client: Mapped[str] = mapped_column(String(300))


class RevokedToken(Base):
    """A token that its user logged out, kept until it would have expired."""

    __tablename__ = "revoked_tokens"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    jti: Mapped[str] = mapped_column(String(36), primary_key=True)
    expires_at: Mapped[float] = mapped_column(index=True)


class RevokedAdminToken(Base):
    """A token that its administrator logged out, kept until it would have expired."""

    __tablename__ = "revoked_admin_tokens"

    jti: Mapped[str] = mapped_column(String(36), primary_key=True)
    expires_at: Mapped[float] = mapped_column(index=True)


class BackupRun(Base):
    """One run over all users or one; times in Unix seconds.

    ``due_at`` is the moment of the schedule that a nightly run is for, ``day`` the date in its files' names. A run
    without ``finished_at`` is running or was interrupted: the next run marks it so, and goes on with it if it is for
    the same moment.
    """

    __tablename__ = "backup_runs"
    __table_args__ = (Index(None, "kind", "due_at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    due_at: Mapped[float | None]
    day: Mapped[str] = mapped_column(String(10))
    started_at: Mapped[float]
    finished_at: Mapped[float | None]
    status: Mapped[str] = mapped_column(String(16), server_default=text("'running'"))
    users: Mapped[int] = mapped_column(server_default=text("0"))
    failed_users: Mapped[int] = mapped_column(server_default=text("0"))


class BackupRecord(Base):
    """One attempt to write a user's backup to a destination; ``seconds`` is how long it took, proof included.

    ``sha256`` is that of the file's bytes (null when there was nothing to write), ``verified`` says that it was read
    back and restored; otherwise ``error`` says why not, once the outcome is known. Rows outlive their account, so that
    retention also removes the files of deleted accounts.
    """

    __tablename__ = "backup_files"
    __table_args__ = (
        Index(None, "user_id", "destination", "name"),
        Index(None, "run_id", "user_id"),
        Index(None, "at"),
    )

    user_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    run_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    destination: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    at: Mapped[float]
    size: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    seconds: Mapped[float]
    verified: Mapped[bool] = mapped_column(server_default=false())
    error: Mapped[str | None]


class TitleMetadata(Base):
    """A provider's full stored response (JSON text), and the contract's light shape made of it.

    ``title_id`` is the public id of the title (see metadata/ids.py), by which the IMDb id is found while the provider
    is down.
    """

    __tablename__ = "title_metadata"
    __table_args__ = (Index(None, "title_id", "media_type"),)

    imdb_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    provider: Mapped[str] = mapped_column(String(64), primary_key=True)
    title_id: Mapped[int | None] = mapped_column(BigInteger)
    media_type: Mapped[str | None] = mapped_column(String(8))
    response: Mapped[str]
    fetched_at: Mapped[float]


class EnrichmentAttempt(Base):
    """Attempts to fill in what a title lacks; the next one is due at ``next_attempt_at`` (Unix seconds).

    With ``refresh`` the attempt also overwrites stored details, for all users who have the title. ``providers`` names
    those that were ready at the last attempt: when others become ready, the next attempt is due at once.
    """

    __tablename__ = "enrichment_attempts"

    imdb_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    next_attempt_at: Mapped[float] = mapped_column(index=True)
    last_error: Mapped[str | None] = mapped_column(String(500))
    refresh: Mapped[bool] = mapped_column(server_default=false())
    providers: Mapped[str] = mapped_column(String(500), server_default=text("''"))


class Lease(Base):
    """One process at a time holds a named job; a lease that is not renewed expires (Unix seconds)."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    holder: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[float]
