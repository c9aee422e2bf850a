"""Names of people as they are compared: without case, accents and invisible characters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from movietracker_migrations.helpers import add_column_if_missing, refill

from movietracker.services.names import folded_name

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KEYS = {"people": ("user_id", "id"), "person_names": ("user_id", "person_id", "from_seq", "name")}


def upgrade() -> None:
    """Apply."""
    for table, key in KEYS.items():
        add_column_if_missing(table, sa.Column("folded", sa.String(600)))
        refill(table, key, "folded", ("name",), folded_name)
        op.create_index(f"ix_{table}_user_id_folded", table, ["user_id", "folded"])


def downgrade() -> None:
    """Undo."""
    for table in KEYS:
        op.drop_index(f"ix_{table}_user_id_folded", table)
        op.drop_column(table, "folded")
