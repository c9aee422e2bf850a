"""Stores the providers' data on a title in a library, also at a user's request, and notes when to call them again."""

import threading
from typing import NamedTuple

import orjson
from sqlalchemy import Connection, bindparam, select

from ..errors import MovieNotFound, ProviderNotConfigured
from ..models import MOVIES
from ..services import enrichment_queue, movies
from ..services.change_clock import LibraryWrite
from ..services.library_read import LibraryRead
from ..services.movies import Metadata
from ..services.transactions import library_read, library_write
from .lookup import Lookup, Title

MAX_PROVIDERS_LENGTH = 500
SIMULTANEOUS_REFRESHES = 4

_STORED = select(MOVIES.c.tmdb_data, MOVIES.c.omdb_data).where(
    MOVIES.c.user_id == bindparam("of_user"), MOVIES.c.imdb_id == bindparam("of_movie")
)


class Stored(NamedTuple):
    """Which parts in the library are now the providers' present data."""

    details: bool
    ratings: bool


def store_title(tx: LibraryWrite, title: Title, *, overwrite: bool) -> Stored:
    """Store details and ratings of a title in a library; raises MovieNotFound if the title is not in it.

    What is stored already is kept, unless ``overwrite``; a fallback's data never overwrites anything. A movie that
    would stay the same does not count as changed, so clients need not fetch it again.
    """
    before = tx.execute(_STORED, of_movie=title.imdb_id).one_or_none()
    if before is None:
        raise MovieNotFound
    stored = Stored(
        details=title.details is not None
        and (before.tmdb_data is None or (overwrite and not title.details.is_fallback)),
        ratings=title.ratings is not None
        and (before.omdb_data is None or (overwrite and not title.ratings.is_fallback)),
    )
    known = title.metadata
    details = known.tmdb_data if stored.details and _dump(known.tmdb_data) != before.tmdb_data else None
    ratings = known.omdb_data if stored.ratings and _dump(known.omdb_data) != before.omdb_data else None
    media_type = known.media_type if stored.details else None
    movies.refresh_metadata(tx, title.imdb_id, Metadata(media_type, details, ratings, known.search_extra))
    return stored


def settle(
    connection: Connection, title: Title, providers: str, *, refresh: bool = False, keep_queued: bool = True
) -> None:
    """Note when to look this title up again, after these providers were called.

    ``refresh`` says that the next attempt must overwrite what is stored; it is implied when a fallback told some of it.
    ``keep_queued`` keeps a refresh that was queued.
    """
    if is_beyond_providers(title):
        enrichment_queue.rest(connection, title.imdb_id, error=_reason(title), providers=providers)
    elif title.is_incomplete:
        problems = (title.details_problem, title.ratings_problem)
        enrichment_queue.postpone(
            connection,
            title.imdb_id,
            error=_reason(title),
            providers=providers,
            refresh=refresh or title.has_fallback,
            at_least=max((problem.retry_after or 0.0 for problem in problems if problem is not None), default=0.0),
        )
    else:
        enrichment_queue.forget(connection, title.imdb_id, queued_refresh=not keep_queued)


def is_beyond_providers(title: Title) -> bool:
    """Whether calling the same providers again is useless for a long time: they do not know the title."""
    return title.is_unknown or isinstance(title.details_problem, ProviderNotConfigured)


def ready_providers(lookup: Lookup) -> str:
    """The names of the configured providers in their order, on which a title's pause depends."""
    names = (provider.name for provider in lookup.chain.providers if provider.is_configured())
    return ",".join(names)[:MAX_PROVIDERS_LENGTH]


class Refreshed(NamedTuple):
    """The result of a refresh; ``queued`` says that another attempt follows automatically."""

    stored: Stored
    queued: bool
    last_modified: float


class Refresher:
    """Limits how many refreshes of one process ask providers at the same time.

    A client may refresh a whole library at once. What exceeds the limit is queued and returned at once, so that
    refreshes exhaust neither the server's threads nor the providers' limits. A title that was looked up a moment ago is
    asked for again, because that response may have come from the cache. Simultaneous requests share one call.
    """

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._room = threading.BoundedSemaphore(SIMULTANEOUS_REFRESHES)

    def refresh(self, user_id: str, imdb_id: str) -> Refreshed:
        """Fetch details and ratings again, bypassing the cache.

        Raises MovieNotFound when the title is not in the library, and the problem of the details when neither part is
        available.
        """
        with library_read(user_id) as read:
            last_modified = _last_modified(read, imdb_id)
        if not self._room.acquire(blocking=False):
            enrichment_queue.queue_refresh(imdb_id)
            return Refreshed(Stored(details=False, ratings=False), True, last_modified)
        try:
            title = self._lookup.title(imdb_id, fresh=True)
        finally:
            self._room.release()
        if title.details is None and title.ratings is None:
            assert title.details_problem is not None
            raise title.details_problem
        with library_write(user_id) as tx:
            stored = store_title(tx, title, overwrite=True)
            title.store_responses(tx.connection)
            settle(tx.connection, title, ready_providers(self._lookup), refresh=True)
            return Refreshed(stored, title.is_incomplete, _last_modified(tx, imdb_id))


def _last_modified(read: LibraryRead, imdb_id: str) -> float:
    _, last_modified = read.stamp_of("movie", imdb_id)
    if last_modified is None:
        raise MovieNotFound
    return last_modified


def _reason(title: Title) -> str:
    problem = title.details_problem or title.ratings_problem
    return problem.detail if problem is not None else "Only a fallback provider responded."


def _dump(data: object) -> str:
    return orjson.dumps(data).decode()
