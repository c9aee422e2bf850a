"""Providers as the application makes them: registered by their plugin, over the real HTTP client, from a stand-in."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from movietracker.pluginapi import MetadataProvider, PluginContext, Setting
from movietracker.upstream import ProxyHttp

Register = Callable[[ModuleType, Mapping[str, Any]], MetadataProvider]


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Register]:
    """Registers a plugin module with settings (the rest at their defaults) and returns the provider that it offers."""
    http = ProxyHttp(tmp_path, ttl_seconds=3600, max_entries=500)

    def registered(plugin: ModuleType, given: Mapping[str, Any]) -> MetadataProvider:
        settings: list[Setting] = []
        plugin.register_settings(settings.append)
        values = {each.name: each.read(given.get(each.name, each.default), "the test") for each in settings}
        offered: list[MetadataProvider] = []
        plugin.register_metadata_providers(offered.append, PluginContext(values, tmp_path, http))
        (provider,) = offered
        return provider

    yield registered
    http.close()
