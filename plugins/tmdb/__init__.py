"""Metadata by The Movie Database (https://www.themoviedb.org), which needs a key; and importing what it exports."""

from collections.abc import Callable

from movietracker.pluginapi import Importer, MetadataProvider, PluginContext, Setting, hookimpl, text, url

from .provider import TmdbProvider
from .shapes import fault

# TMDB allows about 50 per second (https://developer.themoviedb.org/docs/rate-limiting).
REQUESTS_PER_SECOND = 40


@hookimpl
def register_settings(register: Callable[[Setting], None]) -> None:
    """Declare the key and the address."""
    register(Setting("TMDB_API_KEY", text, "", "TMDB API key: a v3 key, or a v4 token (sent as Bearer).", secret=True))
    register(Setting("TMDB_BASE_URL", url, "https://api.themoviedb.org/3", "Base URL of the TMDB API, version 3."))


@hookimpl
def register_metadata_providers(register: Callable[[MetadataProvider], None], context: PluginContext) -> None:
    """Register the provider, which is not configured without a key."""
    key = context.settings["TMDB_API_KEY"]
    if not key:
        register(TmdbProvider(None))
        return
    # A v4 token is a JWT, three parts with dots between them; a v3 key is hexadecimal digits.
    as_token = key.startswith("eyJ") or "." in key
    http = context.http_client(
        "tmdb",
        context.settings["TMDB_BASE_URL"],
        secret_params=None if as_token else {"api_key": key},
        secret_headers={"Authorization": f"Bearer {key}"} if as_token else None,
        requests_per_second=REQUESTS_PER_SECOND,
        fault=fault,
    )
    register(TmdbProvider(http))


@hookimpl
def register_importers(register: Callable[[Importer], None]) -> None:
    """Offer the importer, which needs no key."""
    from .importer import TmdbImporter  # commands that import nothing start without it

    register(TmdbImporter())
