"""People who recommend."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Double, ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import db

DEFAULT_COLOR = "#0a84ff"


class Person(db.Model):  # type: ignore[misc,name-defined]
    """Somebody who recommends; ``quick_key`` marks the four quick recommenders and never changes."""

    __tablename__ = "people"
    __table_args__ = (
        UniqueConstraint("user_id", "name"),
        UniqueConstraint("user_id", "quick_key"),
        Index(None, "user_id", "seq"),
    )

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(200))
    is_trusted: Mapped[bool] = mapped_column(Boolean, server_default=false())
    color: Mapped[str] = mapped_column(String(32), server_default=text(f"'{DEFAULT_COLOR}'"))
    emoji: Mapped[str | None] = mapped_column(String(32))
    quick_key: Mapped[str | None] = mapped_column(String(32))
    last_modified: Mapped[float] = mapped_column(Double)
    seq: Mapped[int] = mapped_column(BigInteger)
    born_seq: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    field_changes: Mapped[str] = mapped_column(Text, server_default=text("'{}'"))
