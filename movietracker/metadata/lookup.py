"""Gathers all data on a title from the chain, for the services to store and the API to show."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from ..errors import Invalid, Problem, ProviderNotConfigured, ProviderProblem, TitleUnknown
from ..plugin.providers import MediaType, TitleDetails, TitleRatings
from ..services.movies.metadata import Metadata
from ..services.title_metadata import ProviderResponse, known_imdb_id, store_responses
from ..upstream import time_limit
from .chain import Provided, ProviderChain

_PARALLEL = 16

RESPONSE_SECONDS = 14.0
"""What a request may spend on its providers together: clients are promised a response within 15 seconds."""


@dataclass(frozen=True, slots=True)
class Title:
    """The providers' present data on a title.

    ``details_problem`` and ``ratings_problem`` say why a part is missing. ``is_incomplete`` says that asking again
    later may give more: a provider failed, or only a fallback answered.
    """

    imdb_id: str
    details: Provided[TitleDetails] | None = None
    ratings: Provided[TitleRatings] | None = None
    details_problem: Problem | None = None
    ratings_problem: Problem | None = None
    requested_type: MediaType | None = None

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
        """Whether every provider that responded says that the title does not exist."""
        return self.details is None and isinstance(self.details_problem, TitleUnknown)

    @property
    def is_incomplete(self) -> bool:
        """Whether a later attempt may return more."""
        problem = self.ratings_problem
        missing = isinstance(self.details_problem, ProviderProblem) or (
            isinstance(problem, ProviderProblem) and not isinstance(problem, ProviderNotConfigured)
        )
        return missing or self.has_fallback

    @property
    def has_fallback(self) -> bool:
        """Whether only a fallback told some of it."""
        return any(part is not None and part.is_fallback for part in (self.details, self.ratings))

    def store_responses(self, connection: Connection) -> None:
        """Store the providers' full responses, once for all users."""
        details, ratings, responses = self.details, self.ratings, []
        if details is not None and (value := details.value).raw:
            responses.append(ProviderResponse(details.provider, value.title_id, value.media_type, value.raw))
        if ratings is not None and ratings.value.raw and (details is None or ratings.provider != details.provider):
            responses.append(ProviderResponse(ratings.provider, None, None, ratings.value.raw))
        store_responses(connection, self.imdb_id, responses)


class Lookup:
    """Looks up titles; fetches details and ratings in parallel, so that two slow providers cost one wait."""

    def __init__(self, chain: ProviderChain) -> None:
        self.chain = chain
        self._pool = ThreadPoolExecutor(_PARALLEL, "lookup")

    def close(self) -> None:
        """Release the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def title_to_add(self, imdb_id: str | None, title_id: int | None, media_type: MediaType | None) -> Title:
        """The title that a client wants to add, by one of its two ids.

        With an IMDb id nothing is raised when providers fail: the title is stored as a stub. With a provider's id alone
        the IMDb id is looked up first: raises the chain's problems, and Invalid for a title without an IMDb id.
        """
        if imdb_id is not None:
            return self.title(imdb_id, media_type)
        assert title_id is not None
        with time_limit(RESPONSE_SECONDS):
            details = self._details_of_either(title_id, media_type)
            if details.value.imdb_id is None:
                raise Invalid.field("tmdb_id", "this title has no IMDb id, so it cannot be added")
            ratings, problem = self._attempt(lambda: self.chain.ratings(str(details.value.imdb_id)))
        return Title(details.value.imdb_id, details, ratings, None, problem, media_type)

    def _details_of_either(self, title_id: int, media_type: MediaType | None) -> Provided[TitleDetails]:
        """The details of a movie, or of a series that has this id and no movie has."""
        try:
            return self.details(title_id, media_type or "movie")
        except TitleUnknown:
            if media_type is not None:
                raise
            return self.details(title_id, "tv")

    def title(self, imdb_id: str, media_type: MediaType | None = None, *, fresh: bool = False) -> Title:
        """Details and ratings of the title with this IMDb id; an unavailable part is omitted, its problem kept."""
        with time_limit(RESPONSE_SECONDS):
            ratings_coming: Future[tuple[Provided[TitleRatings] | None, Problem | None]] = self._pool.submit(
                copy_context().run, self._attempt, lambda: self.chain.ratings(imdb_id, fresh=fresh)
            )
            details, details_problem = self._attempt(lambda: self.chain.find(imdb_id, fresh=fresh))
            ratings, ratings_problem = ratings_coming.result()
        return Title(imdb_id, details, ratings, details_problem, ratings_problem, media_type)

    def details(self, title_id: int, media_type: MediaType) -> Provided[TitleDetails]:
        """The title with this public id; when its own provider fails, others are asked by the IMDb id, if known."""
        with time_limit(RESPONSE_SECONDS):
            try:
                return self.chain.details(title_id, media_type)
            except ProviderProblem as problem:
                imdb_id = known_imdb_id(title_id, media_type)
                if imdb_id is None:
                    raise
                found, _ = self._attempt(lambda: self.chain.find(imdb_id))
                if found is None:
                    raise problem from None
                return Provided(found.value, found.provider, is_fallback=True)

    @staticmethod
    def _attempt(call: Callable[[], Any]) -> tuple[Any, Problem | None]:
        try:
            return call(), None
        except (ProviderProblem, TitleUnknown) as problem:
            return None, problem
