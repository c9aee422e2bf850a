"""Marks of titles: whether the user likes them, and their tags."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from movietracker_migrations.helpers import add_column_if_missing

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    add_column_if_missing("movies", sa.Column("liked", sa.Boolean(), server_default=sa.false(), nullable=False))
    is_liked = sa.column("liked").is_(sa.true())
    op.create_index(
        "ix_movies_liked", "movies", ["user_id", "imdb_id"], sqlite_where=is_liked, postgresql_where=is_liked
    )
    op.create_table(
        "tags",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("imdb_id", sa.String(length=20), nullable=False),
        sa.Column("folded", sa.String(length=600), nullable=False),
        sa.Column("tag", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id", "imdb_id"],
            ["movies.user_id", "movies.imdb_id"],
            name=op.f("fk_tags_user_id_imdb_id_movies"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "imdb_id", "folded", name=op.f("pk_tags")),
    )
    op.create_index(op.f("ix_tags_user_id_folded_imdb_id"), "tags", ["user_id", "folded", "imdb_id"])


def downgrade() -> None:
    """Undo."""
    op.drop_table("tags")
    op.drop_index("ix_movies_liked", table_name="movies")
    op.drop_column("movies", "liked")
