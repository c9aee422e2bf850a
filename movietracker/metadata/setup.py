"""Putting the proxy together for one application."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..plugin_context import PluginContext
from ..plugin_manager import PluginManager
from ..redis_link import RedisLink
from .chain import ProviderChain, order_providers
from .http import ProxyHttp
from .lookup import Lookup


def make_http(settings: Mapping[str, Any], instance_path: Path, redis: RedisLink | None) -> ProxyHttp:
    """The HTTP client that all providers share."""
    return ProxyHttp(instance_path, settings["CACHE_TTL_SECONDS"], settings["CACHE_MAX_ENTRIES"], redis=redis)


def make_lookup(plugins: PluginManager, context: PluginContext) -> Lookup:
    """The providers that plugins offer, in the order that METADATA_PROVIDERS gives."""
    offered = plugins.metadata_providers(context)
    return Lookup(ProviderChain(order_providers(offered, context.settings["METADATA_PROVIDERS"])))
