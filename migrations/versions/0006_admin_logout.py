"""The tokens of administrators who have logged out; an administrator has no row in the table of users."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "revoked_admin_tokens",
        sa.Column("jti", sa.String(length=36), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("jti", name=op.f("pk_revoked_admin_tokens")),
    )
    op.create_index(op.f("ix_revoked_admin_tokens_expires_at"), "revoked_admin_tokens", ["expires_at"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("revoked_admin_tokens")
