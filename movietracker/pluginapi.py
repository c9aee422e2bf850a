"""The one module that plugins import: the hook marker, the values and protocols, the errors that they may raise.

``flag``, ``rate``, ``text``, ``url``, ``whole_number`` and ``words`` are the readers that a Setting may name.
"""

from __future__ import annotations

import pluggy

from .contracts import (
    BackupDestination,
    BackupFile,
    Capability,
    CastMember,
    Credits,
    CrewMember,
    DiscoverKind,
    DiscoverQuery,
    JsonHttpClient,
    MediaType,
    MetadataProvider,
    SearchHit,
    TitleDetails,
    TitleRatings,
    is_backup_name,
)
from .errors import (
    BackupNotFound,
    DestinationFailed,
    DestinationNotConfigured,
    DestinationProblem,
    DestinationUnreachable,
    PluginError,
    ProviderFailed,
    ProviderNotConfigured,
    ProviderProblem,
    ProviderRefused,
    ProviderUnreachable,
    TitleUnknown,
)
from .events import Change, LibraryChanged
from .plugin_context import PluginContext, PluginUser
from .settings import Setting, flag, rate, text, url, whole_number, words

__all__ = [
    "BackupDestination",
    "BackupFile",
    "BackupNotFound",
    "BaseDestination",
    "BaseProvider",
    "Capability",
    "CastMember",
    "Change",
    "Credits",
    "CrewMember",
    "DestinationFailed",
    "DestinationNotConfigured",
    "DestinationProblem",
    "DestinationUnreachable",
    "DiscoverKind",
    "DiscoverQuery",
    "JsonHttpClient",
    "LibraryChanged",
    "MediaType",
    "MetadataProvider",
    "PluginContext",
    "PluginError",
    "PluginUser",
    "ProviderFailed",
    "ProviderNotConfigured",
    "ProviderProblem",
    "ProviderRefused",
    "ProviderUnreachable",
    "SearchHit",
    "Setting",
    "TitleDetails",
    "TitleRatings",
    "TitleUnknown",
    "flag",
    "hookimpl",
    "is_backup_name",
    "rate",
    "text",
    "url",
    "whole_number",
    "words",
]

hookimpl = pluggy.HookimplMarker("movietracker")


class BaseProvider:
    """A body for each method of MetadataProvider, so that a provider writes only what it can do."""

    name = ""
    capabilities: frozenset[Capability] = frozenset()
    priority = 50
    id_namespace = 0

    def is_configured(self) -> bool:
        """Ready unless the provider says otherwise."""
        return True

    def check(self) -> str:
        """Nothing to check unless the provider says otherwise."""
        return f"{self.name} needs no configuration."

    def search(self, query: str, year: int | None = None) -> list[SearchHit]:
        """Not offered."""
        raise ProviderNotConfigured(f"{self.name} cannot search.")

    def details(self, title_id: int, media_type: MediaType, *, fresh: bool = False) -> TitleDetails:
        """Not offered."""
        raise ProviderNotConfigured(f"{self.name} has no details.")

    def find(self, imdb_id: str, *, fresh: bool = False) -> TitleDetails:
        """Not offered."""
        raise ProviderNotConfigured(f"{self.name} cannot find titles by IMDb id.")

    def credits(self, title_id: int, media_type: MediaType) -> Credits:
        """Not offered."""
        raise ProviderNotConfigured(f"{self.name} has no credits.")

    def ratings(self, imdb_id: str, *, fresh: bool = False) -> TitleRatings:
        """Not offered."""
        raise ProviderNotConfigured(f"{self.name} has no ratings.")

    def discover(self, query: DiscoverQuery) -> list[SearchHit]:
        """Not offered."""
        raise ProviderNotConfigured(f"{self.name} has no discovery.")


class BaseDestination:
    """What most backup destinations say of themselves."""

    name = ""
    priority = 50

    def is_configured(self) -> bool:
        """Ready unless the destination says otherwise."""
        return True
