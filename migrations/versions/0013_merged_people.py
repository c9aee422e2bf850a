"""Whom people who are gone were merged into."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from movietracker_migrations.helpers import add_column_if_missing

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    add_column_if_missing("tombstones", sa.Column("merged_into", sa.String(36)))


def downgrade() -> None:
    """Undo."""
    op.drop_column("tombstones", "merged_into")
