"""A title in a user's library, and what hangs on it: status, watch record, recommendations."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import db

STATUSES = ("toWatch", "watched", "deleted", "custom")
MEDIA_TYPES = ("movie", "tv")


def _to_movie() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["user_id", "imdb_id"], ["movies.user_id", "movies.imdb_id"], ondelete="CASCADE")


class Movie(db.Model):  # type: ignore[misc,name-defined]
    """A title of a user. ``tmdb_data`` and ``omdb_data`` are JSON text in the contract's light shapes.

    ``title``, ``year`` and ``search_text`` repeat what lists sort by and search in, so that no list parses JSON.
    A movie without ``tmdb_data`` is a stub that enrichment will fill.
    """

    __tablename__ = "movies"
    __table_args__ = (
        CheckConstraint("media_type IN ('movie', 'tv')", name="media_type"),
        Index(None, "user_id", "seq"),
    )

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    imdb_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    tmdb_data: Mapped[str | None] = mapped_column(Text)
    omdb_data: Mapped[str | None] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(String(8), server_default=text("'movie'"))
    title: Mapped[str | None] = mapped_column(Text)
    year: Mapped[str | None] = mapped_column(String(4))
    search_text: Mapped[str | None] = mapped_column(Text)
    added_at: Mapped[float] = mapped_column(Double)
    last_modified: Mapped[float] = mapped_column(Double)
    seq: Mapped[int] = mapped_column(BigInteger)
    born_seq: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    field_changes: Mapped[str] = mapped_column(Text, server_default=text("'{}'"))


# Stubs are found without reading whole libraries.
Index(
    "ix_movies_stubs",
    Movie.imdb_id,
    Movie.user_id,
    sqlite_where=Movie.tmdb_data.is_(None),
    postgresql_where=Movie.tmdb_data.is_(None),
)


class MovieStatus(db.Model):  # type: ignore[misc,name-defined]
    """What became of a title."""

    __tablename__ = "movie_status"
    __table_args__ = (
        _to_movie(),
        ForeignKeyConstraint(["user_id", "custom_list_id"], ["custom_lists.user_id", "custom_lists.id"]),
        CheckConstraint("status IN ('toWatch', 'watched', 'deleted', 'custom')", name="status"),
        CheckConstraint("(status = 'custom') = (custom_list_id IS NOT NULL)", name="custom_list"),
        Index(None, "user_id", "custom_list_id"),
        Index(None, "user_id", "status", "imdb_id"),
    )

    user_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    imdb_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    status: Mapped[str] = mapped_column(String(16), server_default=text("'toWatch'"))
    custom_list_id: Mapped[str | None] = mapped_column(String(36))


class WatchRecord(db.Model):  # type: ignore[misc,name-defined]
    """When the user watched a title (Unix seconds) and how much they liked it (1.0 to 10.0)."""

    __tablename__ = "watch_history"
    __table_args__ = (
        _to_movie(),
        CheckConstraint("my_rating >= 1.0 AND my_rating <= 10.0", name="my_rating"),
    )

    user_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    imdb_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    date_watched: Mapped[float] = mapped_column(Double)
    my_rating: Mapped[float | None] = mapped_column(Double)


class Recommendation(db.Model):  # type: ignore[misc,name-defined]
    """Somebody's vote for (true) or against (false) a title."""

    __tablename__ = "recommendations"
    __table_args__ = (
        _to_movie(),
        ForeignKeyConstraint(["user_id", "person_id"], ["people.user_id", "people.id"], ondelete="CASCADE"),
        UniqueConstraint("user_id", "imdb_id", "person_id"),
        Index(None, "user_id", "person_id", "imdb_id"),
    )

    user_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    imdb_id: Mapped[str] = mapped_column(String(20))
    person_id: Mapped[int] = mapped_column(BigInteger)
    date_recommended: Mapped[float] = mapped_column(Double)
    vote_type: Mapped[bool] = mapped_column(Boolean, server_default=true())
