"""Metadata by The Movie Database (https://www.themoviedb.org); needs a key."""

from __future__ import annotations

from collections.abc import Callable

from movietracker.pluginapi import MetadataProvider, PluginContext, Setting, hookimpl, text, url

from .provider import TmdbProvider
from .shapes import fault

# TMDB allows about 50 a second (https://developer.themoviedb.org/docs/rate-limiting).
REQUESTS_PER_SECOND = 40

SETTINGS = (
    Setting("TMDB_API_KEY", text, "", "Key of TMDB: a v3 key, or a v4 token (sent as Bearer).", secret=True),
    Setting("TMDB_BASE_URL", url, "https://api.themoviedb.org/3", "Address of TMDB's API, version 3."),
)


@hookimpl
def register_settings(register: Callable[[Setting], None]) -> None:
    """Declare the key and the address."""
    for setting in SETTINGS:
        register(setting)


@hookimpl
def register_metadata_providers(register: Callable[[MetadataProvider], None], context: PluginContext) -> None:
    """Offer the provider; without a key it is there but not configured."""
    key = context.settings["TMDB_API_KEY"]
    if not key:
        register(TmdbProvider(None))
        return
    as_token = is_token(key)
    http = context.http_client(
        "tmdb",
        context.settings["TMDB_BASE_URL"],
        secret_params=None if as_token else {"api_key": key},
        secret_headers={"Authorization": f"Bearer {key}"} if as_token else None,
        requests_per_second=REQUESTS_PER_SECOND,
        fault=fault,
    )
    register(TmdbProvider(http))


def is_token(key: str) -> bool:
    """Whether this is a v4 token (a JWT, three parts with dots between them); v3 keys are hexadecimal digits."""
    return key.startswith("eyJ") or "." in key
