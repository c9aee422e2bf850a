"""Ratings by the Open Movie Database (https://www.omdbapi.com); needs a key."""

from collections.abc import Callable

from movietracker.pluginapi import MetadataProvider, PluginContext, Setting, hookimpl, text, url

from .provider import OmdbProvider, fault


@hookimpl
def register_settings(register: Callable[[Setting], None]) -> None:
    """Declare the key and the address."""
    register(Setting("OMDB_API_KEY", text, "", "OMDb API key, for ratings.", secret=True))
    register(Setting("OMDB_BASE_URL", url, "https://www.omdbapi.com", "Base URL of the OMDb API."))


@hookimpl
def register_metadata_providers(register: Callable[[MetadataProvider], None], context: PluginContext) -> None:
    """Register the provider, which is not configured without a key."""
    key, base_url = context.settings["OMDB_API_KEY"], context.settings["OMDB_BASE_URL"]
    http = context.http_client("omdb", base_url, secret_params={"apikey": key}, fault=fault) if key else None
    register(OmdbProvider(http))
