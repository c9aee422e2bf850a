"""The chain of providers: for each capability the first configured one answers, the next takes over when it fails."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from .. import metrics
from ..contracts import (
    Capability,
    Credits,
    DiscoverQuery,
    MediaType,
    MetadataProvider,
    SearchHit,
    TitleDetails,
    TitleRatings,
)
from ..errors import PluginError, ProviderFailed, ProviderNotConfigured, ProviderProblem, SettingsError, TitleUnknown
from .ids import MAX_NAMESPACE, public_id, split_id

logger = logging.getLogger("movietracker.metadata")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answered(Generic[T]):
    """What a provider answered; ``is_fallback`` says that one before it in the order had failed."""

    value: T
    provider: str
    is_fallback: bool


def order_providers(offered: Sequence[MetadataProvider], wanted: Sequence[str]) -> list[MetadataProvider]:
    """The providers that METADATA_PROVIDERS names, in its order; all by priority when it is empty.

    Raises SettingsError for a name that no provider bears, PluginError for namespaces that overlap.
    """
    by_name = {provider.name: provider for provider in offered}
    for name in wanted:
        if name not in by_name:
            known = ", ".join(sorted(by_name)) or "none"
            raise SettingsError(f"METADATA_PROVIDERS names {name}, but the metadata providers are: {known}.")
    for provider in offered:
        if not 0 <= provider.id_namespace <= MAX_NAMESPACE:
            raise PluginError(
                f"The metadata provider {provider.name} has an id namespace outside 0 to {MAX_NAMESPACE}."
            )
    namespaces = [provider.id_namespace for provider in offered if provider.id_namespace]
    if len(namespaces) != len(set(namespaces)):
        raise PluginError("Two metadata providers use the same id namespace.")
    if wanted:
        return [by_name[name] for name in dict.fromkeys(wanted)]
    return sorted(offered, key=lambda provider: (provider.priority, provider.name))


class ProviderChain:
    """The providers in order. Ids in and out are public ones (see ids.py).

    Every call raises ProviderNotConfigured when no provider is ready for it, TitleUnknown when those that answered do
    not know the title, and otherwise the problem of the first provider that failed.
    """

    def __init__(self, providers: Sequence[MetadataProvider]) -> None:
        self.providers = tuple(providers)

    def search(self, query: str, year: int | None = None) -> list[SearchHit]:
        """Movies, series and people that match, best first."""
        return self._listed(Capability.SEARCH, lambda provider: provider.search(query, year))

    def discover(self, query: DiscoverQuery) -> list[SearchHit]:
        """Titles that fit the query, best first."""
        return self._listed(Capability.DISCOVER, lambda provider: provider.discover(query))

    def details(self, title_id: int, media_type: MediaType, *, fresh: bool = False) -> Answered[TitleDetails]:
        """The title with this public id."""
        namespace, local = _split(title_id)
        candidates = self._able(Capability.DETAILS, namespace)
        answer = self._first(candidates, lambda provider: provider.details(local, media_type, fresh=fresh))
        return replace(answer, value=replace(answer.value, title_id=title_id))

    def find(self, imdb_id: str, *, fresh: bool = False) -> Answered[TitleDetails]:
        """The title with this IMDb id."""
        answer = self._first(
            self._able(Capability.DETAILS),
            lambda provider: _with_public_id(provider, provider.find(imdb_id, fresh=fresh)),
        )
        return replace(answer, value=replace(answer.value, imdb_id=imdb_id))

    def credits(self, title_id: int, media_type: MediaType) -> Credits:
        """Cast and crew of the title with this public id."""
        namespace, local = _split(title_id)
        candidates = self._able(Capability.DETAILS, namespace)
        return self._first(candidates, lambda provider: provider.credits(local, media_type)).value

    def ratings(self, imdb_id: str, *, fresh: bool = False) -> Answered[TitleRatings]:
        """Ratings of the title with this IMDb id."""
        return self._first(self._able(Capability.RATINGS), lambda provider: provider.ratings(imdb_id, fresh=fresh))

    def _able(self, capability: Capability, namespace: int | None = None) -> list[MetadataProvider]:
        able = [provider for provider in self.providers if capability in provider.capabilities]
        ready = [provider for provider in able if provider.is_configured()]
        if namespace is not None:
            # An id of a numbering that nobody ready uses is a title that nobody ready can know.
            chosen = [provider for provider in ready if provider.id_namespace == namespace]
            if not chosen and ready and not any(provider.id_namespace == namespace for provider in able):
                raise TitleUnknown
            ready = chosen
        if not ready:
            raise ProviderNotConfigured
        return ready

    def _listed(self, capability: Capability, call: Callable[[MetadataProvider], list[SearchHit]]) -> list[SearchHit]:
        def hits(provider: MetadataProvider) -> list[SearchHit]:
            return [_hit_with_public_id(provider, hit) for hit in call(provider)]

        # Nothing found counts as an answer only when nobody better placed has failed.
        return self._first(self._able(capability), hits, is_answer=bool).value

    def _first(
        self,
        providers: Iterable[MetadataProvider],
        call: Callable[[MetadataProvider], T],
        is_answer: Callable[[T], bool] = lambda _: True,
    ) -> Answered[T]:
        failure: ProviderProblem | None = None
        unknown: TitleUnknown | None = None
        for provider in providers:
            try:
                value = _shielded(provider, call)
            except TitleUnknown as problem:
                unknown = problem
            except ProviderProblem as problem:
                logger.warning("Metadata provider %s failed: %s", provider.name, problem.detail)
                failure = failure or problem
            else:
                if failure is None or is_answer(value):
                    return Answered(value, provider.name, failure is not None)
        raise failure or unknown or ProviderNotConfigured()


def _shielded(provider: MetadataProvider, call: Callable[[MetadataProvider], T]) -> T:
    outcome = "ok"
    try:
        return call(provider)
    except (ProviderProblem, TitleUnknown) as problem:
        outcome = problem.code
        raise
    except Exception as error:
        outcome = "fault"
        logger.exception("Metadata provider %s has a fault", provider.name)
        raise ProviderFailed(f"The metadata provider {provider.name} failed.") from error
    finally:
        metrics.provider_called(provider.name, outcome)


def _with_public_id(provider: MetadataProvider, details: TitleDetails) -> TitleDetails:
    return replace(details, title_id=public_id(provider.id_namespace, details.title_id))


def _hit_with_public_id(provider: MetadataProvider, hit: SearchHit) -> SearchHit:
    return replace(hit, id=public_id(provider.id_namespace, hit.id))


def _split(title_id: int) -> tuple[int, int]:
    namespace, local = split_id(title_id)
    if local <= 0 or not 0 <= namespace <= MAX_NAMESPACE:
        raise TitleUnknown
    return namespace, local
