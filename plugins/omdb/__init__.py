"""Ratings by the Open Movie Database (https://www.omdbapi.com); needs a key."""

from __future__ import annotations

from collections.abc import Callable

from movietracker.pluginapi import MetadataProvider, PluginContext, Setting, hookimpl, text, url

from .provider import OmdbProvider, fault

SETTINGS = (
    Setting("OMDB_API_KEY", text, "", "Key of OMDb, for ratings.", secret=True),
    Setting("OMDB_BASE_URL", url, "https://www.omdbapi.com", "Address of OMDb's API."),
)


@hookimpl
def register_settings(register: Callable[[Setting], None]) -> None:
    """Declare the key and the address."""
    for setting in SETTINGS:
        register(setting)


@hookimpl
def register_metadata_providers(register: Callable[[MetadataProvider], None], context: PluginContext) -> None:
    """Offer the provider; without a key it is there but not configured."""
    key = context.settings["OMDB_API_KEY"]
    if not key:
        register(OmdbProvider(None))
        return
    http = context.http_client("omdb", context.settings["OMDB_BASE_URL"], secret_params={"apikey": key}, fault=fault)
    register(OmdbProvider(http))
