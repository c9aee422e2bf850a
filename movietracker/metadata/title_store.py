"""Storing what the providers said of a title: in a library, and as a note of when to ask again."""

from __future__ import annotations

from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, bindparam, select

from ..errors import MovieNotFound, ProviderNotConfigured
from ..models import Movie
from ..services import enrichment_queue, library
from ..services.metadata_columns import Metadata
from ..services.transactions import LibraryWrite
from .lookup import Lookup, Title

MOVIES = Movie.__table__
MAX_PROVIDERS_LENGTH = 500

_STORED = select(MOVIES.c.tmdb_data, MOVIES.c.omdb_data).where(
    MOVIES.c.user_id == bindparam("of_user"), MOVIES.c.imdb_id == bindparam("of_movie")
)


@dataclass(frozen=True, slots=True)
class Stored:
    """Which parts in the library are now what the providers said."""

    details: bool
    ratings: bool


def store_title(tx: LibraryWrite, title: Title, *, overwrite: bool) -> Stored:
    """Put details and ratings of a title into a library; raises MovieNotFound when it is not there.

    What is stored already is kept, unless ``overwrite``; a fallback's answer never overwrites anything. A movie that
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
    library.refresh_metadata(tx, title.imdb_id, Metadata(media_type, details, ratings, known.search_extra))
    return stored


def settle(
    connection: Connection, title: Title, providers: str, *, refresh: bool = False, keep_queued: bool = True
) -> None:
    """Note when to ask for this title again, now that the providers named have been asked.

    ``refresh`` says that the next attempt must overwrite details even where they are stored; it is implied when this
    one brought details that are not the best ones. ``keep_queued`` keeps a refresh that somebody queued.
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
            refresh=refresh or title.details is not None,
            at_least=max((problem.retry_after or 0.0 for problem in problems if problem is not None), default=0.0),
        )
    else:
        enrichment_queue.forget(connection, title.imdb_id, queued_refresh=not keep_queued)


def is_beyond_providers(title: Title) -> bool:
    """Whether asking the same providers again is useless for a long time: they do not know the title, or cannot say."""
    return title.is_unknown or isinstance(title.details_problem, ProviderNotConfigured)


def ready_providers(lookup: Lookup) -> str:
    """The names of the providers that are configured, in their order; what a title's pause depends on."""
    names = (provider.name for provider in lookup.chain.providers if provider.is_configured())
    return ",".join(names)[:MAX_PROVIDERS_LENGTH]


def _reason(title: Title) -> str:
    problem = title.details_problem or title.ratings_problem
    return problem.detail if problem is not None else "Only a provider that stands in for another has answered."


def _dump(data: object) -> str:
    return orjson.dumps(data).decode()
