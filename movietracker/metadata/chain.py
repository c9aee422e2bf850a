"""The chain of providers: for each capability the first configured one is asked, and the next if it fails.

Titles have public ids: opaque integers that contain the namespace of their numbering. TMDB's numbering is namespace 0,
so its ids are public as they are (clients hold millions of them). A provider with a numbering of its own has a
namespace from 1 to 4095; its ids are shifted so that they cannot collide. All stay below 2**53, which is what a
JavaScript client can hold.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from ..errors import ProviderNotConfigured, ProviderProblem, ProviderRefused, TitleUnknown
from ..plugin.context import PluginContext
from ..plugin.manager import PluginManager, choose
from ..plugin.providers import (
    ID_BITS,
    MAX_NAMESPACE,
    Capability,
    Credits,
    DiscoverQuery,
    MediaType,
    MetadataProvider,
    SearchHit,
    TitleDetails,
    TitleRatings,
)
from .guard import GuardedProvider

logger = logging.getLogger("movietracker.metadata")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Provided(Generic[T]):
    """What a provider returned; ``is_fallback`` says that an earlier one in the order failed."""

    value: T
    provider: str
    is_fallback: bool


class ProviderChain:
    """The providers that METADATA_PROVIDERS names, in its order; all by priority if it is empty. Ids are public ones.

    Every call raises ProviderNotConfigured when no provider is ready for it, TitleUnknown when those that responded do
    not know the title, and otherwise the problem of the first provider that failed.
    """

    def __init__(self, offered: Sequence[MetadataProvider], names: Sequence[str], call_seconds: float) -> None:
        """Raises SettingsError for a name that no provider has."""
        chosen = choose(offered, names, "METADATA_PROVIDERS", "metadata providers")
        self.providers = [GuardedProvider(provider, call_seconds) for provider in chosen]

    def search(self, query: str, year: int | None = None, *, patient: bool = False) -> list[SearchHit]:
        """Movies, series and people that match, best first.

        To be ``patient`` is to ask no other provider instead of one that may answer later, which is then raised.
        """
        return self._listed(Capability.SEARCH, lambda provider: provider.search(query, year), patient=patient)

    def discover(self, query: DiscoverQuery) -> list[SearchHit]:
        """Titles that fit the query, best first."""
        return self._listed(Capability.DISCOVER, lambda provider: provider.discover(query))

    def details(self, title_id: int, media_type: MediaType, *, fresh: bool = False) -> Provided[TitleDetails]:
        """The title with this public id."""
        namespace, local = _split(title_id)
        candidates = self._able(Capability.DETAILS, namespace)

        def details(provider: GuardedProvider) -> TitleDetails:
            found = provider.call(TitleDetails, lambda inner: inner.details(local, media_type, fresh=fresh))
            return replace(found, title_id=title_id)

        return self._first(candidates, details)

    def find(self, imdb_id: str, *, fresh: bool = False) -> Provided[TitleDetails]:
        """The title with this IMDb id."""

        def details(provider: GuardedProvider) -> TitleDetails:
            found = provider.call(TitleDetails, lambda inner: inner.find(imdb_id, fresh=fresh))
            return replace(found, title_id=_public_id(provider, found.title_id), imdb_id=imdb_id)

        return self._first(self._able(Capability.DETAILS), details)

    def find_by_tvdb(self, tvdb_id: int) -> TitleDetails:
        """The series with this id of TheTVDB; its IMDb id may be unknown."""

        def details(provider: GuardedProvider) -> TitleDetails:
            found = provider.call(TitleDetails, lambda inner: inner.find_by_tvdb(tvdb_id))
            return replace(found, title_id=_public_id(provider, found.title_id))

        return self._first(self._able(Capability.TVDB), details).value

    def credits(self, title_id: int, media_type: MediaType) -> Credits:
        """Cast and crew of the title with this public id."""
        namespace, local = _split(title_id)
        candidates = self._able(Capability.DETAILS, namespace)
        return self._first(
            candidates, lambda provider: provider.call(Credits, lambda inner: inner.credits(local, media_type))
        ).value

    def ratings(self, imdb_id: str, *, fresh: bool = False) -> Provided[TitleRatings]:
        """Ratings of the title with this IMDb id."""
        return self._first(
            self._able(Capability.RATINGS),
            lambda provider: provider.call(TitleRatings, lambda inner: inner.ratings(imdb_id, fresh=fresh)),
        )

    def _able(self, capability: Capability, namespace: int | None = None) -> list[GuardedProvider]:
        able = [provider for provider in self.providers if capability in provider.capabilities]
        ready = [provider for provider in able if provider.is_configured()]
        if namespace is not None:
            # An id in the namespace of a provider that is not ready cannot be resolved by another.
            chosen = [provider for provider in ready if provider.id_namespace == namespace]
            if not chosen and ready and not any(provider.id_namespace == namespace for provider in able):
                raise TitleUnknown
            ready = chosen
        if not ready:
            raise ProviderNotConfigured
        return ready

    def _listed(
        self,
        capability: Capability,
        call: Callable[[MetadataProvider], list[SearchHit]],
        *,
        patient: bool = False,
    ) -> list[SearchHit]:
        def hits(provider: GuardedProvider) -> list[SearchHit]:
            return [replace(hit, id=_public_id(provider, hit.id)) for hit in provider.hits(call)]

        # An empty result counts only if no earlier provider failed.
        return self._first(self._able(capability), hits, is_answer=bool, patient=patient).value

    def _first(
        self,
        providers: Iterable[GuardedProvider],
        call: Callable[[GuardedProvider], T],
        is_answer: Callable[[T], bool] = lambda _: True,
        *,
        patient: bool = False,
    ) -> Provided[T]:
        failure: ProviderProblem | None = None
        unknown: TitleUnknown | None = None
        for provider in providers:
            try:
                value = call(provider)
            except TitleUnknown as problem:
                unknown = problem
            except ProviderProblem as problem:
                logger.warning("Metadata provider %s failed: %s", provider.name, problem.detail)
                if patient and not isinstance(problem, ProviderRefused):
                    raise
                failure = failure or problem
            else:
                if failure is None or is_answer(value):
                    return Provided(value, provider.name, failure is not None)
        raise failure or unknown or ProviderNotConfigured()


def make_chain(plugins: PluginManager, context: PluginContext) -> ProviderChain:
    """The chain of an application; raises SettingsError and PluginError."""
    names, seconds = context.settings["METADATA_PROVIDERS"], context.settings["PROVIDER_TIMEOUT"]
    return ProviderChain(plugins.metadata_providers(context), names, seconds)


def _public_id(provider: GuardedProvider, local_id: int) -> int:
    return provider.id_namespace << ID_BITS | local_id


def _split(title_id: int) -> tuple[int, int]:
    """Namespace and local id of a public id; raises TitleUnknown."""
    namespace, local = divmod(title_id, 1 << ID_BITS)
    if not local or not 0 <= namespace <= MAX_NAMESPACE:
        raise TitleUnknown
    return namespace, local
