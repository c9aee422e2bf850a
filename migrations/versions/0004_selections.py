"""Indexes that find the titles with a status, and those of a person, without reading the library."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_index("ix_movie_status_user_id_status_imdb_id", "movie_status", ["user_id", "status", "imdb_id"])
    op.create_index(
        "ix_recommendations_user_id_person_id_imdb_id", "recommendations", ["user_id", "person_id", "imdb_id"]
    )
    op.drop_index("ix_recommendations_user_id_person_id", "recommendations")


def downgrade() -> None:
    """Undo."""
    op.create_index("ix_recommendations_user_id_person_id", "recommendations", ["user_id", "person_id"])
    op.drop_index("ix_recommendations_user_id_person_id_imdb_id", "recommendations")
    op.drop_index("ix_movie_status_user_id_status_imdb_id", "movie_status")
