"""Refreshing one title at a user's request, now if there is room, else through the queue of enrichment."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from ..errors import MovieNotFound
from ..models import Movie
from ..services import enrichment_queue
from ..services.transactions import LibraryRead, library_read, library_write
from .lookup import Lookup
from .title_store import Stored, ready_providers, settle, store_title

MOVIES = Movie.__table__
SIMULTANEOUS_REFRESHES = 4

_LAST_MODIFIED = select(MOVIES.c.last_modified).where(
    MOVIES.c.user_id == bindparam("of_user"), MOVIES.c.imdb_id == bindparam("of_movie")
)


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh achieved; ``queued`` says that (another) attempt follows by itself."""

    stored: Stored
    queued: bool
    last_modified: float


class Refresher:
    """Lets so many refreshes of one process ask providers at the same time.

    A client may refresh a whole library at once. What finds no room is queued, and answered without waiting, so that
    neither the server's threads nor the providers' limits are used up. There is no shortcut for titles that were looked
    up a moment ago: a refresh asks the provider, because the one before may have been served from the cache. Those who
    ask for the same title at the same time share one call anyway (see http.py), and a queued title is queued once.
    """

    def __init__(self, lookup: Lookup, room: int = SIMULTANEOUS_REFRESHES) -> None:
        self._lookup = lookup
        self._room = threading.BoundedSemaphore(room)

    def refresh(self, user_id: str, imdb_id: str) -> Refreshed:
        """Fetch details and ratings anew, bypassing the cache.

        Raises MovieNotFound when the title is not in the library, and the problem of the details when neither part is
        to be had.
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
            tx.flush()
            return Refreshed(stored, title.is_incomplete, _last_modified(tx, imdb_id))


def _last_modified(read: LibraryRead, imdb_id: str) -> float:
    last_modified: float | None = read.execute(_LAST_MODIFIED, of_movie=imdb_id).scalar_one_or_none()
    if last_modified is None:
        raise MovieNotFound
    return last_modified
