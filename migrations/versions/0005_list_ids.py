"""An index that finds the owner of a list id, for imports, without reading the lists of all users."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_index("ix_custom_lists_id", "custom_lists", ["id"])


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_custom_lists_id", "custom_lists")
