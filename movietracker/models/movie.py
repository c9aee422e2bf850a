"""A title in a user's library, with its status, watch record and recommendations."""

from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    case,
    exists,
    false,
    func,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from ..extensions import Base
from .library import LIBRARY, MAX_FOLDED_NAME, Record
from .ranking import Ranking

STATUSES = ("toWatch", "watched", "deleted", "custom")
MEDIA_TYPES = ("movie", "tv")


def _to_movie() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["user_id", "imdb_id"], ["movies.user_id", "movies.imdb_id"], ondelete="CASCADE")


class Movie(Record, Base):
    """A title of a user. ``tmdb_data`` and ``omdb_data`` are JSON text in the contract's light shapes.

    ``title``, ``year``, ``genres`` and ``search_text`` repeat values for sorting and searching, so that no list parses
    JSON. ``genres`` are folded, each between spaces: those of the details in one line, of the ratings in another.
    A movie without ``tmdb_data`` is a stub that enrichment will fill. ``liked`` is the user's mark,
    whatever the status, the rating and the place in the ranking.
    """

    kind = "movie"

    __tablename__ = "movies"
    __table_args__ = (
        CheckConstraint("media_type IN ('movie', 'tv')", name="media_type"),
        Index(None, "user_id", "seq"),
        Index(None, "user_id", "year", "imdb_id"),
        LIBRARY,
    )

    imdb_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    tmdb_data: Mapped[str | None]
    omdb_data: Mapped[str | None]
    media_type: Mapped[str] = mapped_column(String(8), server_default=text("'movie'"))
    title: Mapped[str | None]
    year: Mapped[str | None] = mapped_column(String(4))
    search_text: Mapped[str | None]
    genres: Mapped[str | None]
    added_at: Mapped[float]
    liked: Mapped[bool] = mapped_column(server_default=false())


# Finds stubs without reading whole libraries.
Index(
    "ix_movies_stubs",
    Movie.imdb_id,
    Movie.user_id,
    sqlite_where=Movie.tmdb_data.is_(None),
    postgresql_where=Movie.tmdb_data.is_(None),
)

IS_LIKED = Movie.__table__.c.liked.is_(true())
"""Whether the user likes a title; in these words, by which the index of liked titles is found."""

Index("ix_movies_liked", Movie.user_id, Movie.imdb_id, sqlite_where=IS_LIKED, postgresql_where=IS_LIKED)


class MovieStatus(Base):
    """The status of a title."""

    __tablename__ = "movie_status"
    __table_args__ = (
        _to_movie(),
        ForeignKeyConstraint(["user_id", "custom_list_id"], ["custom_lists.user_id", "custom_lists.id"]),
        CheckConstraint("status IN ('toWatch', 'watched', 'deleted', 'custom')", name="status"),
        CheckConstraint("(status = 'custom') = (custom_list_id IS NOT NULL)", name="custom_list"),
        Index(None, "user_id", "custom_list_id"),
        Index(None, "user_id", "status", "imdb_id"),
        LIBRARY,
    )

    user_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    imdb_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    status: Mapped[str] = mapped_column(String(16), server_default=text("'toWatch'"))
    custom_list_id: Mapped[str | None] = mapped_column(String(36))


class WatchRecord(Base):
    """What is true of a title now: the moment of its newest viewing (Unix seconds), and what the user thinks of it.

    There is a row when there is a viewing or a rating (1.0 to 10.0). It repeats what the viewings say, for sorting.
    """

    __tablename__ = "watch_history"
    __table_args__ = (
        _to_movie(),
        CheckConstraint("my_rating >= 1.0 AND my_rating <= 10.0", name="my_rating"),
        Index(None, "user_id", "my_rating", "imdb_id"),
        LIBRARY,
    )

    user_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    imdb_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    date_watched: Mapped[float | None]
    my_rating: Mapped[float | None]


MAX_NOTE_LENGTH = 2000


class ViewingRecord(Base):
    """An occasion on which the user watched a title; its other columns are those of Viewing.

    ``id`` is the client's UUID. ``moment`` is when it was (Unix seconds), as far as that is known, for sorting;
    ``search_text`` is the note as it is searched.
    """

    __tablename__ = "viewings"
    __table_args__ = (
        _to_movie(),
        CheckConstraint("rating >= 1.0 AND rating <= 10.0", name="rating"),
        # Whether an id is another title's.
        Index(None, "user_id", "id", "imdb_id"),
        Index(None, "user_id", "moment"),
        LIBRARY,
    )

    user_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    imdb_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    watched_on: Mapped[str | None] = mapped_column(String(10))
    watched_at: Mapped[float | None]
    rating: Mapped[float | None]
    note: Mapped[str | None] = mapped_column(String(MAX_NOTE_LENGTH))
    source: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[float]
    moment: Mapped[float]
    search_text: Mapped[str | None]


class Recommendation(Base):
    """A person's vote for (true) or against (false) a title, and what they said of it.

    ``search_text`` is the note as it is searched.
    """

    __tablename__ = "recommendations"
    __table_args__ = (
        _to_movie(),
        ForeignKeyConstraint(["user_id", "person_id"], ["people.user_id", "people.id"], ondelete="CASCADE"),
        UniqueConstraint("user_id", "imdb_id", "person_id"),
        Index(None, "user_id", "person_id", "imdb_id"),
        LIBRARY,
    )

    user_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    imdb_id: Mapped[str] = mapped_column(String(20))
    person_id: Mapped[int] = mapped_column(BigInteger)
    date_recommended: Mapped[float]
    vote_type: Mapped[bool] = mapped_column(server_default=true())
    note: Mapped[str | None] = mapped_column(String(MAX_NOTE_LENGTH))
    search_text: Mapped[str | None]


MAX_TAG_LENGTH = 64


class TagRecord(Base):
    """A tag of a title, as it is shown; ``folded`` is what it is compared by, as the names of people are."""

    __tablename__ = "tags"
    __table_args__ = (_to_movie(), Index(None, "user_id", "folded", "imdb_id"), LIBRARY)

    user_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    imdb_id: Mapped[str] = mapped_column(String(20), primary_key=True)
    folded: Mapped[str] = mapped_column(String(MAX_FOLDED_NAME), primary_key=True)
    tag: Mapped[str] = mapped_column(String(MAX_TAG_LENGTH))


def _index_of_notes(table: type[Base]) -> None:
    """Finds what there is to be searched in notes without reading all rows of a user."""
    is_there = table.__table__.c.search_text.is_not(None)
    columns = table.__table__.c.user_id, table.__table__.c.imdb_id
    Index(f"ix_{table.__tablename__}_notes", *columns, sqlite_where=is_there, postgresql_where=is_there)


for _noted in (ViewingRecord, Recommendation):
    _index_of_notes(_noted)


_PLACE = case((Ranking.__table__.c.liked, "1"), else_="2").concat(Ranking.__table__.c.order_key)

NEVER_WATCHED = -1e11
"""What titles without a viewing are sorted by: earlier than any viewing can be (Unix seconds)."""

SORTS: dict[str, ColumnElement[Any]] = {
    "imdb_id": Movie.__table__.c.imdb_id,
    "title": func.lower(func.coalesce(Movie.__table__.c.title, Movie.__table__.c.imdb_id), type_=Text),
    "year": func.coalesce(Movie.__table__.c.year, ""),
    "added": Movie.__table__.c.added_at,
    "modified": Movie.__table__.c.last_modified,
    "watched": func.coalesce(WatchRecord.__table__.c.date_watched, NEVER_WATCHED),
    "rating": func.coalesce(WatchRecord.__table__.c.my_rating, 0.0),
    "rank": func.coalesce(_PLACE, "3"),
    "-rank": func.coalesce(_PLACE, ""),
}
"""What lists of movies can be sorted by; the values are never null.

With a leading "-" the order is descending, by the same values unless there are others.
"""


def sort_value(sort: str) -> ColumnElement[Any]:
    """What a list is sorted by, of a key of SORTS, with a leading "-" for the descending order."""
    return SORTS[sort if sort in SORTS else sort.removeprefix("-")]


IS_DELETED = exists().where(
    MovieStatus.user_id == Movie.user_id, MovieStatus.imdb_id == Movie.imdb_id, MovieStatus.status == "deleted"
)
"""Whether the user has deleted a title softly; part of a query of movies."""


class Status(NamedTuple):
    """What became of a title; ``custom_list_id`` with the status custom only."""

    status: str
    custom_list_id: str | None = None


class Watch(NamedTuple):
    """What older clients know of viewings, with the fields of WatchRecord and, in schemas/, WatchFields.

    In a request, what is None stays as it is; a new viewing without ``date_watched`` was when the user said so.
    """

    date_watched: float | None = None
    my_rating: float | None = None


class Viewing(NamedTuple):
    """An occasion on which a title was watched, with as much of its date as is known.

    ``watched_on`` is a year, a month or a day (YYYY, YYYY-MM, YYYY-MM-DD), ``source`` what it was imported from; times
    are Unix seconds.
    """

    watched_on: str | None = None
    watched_at: float | None = None
    rating: float | None = None
    note: str | None = None
    source: str | None = None
    created_at: float = 0.0


class Vote(NamedTuple):
    """What a person said of a title: when (Unix seconds), whether for it, and in which words.

    Of what is about to be stored, no ``note`` leaves the one that is there, and an empty one takes it away.
    """

    date_recommended: float | None = None
    vote_type: bool = True
    note: str | None = None
