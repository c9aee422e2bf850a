"""The operations on one title: adding it, its status, details and recommendations."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, select, update

from ...errors import Invalid, MovieNotFound, PersonNotFound, RecommendationNotFound
from ...models import MOVIES
from ...models.movie import Status, Vote
from .. import lists, people, quota
from ..change_clock import LibraryWrite
from .columns import of_movie
from .metadata import Metadata, metadata_columns
from .reading import status_of, vote_of
from .storing import NO_METADATA, NewTitle, TitleState, add_titles, dated, remove_titles, store

_BEFORE = select(
    MOVIES.c.tmdb_data.is_(None).label("lacks_tmdb"),
    MOVIES.c.omdb_data.is_(None).label("lacks_omdb"),
    MOVIES.c.media_type,
    MOVIES.c.title,
    MOVIES.c.genres,
    MOVIES.c.search_text,
).where(of_movie(MOVIES))
_UPDATE = update(MOVIES).where(of_movie(MOVIES))

UPVOTE = Vote()


def add_movie(
    tx: LibraryWrite,
    imdb_id: str,
    metadata: Metadata,
    recommender: int | str | None = None,
    vote: Vote = UPVOTE,
    *,
    at: float | None = None,
    revive: bool = True,
) -> bool:
    """Add a title, with the vote of a recommender as of ``at`` (Unix seconds; now); returns whether it is new.

    One whose status is deleted comes back to toWatch, unless ``revive`` is false.
    """
    is_new = ensure_movie(tx, imdb_id, metadata)
    if revive and not is_new and status_of(tx, imdb_id) == Status("deleted"):
        set_status(tx, imdb_id, "toWatch")
    if recommender is not None:
        recommend(tx, imdb_id, recommender, vote, at=at, field="recommender")
    return is_new


def ensure_movie(tx: LibraryWrite, imdb_id: str, metadata: Metadata = NO_METADATA, *, by_client: bool = False) -> bool:
    """Make the movie (toWatch) if it is not there, and fill in metadata that is missing. Returns whether it is new.

    Stored metadata is never overwritten here; only :func:`refresh_metadata` does that. Of what came ``by_client`` the
    providers have not been asked yet: details without ratings are noted for enrichment.
    """
    before = tx.execute(_BEFORE, of_movie=imdb_id).one_or_none()
    has_new_details = metadata.tmdb_data is not None and (before is None or before.lacks_tmdb)
    has_ratings = metadata.omdb_data is not None or not (before is None or before.lacks_omdb)
    if by_client and has_new_details and not has_ratings:
        tx.unrated(imdb_id)
    if before is None:
        add_titles(tx, [NewTitle(imdb_id, TitleState(media_type=metadata.media_type), tx.wall_time, metadata)])
        return True
    missing = Metadata(
        metadata.media_type if before.lacks_tmdb else None,
        metadata.tmdb_data if before.lacks_tmdb else None,
        metadata.omdb_data if before.lacks_omdb else None,
        metadata.search_extra,
    )
    if missing.tmdb_data or missing.omdb_data:
        quota.check(tx.connection, tx.user_id, tx.seq, "movie", 0)
    _store_metadata(tx, imdb_id, missing, before)
    return False


def refresh_metadata(tx: LibraryWrite, imdb_id: str, metadata: Metadata) -> None:
    """Overwrite stored metadata with what a provider says now. Raises MovieNotFound."""
    before = tx.execute(_BEFORE, of_movie=imdb_id).one_or_none()
    if before is None:
        raise MovieNotFound
    _store_metadata(tx, imdb_id, metadata, before)


def set_status(tx: LibraryWrite, imdb_id: str, status: str, custom_list_id: str | None = None) -> None:
    """What became of a title; made as a stub if it is not there. Raises Invalid, ListNotFound."""
    if status != "custom":
        custom_list_id = None  # older clients send it with any status
    elif custom_list_id is None:
        raise Invalid.field("custom_list_id", "is required when the status is custom")
    else:
        lists.values_of(tx, custom_list_id)
    before = status_of(tx, imdb_id)
    after = TitleState(Status(status, custom_list_id))
    store(tx, imdb_id, None if before is None else TitleState(before), after)


def remove_movie(tx: LibraryWrite, imdb_id: str) -> None:
    """Remove a title with all that hangs on it; a tombstone tells other devices. Raises MovieNotFound."""
    if status_of(tx, imdb_id) is None:
        raise MovieNotFound
    remove_titles(tx, [imdb_id])


def recommend(
    tx: LibraryWrite,
    imdb_id: str,
    recommender: int | str,
    vote: Vote = UPVOTE,
    metadata: Metadata = NO_METADATA,
    *,
    at: float | None = None,
    field: str = "person_name",
) -> int:
    """Record a person's vote; makes movie and person as needed, updates an earlier vote. Returns the person's id.

    ``recommender`` is an id or a name, in what the client calls ``field``. Without a date it is that of the earlier
    vote, else ``at`` (Unix seconds), else now. Raises PersonNotFound for an unknown id, Invalid for an empty name,
    QuotaExceeded.
    """
    if isinstance(recommender, str):
        person_id = people.find_or_add_person(tx, recommender, field)
    elif people.has_person(tx, recommender):
        person_id = recommender
    else:
        raise PersonNotFound
    ensure_movie(tx, imdb_id, metadata, by_client=True)
    before = vote_of(tx, imdb_id, person_id)
    if vote.note:
        quota.check(tx.connection, tx.user_id, tx.seq, "movie", 0)
    note = before.note if vote.note is None and before is not None else vote.note or None
    after = {person_id: dated(vote._replace(note=note), before, tx.wall_time if at is None else at)}
    store(tx, imdb_id, TitleState(votes={} if before is None else {person_id: before}), TitleState(votes=after))
    return person_id


def recommend_all(
    tx: LibraryWrite, imdb_id: str, recommenders: Iterable[int | str], vote: Vote, metadata: Metadata = NO_METADATA
) -> list[int]:
    """Record the same vote of several people; returns their ids, each once, in order."""
    return list(dict.fromkeys(recommend(tx, imdb_id, each, vote, metadata, field="people") for each in recommenders))


def withdraw(tx: LibraryWrite, imdb_id: str, person_id: int) -> None:
    """Remove a person's vote. Raises MovieNotFound, RecommendationNotFound."""
    before = vote_of(tx, imdb_id, person_id)
    if before is None:
        raise MovieNotFound if status_of(tx, imdb_id) is None else RecommendationNotFound
    store(tx, imdb_id, TitleState(votes={person_id: before}), TitleState())


def _store_metadata(tx: LibraryWrite, imdb_id: str, metadata: Metadata, before: Row[Any]) -> None:
    values = metadata_columns(metadata, before)
    if metadata.media_type not in (None, before.media_type):
        values["media_type"] = metadata.media_type
    if values:
        tx.execute(_UPDATE.values(**values), of_movie=imdb_id)
        tx.touch("movie", imdb_id, "metadata")
