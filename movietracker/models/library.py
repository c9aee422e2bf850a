"""The head of a user's library: the change clock's row and the lock of every write."""

from __future__ import annotations

from sqlalchemy import BigInteger, Double, ForeignKey, text
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import db


class LibraryHead(db.Model):  # type: ignore[misc,name-defined]
    """``seq`` numbers the changes, ``at`` is the last one's time, ``next_id`` the next person or recommendation id.

    What happened up to ``floor_seq`` is no longer remembered: tombstones and ledger are collected up to there. Clients
    that pull by a time before ``restored_at`` start over.
    """

    __tablename__ = "library_heads"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[float] = mapped_column(Double)
    next_id: Mapped[int] = mapped_column(BigInteger)
    floor_seq: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    restored_at: Mapped[float] = mapped_column(Double, server_default=text("0"))
