"""What is searched in notes: folded, beside each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from movietracker_migrations.helpers import add_column_if_missing, refill

from movietracker.text import search_text

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

KEYS = {"viewings": ("user_id", "imdb_id", "id"), "recommendations": ("user_id", "id")}


def upgrade() -> None:
    """Apply."""
    is_there = sa.column("search_text").is_not(None)
    for table, key in KEYS.items():
        add_column_if_missing(table, sa.Column("search_text", sa.Text))
        refill(table, key, "search_text", ("note",), lambda note: search_text([note]))
        op.create_index(
            f"ix_{table}_notes", table, ["user_id", "imdb_id"], sqlite_where=is_there, postgresql_where=is_there
        )


def downgrade() -> None:
    """Undo."""
    for table in KEYS:
        op.drop_index(f"ix_{table}_notes", table)
        op.drop_column(table, "search_text")
