"""Accounts, libraries, metadata shared by title, leases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "enrichment_attempts",
        sa.Column("imdb_id", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_attempt_at", sa.Double(), nullable=False),
        sa.Column("last_error", sa.String(length=500), nullable=True),
        sa.Column("refresh", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("providers", sa.String(length=500), server_default=sa.text("''"), nullable=False),
        sa.PrimaryKeyConstraint("imdb_id", name=op.f("pk_enrichment_attempts")),
    )
    op.create_index(op.f("ix_enrichment_attempts_next_attempt_at"), "enrichment_attempts", ["next_attempt_at"])
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "title_metadata",
        sa.Column("imdb_id", sa.String(length=20), nullable=False),
        sa.Column("provider", sa.String(length=64), nullable=False),
        sa.Column("title_id", sa.BigInteger(), nullable=True),
        sa.Column("media_type", sa.String(length=8), nullable=True),
        sa.Column("response", sa.Text(), nullable=False),
        sa.Column("fetched_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("imdb_id", "provider", name=op.f("pk_title_metadata")),
    )
    op.create_index(op.f("ix_title_metadata_title_id_media_type"), "title_metadata", ["title_id", "media_type"])
    op.create_table(
        "users",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("username", sa.String(length=100), nullable=False),
        sa.Column("hashed_password", sa.String(length=129), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("backup_enabled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("token_version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        sa.UniqueConstraint("username", name=op.f("uq_users_username")),
    )
    op.create_table(
        "custom_lists",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("color", sa.String(length=32), server_default=sa.text("'#0a84ff'"), nullable=False),
        sa.Column("icon", sa.String(length=64), server_default=sa.text("'list'"), nullable=False),
        sa.Column("position", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("last_modified", sa.Double(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_custom_lists_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_custom_lists")),
    )
    op.create_index(op.f("ix_custom_lists_user_id_seq"), "custom_lists", ["user_id", "seq"])
    op.create_table(
        "library_heads",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("next_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_library_heads_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_library_heads")),
    )
    op.create_table(
        "movies",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("imdb_id", sa.String(length=20), nullable=False),
        sa.Column("tmdb_data", sa.Text(), nullable=True),
        sa.Column("omdb_data", sa.Text(), nullable=True),
        sa.Column("media_type", sa.String(length=8), server_default=sa.text("'movie'"), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("year", sa.String(length=4), nullable=True),
        sa.Column("search_text", sa.Text(), nullable=True),
        sa.Column("added_at", sa.Double(), nullable=False),
        sa.Column("last_modified", sa.Double(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("media_type IN ('movie', 'tv')", name=op.f("ck_movies_media_type")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_movies_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "imdb_id", name=op.f("pk_movies")),
    )
    op.create_index(
        op.f("ix_movies_stubs"),
        "movies",
        ["imdb_id", "user_id"],
        sqlite_where=sa.text("tmdb_data IS NULL"),
        postgresql_where=sa.text("tmdb_data IS NULL"),
    )
    op.create_index(op.f("ix_movies_user_id_seq"), "movies", ["user_id", "seq"])
    op.create_table(
        "people",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("is_trusted", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("color", sa.String(length=32), server_default=sa.text("'#0a84ff'"), nullable=False),
        sa.Column("emoji", sa.String(length=32), nullable=True),
        sa.Column("quick_key", sa.String(length=32), nullable=True),
        sa.Column("last_modified", sa.Double(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_people_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_people")),
        sa.UniqueConstraint("user_id", "name", name=op.f("uq_people_user_id_name")),
        sa.UniqueConstraint("user_id", "quick_key", name=op.f("uq_people_user_id_quick_key")),
    )
    op.create_index(op.f("ix_people_user_id_seq"), "people", ["user_id", "seq"])
    op.create_table(
        "revoked_tokens",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("jti", sa.String(length=36), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_revoked_tokens_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "jti", name=op.f("pk_revoked_tokens")),
    )
    op.create_index(op.f("ix_revoked_tokens_expires_at"), "revoked_tokens", ["expires_at"])
    op.create_table(
        "movie_status",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("imdb_id", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=16), server_default=sa.text("'toWatch'"), nullable=False),
        sa.Column("custom_list_id", sa.String(length=36), nullable=True),
        sa.CheckConstraint(
            "(status = 'custom') = (custom_list_id IS NOT NULL)", name=op.f("ck_movie_status_custom_list")
        ),
        sa.CheckConstraint(
            "status IN ('toWatch', 'watched', 'deleted', 'custom')", name=op.f("ck_movie_status_status")
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "custom_list_id"],
            ["custom_lists.user_id", "custom_lists.id"],
            name=op.f("fk_movie_status_user_id_custom_list_id_custom_lists"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "imdb_id"],
            ["movies.user_id", "movies.imdb_id"],
            name=op.f("fk_movie_status_user_id_imdb_id_movies"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "imdb_id", name=op.f("pk_movie_status")),
    )
    op.create_index(op.f("ix_movie_status_user_id_custom_list_id"), "movie_status", ["user_id", "custom_list_id"])
    op.create_table(
        "recommendations",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("imdb_id", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("date_recommended", sa.Double(), nullable=False),
        sa.Column("vote_type", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id", "imdb_id"],
            ["movies.user_id", "movies.imdb_id"],
            name=op.f("fk_recommendations_user_id_imdb_id_movies"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "person_id"],
            ["people.user_id", "people.id"],
            name=op.f("fk_recommendations_user_id_person_id_people"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_recommendations")),
        sa.UniqueConstraint(
            "user_id", "imdb_id", "person_id", name=op.f("uq_recommendations_user_id_imdb_id_person_id")
        ),
    )
    op.create_index(op.f("ix_recommendations_user_id_person_id"), "recommendations", ["user_id", "person_id"])
    op.create_table(
        "watch_history",
        sa.Column("user_id", sa.String(length=36), nullable=False),
        sa.Column("imdb_id", sa.String(length=20), nullable=False),
        sa.Column("date_watched", sa.Double(), nullable=False),
        sa.Column("my_rating", sa.Double(), nullable=True),
        sa.CheckConstraint("my_rating >= 1.0 AND my_rating <= 10.0", name=op.f("ck_watch_history_my_rating")),
        sa.ForeignKeyConstraint(
            ["user_id", "imdb_id"],
            ["movies.user_id", "movies.imdb_id"],
            name=op.f("fk_watch_history_user_id_imdb_id_movies"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "imdb_id", name=op.f("pk_watch_history")),
    )


def downgrade() -> None:
    """Take back."""
    op.drop_table("watch_history")
    op.drop_table("recommendations")
    op.drop_table("movie_status")
    op.drop_table("revoked_tokens")
    op.drop_table("people")
    op.drop_table("movies")
    op.drop_table("library_heads")
    op.drop_table("custom_lists")
    op.drop_table("users")
    op.drop_table("title_metadata")
    op.drop_table("leases")
    op.drop_table("enrichment_attempts")
