"""The tables of a user's library beside its titles: head, people, lists, and those of the sync protocol (docs/sync.md).

The head is the change clock's row and the lock of every write.
"""

from typing import Any, ClassVar, Final

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import Base

LIBRARY: Final[dict[str, Any]] = {"info": {"library": True}}
"""Marks a table of a user's library, which only ``library_write`` may write to."""

DEFAULT_COLOR = "#0a84ff"

MAX_FOLDED_NAME = 600
"""Characters of a name that are compared, since folding can make a name of 200 characters longer.

An entry of PostgreSQL's indexes has at most 2,704 bytes; a character has at most 4.
"""


class Record:
    """Base of the records that are synced; a transaction notes all but ``created_seq`` and writes them at its end.

    ``kind`` is its name in tombstones and events; beside ``user_id`` the primary key has one column.
    """

    kind: ClassVar[str]

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, sort_order=-1)
    last_modified: Mapped[float] = mapped_column(info={"noted": True})
    seq: Mapped[int] = mapped_column(BigInteger, info={"noted": True})
    # The column keeps its earlier name: to rename it, all servers of a database would have to be updated at once.
    created_seq: Mapped[int] = mapped_column("born_seq", BigInteger, key="created_seq", server_default=text("0"))
    field_changes: Mapped[str] = mapped_column(server_default=text("'{}'"), info={"noted": True})


class LibraryHead(Base):
    """``seq`` is the number of the last change, ``at`` its time, ``next_id`` the next person or recommendation id.

    Tombstones and ledger are collected up to ``floor_seq``. Clients that pull by a time before ``restored_at`` start
    over.
    """

    __tablename__ = "library_heads"
    __table_args__ = LIBRARY

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[float]
    next_id: Mapped[int] = mapped_column(BigInteger)
    floor_seq: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    restored_at: Mapped[float] = mapped_column(server_default=text("0"))


class Person(Record, Base):
    """A person who recommends; ``quick_key`` marks the four quick recommenders and never changes.

    ``folded`` is the name as names are compared: without case, accents and invisible characters. It is null in a row
    that a version from before it wrote.
    """

    kind = "person"

    __tablename__ = "people"
    __table_args__ = (
        UniqueConstraint("user_id", "name"),
        UniqueConstraint("user_id", "quick_key"),
        Index(None, "user_id", "folded"),
        Index(None, "user_id", "seq"),
        LIBRARY,
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(200))
    folded: Mapped[str | None] = mapped_column(String(MAX_FOLDED_NAME))
    is_trusted: Mapped[bool] = mapped_column(server_default=false())
    color: Mapped[str] = mapped_column(String(32), server_default=text(f"'{DEFAULT_COLOR}'"))
    emoji: Mapped[str | None] = mapped_column(String(32))
    quick_key: Mapped[str | None] = mapped_column(String(32))


class CustomList(Record, Base):
    """A list of the user's; a movie with status custom is on one of them."""

    kind = "list"

    __tablename__ = "custom_lists"
    __table_args__ = (
        Index(None, "user_id", "seq"),
        # An import checks whether another user has the id.
        Index(None, "id"),
        LIBRARY,
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    color: Mapped[str] = mapped_column(String(32), server_default=text(f"'{DEFAULT_COLOR}'"))
    icon: Mapped[str] = mapped_column(String(64), server_default=text("'list'"))
    position: Mapped[int] = mapped_column(server_default=text("0"))
    created_at: Mapped[float]


class LedgerEntry(Base):
    """One commit of a user: its last number, its time, and a random nonce.

    Maps times to numbers for clients that pull by time; the nonce gives cursors their lineage: after a restore of the
    database the same number has another nonce.
    """

    __tablename__ = "change_ledger"
    __table_args__ = (Index(None, "user_id", "at"), LIBRARY)

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[float]
    nonce: Mapped[str] = mapped_column(String(16))


class Tombstone(Base):
    """A deleted record; ``done_at`` is when the user deleted it, by the client's clock, on ``device``, if known.

    ``merged_into`` is the key of the record of its kind that it was merged into.
    """

    __tablename__ = "tombstones"
    __table_args__ = (Index(None, "user_id", "seq"), LIBRARY)

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    key: Mapped[str] = mapped_column(String(36), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[float]
    done_at: Mapped[float]
    device: Mapped[str | None] = mapped_column(String(100))
    merged_into: Mapped[str | None] = mapped_column(String(36))


class ActionRecord(Base):
    """The outcome of a client's action, recorded in the transaction of its effect, so that it happens exactly once.

    ``fingerprint`` is the SHA-256 of action and data; ``outcome`` is JSON, without the state that a conflict shows.
    """

    __tablename__ = "sync_actions"
    __table_args__ = (Index(None, "user_id", "at"), LIBRARY)

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[str] = mapped_column(String(200), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str]
    at: Mapped[float]


class PersonName(Base):
    """The holder of a name from one number to another (exclusive; null: still), which resolves names in queued actions.

    ``folded`` is as in ``Person``; a name that changes only its spelling goes on under the new one. Names that a person
    held within one transaction begin at the same number. ``ended_at`` is when the user changed the
    name, by the client's clock, on ``device``, if known.
    """

    __tablename__ = "person_names"
    __table_args__ = (Index(None, "user_id", "name"), Index(None, "user_id", "folded"), LIBRARY)

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    from_seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    folded: Mapped[str | None] = mapped_column(String(MAX_FOLDED_NAME))
    to_seq: Mapped[int | None] = mapped_column(BigInteger)
    ended_at: Mapped[float | None]
    device: Mapped[str | None] = mapped_column(String(100))
