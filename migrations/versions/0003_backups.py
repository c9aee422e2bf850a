"""Backups: the runs, and the files that they wrote."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "backup_runs",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("due_at", sa.Double),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("started_at", sa.Double, nullable=False),
        sa.Column("finished_at", sa.Double),
        sa.Column("status", sa.String(16), server_default=sa.text("'running'"), nullable=False),
        sa.Column("users", sa.Integer, server_default=sa.text("0"), nullable=False),
        sa.Column("failed_users", sa.Integer, server_default=sa.text("0"), nullable=False),
    )
    op.create_index(op.f("ix_backup_runs_kind_due_at"), "backup_runs", ["kind", "due_at"])
    op.create_table(
        "backup_files",
        sa.Column("user_id", sa.String(36), primary_key=True),
        sa.Column("run_id", sa.String(36), primary_key=True),
        sa.Column("destination", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("size", sa.BigInteger),
        sa.Column("sha256", sa.String(64)),
        sa.Column("seconds", sa.Double, nullable=False),
        sa.Column("verified", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("error", sa.Text),
    )
    for columns in (["user_id", "destination", "name"], ["run_id", "user_id"], ["at"]):
        op.create_index(op.f(f"ix_backup_files_{'_'.join(columns)}"), "backup_files", columns)


def downgrade() -> None:
    """Take back."""
    for table in ("backup_files", "backup_runs"):
        op.drop_table(table)
