"""What the filters by genre, year and rating look at: a column of folded genres, and two indexes."""

from __future__ import annotations

from typing import Any

import orjson
import sqlalchemy as sa
from alembic import op
from movietracker_migrations.helpers import add_column_if_missing, refill

from movietracker.text import fold_key

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    add_column_if_missing("movies", sa.Column("genres", sa.Text))
    refill("movies", ("user_id", "imdb_id"), "genres", ("tmdb_data", "omdb_data"), _genres)
    op.create_index(op.f("ix_movies_user_id_year_imdb_id"), "movies", ["user_id", "year", "imdb_id"])
    op.create_index(
        op.f("ix_watch_history_user_id_my_rating_imdb_id"), "watch_history", ["user_id", "my_rating", "imdb_id"]
    )


def _genres(*stored: str | None) -> str:
    return "\n".join("" if each is None else f" {' '.join(_keys(orjson.loads(each)))} " for each in stored)


def _keys(data: Any) -> list[str]:
    listed = data.get("genres")
    genres = [each for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
    return [key for each in genres[:20] if 0 < len(key := fold_key(each.replace("\x00", ""))) <= 50]


def downgrade() -> None:
    """Undo."""
    op.drop_index(op.f("ix_watch_history_user_id_my_rating_imdb_id"), "watch_history")
    op.drop_index(op.f("ix_movies_user_id_year_imdb_id"), "movies")
    op.drop_column("movies", "genres")
