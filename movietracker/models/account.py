"""Accounts and the tokens that died before their time."""

from __future__ import annotations

from sqlalchemy import Boolean, Double, ForeignKey, Integer, String, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import db


class User(db.Model):  # type: ignore[misc,name-defined]
    """An account. ``email`` is stored lower-case; ``token_version`` is raised to kill every earlier token."""

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    username: Mapped[str] = mapped_column(String(100), unique=True)
    hashed_password: Mapped[str] = mapped_column(String(129))
    created_at: Mapped[float] = mapped_column(Double)
    is_active: Mapped[bool] = mapped_column(Boolean, server_default=true())
    backup_enabled: Mapped[bool] = mapped_column(Boolean, server_default=false())
    token_version: Mapped[int] = mapped_column(Integer, server_default=text("0"))


class RevokedToken(db.Model):  # type: ignore[misc,name-defined]
    """A token that its user logged out, kept until it would have expired anyway."""

    __tablename__ = "revoked_tokens"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    jti: Mapped[str] = mapped_column(String(36), primary_key=True)
    expires_at: Mapped[float] = mapped_column(Double, index=True)
