"""What people said of the titles that they recommended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from movietracker_migrations.helpers import add_column_if_missing

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    add_column_if_missing("recommendations", sa.Column("note", sa.String(2000)))


def downgrade() -> None:
    """Undo."""
    op.drop_column("recommendations", "note")
