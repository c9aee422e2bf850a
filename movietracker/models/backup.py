"""What is remembered of backups: the runs, and each file that one wrote or failed to write."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Double, Index, Integer, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import db

RUN_KINDS = ("nightly", "manual", "safety")
RUN_STATUSES = ("running", "ok", "partial", "failed", "interrupted")


class BackupRun(db.Model):  # type: ignore[misc,name-defined]
    """One run over all users or one; times in Unix seconds.

    ``due_at`` is the moment of the schedule that a nightly run is for, ``day`` the date in its files' names. A run
    without ``finished_at`` is under way, or was cut short: it will be resumed, or is noted as interrupted by the next.
    """

    __tablename__ = "backup_runs"
    __table_args__ = (Index(None, "kind", "due_at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    due_at: Mapped[float | None] = mapped_column(Double)
    day: Mapped[str] = mapped_column(String(10))
    started_at: Mapped[float] = mapped_column(Double)
    finished_at: Mapped[float | None] = mapped_column(Double)
    status: Mapped[str] = mapped_column(String(16), server_default=text("'running'"))
    users: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    failed_users: Mapped[int] = mapped_column(Integer, server_default=text("0"))


class BackupRecord(db.Model):  # type: ignore[misc,name-defined]
    """One attempt to write a user's backup to a destination; ``seconds`` is how long it took, proof included.

    ``sha256`` is that of the file's bytes (null when there was nothing to write), ``verified`` says that it was read
    back and restored. Rows outlive their account, so that retention also removes the files of deleted accounts.
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
    at: Mapped[float] = mapped_column(Double)
    size: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    seconds: Mapped[float] = mapped_column(Double)
    verified: Mapped[bool] = mapped_column(Boolean, server_default=false())
    error: Mapped[str | None] = mapped_column(Text)
