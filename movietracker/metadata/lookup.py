"""Everything known of one title, gathered from the chain: what the services store and the API shows."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from ..contracts import MediaType, TitleDetails, TitleRatings
from ..errors import Invalid, Problem, ProviderNotConfigured, ProviderProblem, TitleUnknown
from ..services.metadata_columns import Metadata
from ..services.title_metadata import ProviderResponse, known_imdb_id, store_responses
from .chain import Answered, ProviderChain
from .deadline import time_limit

_PARALLEL = 16

ANSWER_SECONDS = 14.0
"""What a request may spend on its providers together: clients are promised an answer within 15 seconds."""


@dataclass(frozen=True, slots=True)
class Title:
    """A title as the providers know it now.

    ``details_problem`` and ``ratings_problem`` say what kept a part away. ``is_incomplete`` says that asking again
    later may give more: a provider failed, or only a fallback answered.
    """

    imdb_id: str
    details: Answered[TitleDetails] | None = None
    ratings: Answered[TitleRatings] | None = None
    details_problem: Problem | None = None
    ratings_problem: Problem | None = None
    requested_type: MediaType | None = None
    responses: tuple[ProviderResponse, ...] = field(default=())

    @property
    def metadata(self) -> Metadata:
        """The light shapes, for the library."""
        details = self.details.value if self.details else None
        extra = (details.original_title,) if details and details.original_title else ()
        return Metadata(
            media_type=details.media_type if details else self.requested_type,
            tmdb_data=details.to_json() if details else None,
            omdb_data=self.ratings.value.to_json() if self.ratings else None,
            search_extra=extra,
        )

    @property
    def is_unknown(self) -> bool:
        """Whether every provider that answered says that there is no such title."""
        return self.details is None and isinstance(self.details_problem, TitleUnknown)

    @property
    def is_incomplete(self) -> bool:
        """Whether another attempt later may give more."""
        failed = (ProviderProblem,)
        missing = isinstance(self.details_problem, failed) or (
            isinstance(self.ratings_problem, failed) and not isinstance(self.ratings_problem, ProviderNotConfigured)
        )
        fallback = any(part is not None and part.is_fallback for part in (self.details, self.ratings))
        return missing or fallback

    def store_responses(self, connection: Connection) -> None:
        """Keep the providers' full responses, once for all users."""
        store_responses(connection, self.imdb_id, self.responses)


class Lookup:
    """Finds titles; asks for details and ratings at the same time, so that two slow providers cost one wait."""

    def __init__(self, chain: ProviderChain) -> None:
        self.chain = chain
        self._pool = ThreadPoolExecutor(_PARALLEL, "lookup")

    def close(self) -> None:
        """Let the threads go."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def title_to_add(self, imdb_id: str | None, title_id: int | None, media_type: MediaType | None) -> Title:
        """The title that a client wants to add, by one of its two ids.

        With an IMDb id nothing is raised when providers fail: the title is stored as a stub. With a provider's id alone
        the IMDb id must be learnt first: raises the chain's problems, and Invalid for a title that has no IMDb id.
        """
        if imdb_id is not None:
            return self.title(imdb_id, media_type)
        assert title_id is not None
        with time_limit(ANSWER_SECONDS):
            details = self.details(title_id, media_type or "movie")
            if details.value.imdb_id is None:
                raise Invalid.field("tmdb_id", "this title has no IMDb id, so it cannot be added")
            ratings, problem = self._attempt(lambda: self.chain.ratings(str(details.value.imdb_id)))
        return _gathered(details.value.imdb_id, details, ratings, None, problem, media_type)

    def title(self, imdb_id: str, media_type: MediaType | None = None, *, fresh: bool = False) -> Title:
        """Details and ratings of the title with this IMDb id; what is not to be had is left out, with the problem."""
        with time_limit(ANSWER_SECONDS):
            ratings_coming: Future[tuple[Answered[TitleRatings] | None, Problem | None]] = self._pool.submit(
                copy_context().run, self._attempt, lambda: self.chain.ratings(imdb_id, fresh=fresh)
            )
            details, details_problem = self._attempt(lambda: self.chain.find(imdb_id, fresh=fresh))
            ratings, ratings_problem = ratings_coming.result()
        return _gathered(imdb_id, details, ratings, details_problem, ratings_problem, media_type)

    def details(self, title_id: int, media_type: MediaType) -> Answered[TitleDetails]:
        """The title with this public id; when its own provider fails, others are asked by the IMDb id, if known."""
        with time_limit(ANSWER_SECONDS):
            try:
                return self.chain.details(title_id, media_type)
            except ProviderProblem as problem:
                imdb_id = known_imdb_id(title_id, media_type)
                if imdb_id is None:
                    raise
                found, _ = self._attempt(lambda: self.chain.find(imdb_id))
                if found is None:
                    raise problem from None
                return Answered(found.value, found.provider, is_fallback=True)

    @staticmethod
    def _attempt(call: Callable[[], Any]) -> tuple[Any, Problem | None]:
        try:
            return call(), None
        except (ProviderProblem, TitleUnknown) as problem:
            return None, problem


def _gathered(
    imdb_id: str,
    details: Answered[TitleDetails] | None,
    ratings: Answered[TitleRatings] | None,
    details_problem: Problem | None,
    ratings_problem: Problem | None,
    media_type: MediaType | None,
) -> Title:
    responses = []
    if details is not None and details.value.raw:
        value = details.value
        responses.append(ProviderResponse(details.provider, value.title_id, value.media_type, value.raw))
    if ratings is not None and ratings.value.raw and (details is None or ratings.provider != details.provider):
        responses.append(ProviderResponse(ratings.provider, None, None, ratings.value.raw))
    return Title(imdb_id, details, ratings, details_problem, ratings_problem, media_type, tuple(responses))
