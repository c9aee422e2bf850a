"""What the providers tmdb and omdb have in common: a key, an address, a check, and refusal without a valid key."""

from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

import movietracker_plugins.omdb
import movietracker_plugins.tmdb
import pytest
from standin import Standin

from movietracker.pluginapi import MetadataProvider, ProviderFailed, ProviderNotConfigured, ProviderRefused, Setting
from movietracker.testing.providers import CALLS

Register = Callable[..., MetadataProvider]
PLUGINS = {
    "TMDB": (movietracker_plugins.tmdb, "https://api.themoviedb.org/3"),
    "OMDB": (movietracker_plugins.omdb, "https://www.omdbapi.com"),
}


@pytest.fixture(params=PLUGINS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def plugin(name: str) -> ModuleType:
    return PLUGINS[name][0]


def calls_of(provider: MetadataProvider) -> list[Callable[[], Any]]:
    """Every call that the provider offers."""
    calls = [call for capability in provider.capabilities for call in CALLS[capability].items()]
    return [provider.check, *(partial(getattr(provider, method), *arguments) for method, arguments in calls)]


def test_the_key_is_a_secret_setting(name: str, plugin: ModuleType) -> None:
    settings: list[Setting] = []
    plugin.register_settings(settings.append)
    declared = {setting.name: setting for setting in settings}
    assert declared[f"{name}_API_KEY"].secret
    assert declared[f"{name}_BASE_URL"].default == PLUGINS[name][1]


@pytest.mark.parametrize("key", ["", " "])
def test_without_a_key_it_is_not_configured_and_sends_no_request(
    name: str, plugin: ModuleType, standin: Standin, register: Register, key: str
) -> None:
    provider = register(plugin, {**standin.settings, f"{name}_API_KEY": key})
    assert provider.is_configured() is False
    for call in calls_of(provider):
        with pytest.raises(ProviderNotConfigured, match=f"{name}_API_KEY"):
            call()
    assert standin.calls == []


def test_a_wrong_key_is_refused(name: str, plugin: ModuleType, standin: Standin, register: Register) -> None:
    provider = register(plugin, {**standin.settings, f"{name}_API_KEY": "f" * 32})
    for call in calls_of(provider):
        with pytest.raises(ProviderRefused):
            call()


def test_a_check_at_a_wrong_address_names_the_setting(
    name: str, plugin: ModuleType, standin: Standin, register: Register
) -> None:
    provider = register(plugin, {**standin.settings, f"{name}_BASE_URL": f"{standin.url}/nothing"})
    with pytest.raises(ProviderFailed, match=f"{name}_BASE_URL"):
        provider.check()


def test_each_check_is_a_real_call(plugin: ModuleType, standin: Standin, register: Register) -> None:
    provider = register(plugin, standin.settings)
    provider.check()
    provider.check()
    assert len(standin.calls) == 2
