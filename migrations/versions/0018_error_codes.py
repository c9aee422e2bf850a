"""The codes of what imports failed of, and the values in it, so that clients can say it in another language."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from movietracker_migrations.helpers import add_column_if_missing

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    add_column_if_missing("import_jobs", sa.Column("error_code", sa.String(length=64), nullable=True))
    values = sa.Column("error_values", sa.Text(), server_default=sa.text("'{}'"), nullable=False)
    add_column_if_missing("import_jobs", values)


def downgrade() -> None:
    """Undo."""
    op.drop_column("import_jobs", "error_values")
    op.drop_column("import_jobs", "error_code")
