"""Writing a user's movies: adding them, their status, watch record, details and recommendations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Row, bindparam, delete, insert, select, update

from ..errors import Invalid, MovieNotFound, NotWatched, RecommendationNotFound
from ..models import Movie, MovieStatus, Recommendation, WatchRecord
from ..prepared import Prepared
from . import lists, people
from .metadata_columns import Metadata, metadata_columns
from .transactions import LibraryRead, LibraryWrite

MOVIES = Movie.__table__
STATUS = MovieStatus.__table__
WATCHED = WatchRecord.__table__
VOTES = Recommendation.__table__

_OF_USER: BindParameter[str] = bindparam("of_user")
_OF_MOVIE: BindParameter[str] = bindparam("of_movie")

_MOVIE_BEFORE = Prepared(
    select(
        MOVIES.c.tmdb_data.is_(None).label("lacks_tmdb"),
        MOVIES.c.omdb_data.is_(None).label("lacks_omdb"),
        MOVIES.c.media_type,
        MOVIES.c.title,
        MOVIES.c.search_text,
        STATUS.c.status,
        STATUS.c.custom_list_id,
    )
    .select_from(MOVIES)
    .join(STATUS, (STATUS.c.user_id == MOVIES.c.user_id) & (STATUS.c.imdb_id == MOVIES.c.imdb_id))
    .where(MOVIES.c.user_id == _OF_USER, MOVIES.c.imdb_id == _OF_MOVIE)
)
_STATUS = Prepared(
    select(STATUS.c.status, STATUS.c.custom_list_id).where(STATUS.c.user_id == _OF_USER, STATUS.c.imdb_id == _OF_MOVIE)
)
_UPDATE_MOVIE = update(MOVIES).where(MOVIES.c.user_id == _OF_USER, MOVIES.c.imdb_id == _OF_MOVIE)
_NO_METADATA = dict.fromkeys(("tmdb_data", "omdb_data", "title", "year", "search_text"))
_INSERT_MOVIE = Prepared(
    insert(MOVIES),
    *("user_id", "imdb_id", "media_type", "added_at", *_NO_METADATA),
    *("seq", "born_seq", "last_modified", "field_changes"),
)
_INSERT_STATUS = Prepared(insert(STATUS), "user_id", "imdb_id", "status")
_UPDATE_STATUS = Prepared(
    update(STATUS)
    .where(STATUS.c.user_id == _OF_USER, STATUS.c.imdb_id == _OF_MOVIE)
    .values(status=bindparam("to_status"), custom_list_id=bindparam("to_list"))
)
_WATCH_BEFORE = Prepared(
    select(WATCHED.c.date_watched, WATCHED.c.my_rating).where(
        WATCHED.c.user_id == _OF_USER, WATCHED.c.imdb_id == _OF_MOVIE
    )
)
_INSERT_WATCH = Prepared(insert(WATCHED), "user_id", "imdb_id", "date_watched", "my_rating")
_UPDATE_WATCH = Prepared(
    update(WATCHED)
    .where(WATCHED.c.user_id == _OF_USER, WATCHED.c.imdb_id == _OF_MOVIE)
    .values(date_watched=bindparam("to_date"), my_rating=bindparam("to_rating"))
)
_SET_RATING = Prepared(
    update(WATCHED)
    .where(WATCHED.c.user_id == _OF_USER, WATCHED.c.imdb_id == _OF_MOVIE)
    .values(my_rating=bindparam("to_rating"))
)
_IS_VOTE = (
    VOTES.c.user_id == _OF_USER,
    VOTES.c.imdb_id == _OF_MOVIE,
    VOTES.c.person_id == bindparam("of_person"),
)
_VOTE_BEFORE = Prepared(select(VOTES.c.date_recommended, VOTES.c.vote_type).where(*_IS_VOTE))
_INSERT_VOTE = Prepared(insert(VOTES), "user_id", "id", "imdb_id", "person_id", "date_recommended", "vote_type")
_UPDATE_VOTE = Prepared(
    update(VOTES).where(*_IS_VOTE).values(date_recommended=bindparam("to_date"), vote_type=bindparam("to_vote"))
)
_REMOVE_VOTE = Prepared(delete(VOTES).where(*_IS_VOTE))


@dataclass(frozen=True, slots=True)
class Vote:
    """Whom to credit: a person by id, or by name, who is added when there is none of that name."""

    person_id: int | None = None
    person_name: str | None = None
    vote_type: bool = True
    date_recommended: float | None = None


def add_movie(
    tx: LibraryWrite, imdb_id: str, metadata: Metadata, vote: Vote | None = None, *, revive: bool = True
) -> bool:
    """Add a title, with a recommendation; answers whether it is new.

    One whose status is deleted comes back to toWatch, unless ``revive`` is false.
    """
    is_new = ensure_movie(tx, imdb_id, metadata)
    if revive and not is_new and tx.execute(_MOVIE_BEFORE, of_movie=imdb_id).one().status == "deleted":
        set_status(tx, imdb_id, "toWatch")
    if vote is not None:
        recommend(tx, imdb_id, vote)
    return is_new


def ensure_movie(tx: LibraryWrite, imdb_id: str, metadata: Metadata | None = None) -> bool:
    """Make the movie (toWatch) if it is not there, and fill in metadata that is missing. Answers whether it is new.

    Stored metadata is never overwritten here; only :func:`refresh_metadata` does that.
    """
    metadata = metadata or Metadata()
    before = tx.execute(_MOVIE_BEFORE, of_movie=imdb_id).one_or_none()
    if before is not None:
        missing = Metadata(
            metadata.media_type if before.lacks_tmdb else None,
            metadata.tmdb_data if before.lacks_tmdb else None,
            metadata.omdb_data if before.lacks_omdb else None,
            metadata.search_extra,
        )
        _store_metadata(tx, imdb_id, missing, before)
        return False
    row = {
        "user_id": tx.user_id,
        "imdb_id": imdb_id,
        "media_type": metadata.media_type or "movie",
        "added_at": tx.at,
        **metadata_columns(metadata),
        **tx.created("movie", imdb_id),
    }
    _INSERT_MOVIE.run(tx.connection, {**_NO_METADATA, **row})
    _INSERT_STATUS.run(tx.connection, {"user_id": tx.user_id, "imdb_id": imdb_id, "status": "toWatch"})
    if metadata.tmdb_data is None:
        tx.stub(imdb_id)
    return True


def refresh_metadata(tx: LibraryWrite, imdb_id: str, metadata: Metadata) -> None:
    """Overwrite stored metadata with what a provider says now. Raises MovieNotFound."""
    before = tx.execute(_MOVIE_BEFORE, of_movie=imdb_id).one_or_none()
    if before is None:
        raise MovieNotFound
    _store_metadata(tx, imdb_id, metadata, before)


def set_status(tx: LibraryWrite, imdb_id: str, status: str, custom_list_id: str | None = None) -> None:
    """What became of a title; made as a stub if it is not there. Raises Invalid, ListNotFound."""
    if status == "custom":
        if custom_list_id is None:
            raise Invalid.field("custom_list_id", "is required when the status is custom")
        lists.get_list(tx, custom_list_id)
    else:
        custom_list_id = None  # older clients send it with any status
    before = status_of(tx, imdb_id)
    is_new = before is None and ensure_movie(tx, imdb_id)
    is_other = (before or ("toWatch", None)) != (status, custom_list_id)
    if is_other:
        tx.execute(_UPDATE_STATUS, to_status=status, to_list=custom_list_id, of_movie=imdb_id)
    if is_new or is_other:
        tx.touch("movie", imdb_id, "status")


def watch(tx: LibraryWrite, imdb_id: str, date_watched: float, my_rating: float | None) -> None:
    """Record that a title was watched (Unix seconds) and rated (1.0 to 10.0); watching again updates the record."""
    set_status(tx, imdb_id, "watched")
    before = tx.execute(_WATCH_BEFORE, of_movie=imdb_id).one_or_none()
    if before is None:
        values = {"date_watched": date_watched, "my_rating": my_rating}
        _INSERT_WATCH.run(tx.connection, {"user_id": tx.user_id, "imdb_id": imdb_id, **values})
        tx.touch("movie", imdb_id, "rating")
    elif before != (date_watched, my_rating):
        tx.execute(_UPDATE_WATCH, to_date=date_watched, to_rating=my_rating, of_movie=imdb_id)
        tx.touch("movie", imdb_id, "rating")


def rate(tx: LibraryWrite, imdb_id: str, my_rating: float) -> None:
    """Change the rating of a watched title, its status aside. Raises NotWatched."""
    before = watch_of(tx, imdb_id)
    if before is None:
        raise NotWatched
    if before[1] != my_rating:
        tx.execute(_SET_RATING, to_rating=my_rating, of_movie=imdb_id)
        tx.touch("movie", imdb_id, "rating")


def status_of(read: LibraryRead, imdb_id: str) -> tuple[str, str | None] | None:
    """Status and custom list of a title, None when it is not in the library."""
    row = read.execute(_STATUS, of_movie=imdb_id).one_or_none()
    return None if row is None else (row.status, row.custom_list_id)


def watch_of(read: LibraryRead, imdb_id: str) -> tuple[float, float | None] | None:
    """When a title was watched and its rating, None when there is no watch record."""
    row = read.execute(_WATCH_BEFORE, of_movie=imdb_id).one_or_none()
    return None if row is None else (row.date_watched, row.my_rating)


def vote_of(read: LibraryRead, imdb_id: str, person_id: int) -> bool | None:
    """A person's vote for a title, None when there is none."""
    row = read.execute(_VOTE_BEFORE, of_movie=imdb_id, of_person=person_id).one_or_none()
    return None if row is None else row.vote_type


def has_vote(read: LibraryRead, imdb_id: str, person_id: int) -> bool:
    """Whether a person has voted for or against a title."""
    return vote_of(read, imdb_id, person_id) is not None


def recommend(tx: LibraryWrite, imdb_id: str, vote: Vote, metadata: Metadata | None = None) -> int:
    """Record a vote; makes movie and person as needed, updates the person's earlier vote. Answers the person's id.

    Raises PersonNotFound for an unknown id, Invalid for an empty name.
    """
    if vote.person_id is not None:
        person_id = people.check_person_id(tx, vote.person_id)
    elif vote.person_name is not None:
        person_id = people.find_or_add_person(tx, vote.person_name)
    else:
        raise Invalid.field("person_name", "or person_id is required")
    ensure_movie(tx, imdb_id, metadata)
    _store_vote(tx, imdb_id, person_id, vote)
    return person_id


def recommend_all(tx: LibraryWrite, imdb_id: str, votes: Sequence[Vote], metadata: Metadata | None = None) -> list[int]:
    """Record several votes; answers the people's ids, each once, in order."""
    return list(dict.fromkeys(recommend(tx, imdb_id, vote, metadata) for vote in votes))


def withdraw(tx: LibraryWrite, imdb_id: str, person_id: int) -> None:
    """Remove a person's vote. Raises MovieNotFound, RecommendationNotFound."""
    if tx.execute(_MOVIE_BEFORE, of_movie=imdb_id).first() is None:
        raise MovieNotFound
    if tx.execute(_REMOVE_VOTE, of_movie=imdb_id, of_person=person_id).rowcount == 0:
        raise RecommendationNotFound
    tx.touch("movie", imdb_id, people.vote_field(person_id))
    tx.touch("person", person_id)  # its movie_count


def _store_vote(tx: LibraryWrite, imdb_id: str, person_id: int, vote: Vote) -> None:
    before = tx.execute(_VOTE_BEFORE, of_movie=imdb_id, of_person=person_id).one_or_none()
    if before is None:
        date = tx.at if vote.date_recommended is None else vote.date_recommended
        row = {"id": tx.new_id(), "date_recommended": date, "vote_type": vote.vote_type}
        _INSERT_VOTE.run(tx.connection, {"user_id": tx.user_id, "imdb_id": imdb_id, "person_id": person_id, **row})
        tx.touch("movie", imdb_id, people.vote_field(person_id))
        tx.touch("person", person_id)  # its movie_count
        return
    date = before.date_recommended if vote.date_recommended is None else vote.date_recommended
    if (before.date_recommended, before.vote_type) != (date, vote.vote_type):
        tx.execute(_UPDATE_VOTE, to_date=date, to_vote=vote.vote_type, of_movie=imdb_id, of_person=person_id)
        tx.touch("movie", imdb_id, people.vote_field(person_id))


def _store_metadata(tx: LibraryWrite, imdb_id: str, metadata: Metadata, before: Row[Any]) -> None:
    values = metadata_columns(metadata, before)
    if metadata.media_type not in (None, before.media_type):
        values["media_type"] = metadata.media_type
    if values:
        tx.execute(_UPDATE_MOVIE.values(**values), of_movie=imdb_id)
        tx.touch("movie", imdb_id, "metadata")
