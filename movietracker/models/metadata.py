"""What providers said of a title, once for all users, and how often they were asked in vain."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Double, Index, Integer, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import db


class TitleMetadata(db.Model):  # type: ignore[misc,name-defined]
    """A provider's full stored response (JSON text), and the contract's light shape made of it.

    ``title_id`` is the public id of the title (see metadata/ids.py), for
    finding the IMDb id again when the provider is away.
    """

    __tablename__ = "title_metadata"
    __table_args__ = (Index(None, "title_id", "media_type"),)

    imdb_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    provider: Mapped[str] = mapped_column(String(64), primary_key=True)
    title_id: Mapped[int | None] = mapped_column(BigInteger)
    media_type: Mapped[str | None] = mapped_column(String(8))
    response: Mapped[str] = mapped_column(Text)
    fetched_at: Mapped[float] = mapped_column(Double)


class EnrichmentAttempt(db.Model):  # type: ignore[misc,name-defined]
    """Failed attempts to fill a stub; the next one is due at ``next_attempt_at`` (Unix seconds).

    ``refresh`` says that the attempt also overwrites what is stored, for everybody who holds the title. ``providers``
    names those that were ready at the last attempt: when others are, it is worth asking again at once.
    """

    __tablename__ = "enrichment_attempts"

    imdb_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    next_attempt_at: Mapped[float] = mapped_column(Double, index=True)
    last_error: Mapped[str | None] = mapped_column(String(500))
    refresh: Mapped[bool] = mapped_column(Boolean, server_default=false())
    providers: Mapped[str] = mapped_column(String(500), server_default=text("''"))
