"""Custom lists."""

from __future__ import annotations

from sqlalchemy import BigInteger, Double, ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import db


class CustomList(db.Model):  # type: ignore[misc,name-defined]
    """A list that the user made; a movie with status custom is on one of them."""

    __tablename__ = "custom_lists"
    __table_args__ = (
        Index(None, "user_id", "seq"),
        # An import asks whether an id is another user's.
        Index(None, "id"),
    )

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    color: Mapped[str] = mapped_column(String(32), server_default=text("'#0a84ff'"))
    icon: Mapped[str] = mapped_column(String(64), server_default=text("'list'"))
    position: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    created_at: Mapped[float] = mapped_column(Double)
    last_modified: Mapped[float] = mapped_column(Double)
    seq: Mapped[int] = mapped_column(BigInteger)
    born_seq: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    field_changes: Mapped[str] = mapped_column(Text, server_default=text("'{}'"))
