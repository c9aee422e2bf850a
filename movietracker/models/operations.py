"""Rows by which processes agree who does what."""

from __future__ import annotations

from sqlalchemy import Double, String
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import db


class Lease(db.Model):  # type: ignore[misc,name-defined]
    """One process at a time holds a named job; a lease that is not renewed expires (Unix seconds)."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    holder: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[float] = mapped_column(Double)
