"""Viewings: each occasion on which a title was watched. Every watch record becomes one."""

from __future__ import annotations

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ROWS_AT_ONCE = 1000
NAMESPACE = uuid.UUID("0d5cf2b3-37a1-4f0c-9a52-6f4f4cf7a1de")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "viewings",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("imdb_id", sa.String(length=20), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("watched_on", sa.String(length=10), nullable=True),
        sa.Column("watched_at", sa.Double(), nullable=True),
        sa.Column("rating", sa.Double(), nullable=True),
        sa.Column("note", sa.String(length=2000), nullable=True),
        sa.Column("source", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("moment", sa.Double(), nullable=False),
        sa.CheckConstraint("rating >= 1.0 AND rating <= 10.0", name=op.f("ck_viewings_rating")),
        sa.ForeignKeyConstraint(
            ["user_id", "imdb_id"],
            ["movies.user_id", "movies.imdb_id"],
            name=op.f("fk_viewings_user_id_imdb_id_movies"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "imdb_id", "id", name=op.f("pk_viewings")),
    )
    op.create_index(op.f("ix_viewings_user_id_id_imdb_id"), "viewings", ["user_id", "id", "imdb_id"])
    op.create_index(op.f("ix_viewings_user_id_moment"), "viewings", ["user_id", "moment"])
    with op.batch_alter_table("watch_history") as table:
        table.alter_column("date_watched", existing_type=sa.Double(), nullable=True)
    _make_viewings()


def downgrade() -> None:
    """Undo. Ratings without a viewing get a date, which the column needs; of several viewings the newest is kept."""
    date = sa.column("date_watched")
    op.execute(sa.update(sa.table("watch_history", date)).where(date.is_(None)).values(date_watched=0))
    with op.batch_alter_table("watch_history") as table:
        table.alter_column("date_watched", existing_type=sa.Double(), nullable=False)
    op.drop_table("viewings")


def _make_viewings() -> None:
    connection = op.get_bind()
    watched = sa.table("watch_history", *map(sa.column, ("user_id", "imdb_id", "date_watched", "my_rating")))
    viewings = sa.table(
        "viewings", *map(sa.column, ("user_id", "imdb_id", "id", "watched_at", "rating", "created_at", "moment"))
    )
    rows = connection.execute(sa.select(watched)).all()
    for start in range(0, len(rows), ROWS_AT_ONCE):
        made = [
            {
                "user_id": user_id,
                "imdb_id": imdb_id,
                "id": str(uuid.uuid5(NAMESPACE, f"{user_id}/{imdb_id}")),
                "watched_at": date,
                "rating": rating,
                "created_at": date,
                "moment": date,
            }
            for user_id, imdb_id, date, rating in rows[start : start + ROWS_AT_ONCE]
        ]
        connection.execute(sa.insert(viewings), made)
