"""The ranking of watched titles."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ORDER_KEY = sa.String(length=40).with_variant(sa.String(length=40, collation="C"), "postgresql")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "rankings",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("imdb_id", sa.String(length=20), nullable=False),
        sa.Column("liked", sa.Boolean(), nullable=False),
        sa.Column("order_key", ORDER_KEY, nullable=False),
        sa.Column("ranked_at", sa.Double(), nullable=True),
        sa.Column("comparisons", sa.Text(), nullable=True),
        sa.Column("is_shown", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("former_key", ORDER_KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id", "imdb_id"],
            ["movies.user_id", "movies.imdb_id"],
            name=op.f("fk_rankings_user_id_imdb_id_movies"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "imdb_id", name=op.f("pk_rankings")),
    )
    op.create_index(
        op.f("ix_rankings_user_id_liked_order_key_is_shown_imdb_id"),
        "rankings",
        ["user_id", "liked", "order_key", "is_shown", "imdb_id"],
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("rankings")
