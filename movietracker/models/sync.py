"""What the sync protocol remembers beside the records themselves (see docs/sync.md)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Double, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import db


class LedgerEntry(db.Model):  # type: ignore[misc,name-defined]
    """One commit of a user: its last number, its time, and a random nonce.

    Maps times to numbers for clients that pull by time; the nonce gives cursors their lineage: after a restore of the
    database the same number bears another nonce.
    """

    __tablename__ = "change_ledger"
    __table_args__ = (Index(None, "user_id", "at"),)

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[float] = mapped_column(Double)
    nonce: Mapped[str] = mapped_column(String(16))


class Tombstone(db.Model):  # type: ignore[misc,name-defined]
    """A deleted record; ``done_at`` is when the user deleted it, by the client's clock, on ``device``, if known."""

    __tablename__ = "tombstones"
    __table_args__ = (Index(None, "user_id", "seq"),)

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    key: Mapped[str] = mapped_column(String(36), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[float] = mapped_column(Double)
    done_at: Mapped[float] = mapped_column(Double)
    device: Mapped[str | None] = mapped_column(String(100))


class ActionRecord(db.Model):  # type: ignore[misc,name-defined]
    """The outcome of a client's action, recorded in the transaction of its effect, so that it happens exactly once.

    ``fingerprint`` is the SHA-256 of action and data; ``outcome`` is JSON, without the state that a conflict shows.
    """

    __tablename__ = "sync_actions"
    __table_args__ = (Index(None, "user_id", "at"),)

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[str] = mapped_column(String(200), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(Text)
    at: Mapped[float] = mapped_column(Double)


class PersonName(db.Model):  # type: ignore[misc,name-defined]
    """Who bore a name from which number to which (exclusive; null: still): a queued action means who it meant.

    Names that a person bore within one transaction begin at the same number. ``ended_at`` is when the user took the
    name away, by the client's clock, on ``device``, if known.
    """

    __tablename__ = "person_names"
    __table_args__ = (Index(None, "user_id", "name"),)

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    from_seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    to_seq: Mapped[int | None] = mapped_column(BigInteger)
    ended_at: Mapped[float | None] = mapped_column(Double)
    device: Mapped[str | None] = mapped_column(String(100))
