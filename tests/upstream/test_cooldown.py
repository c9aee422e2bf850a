"""A service that cannot be reached is not asked for a while, so that searches do not wait for it in vain."""

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import pytest
from upstream.conftest import SHORT
from upstream.scripted_server import Reply, ScriptedServer, answer, hang_up, silence

from movietracker import circuit_breaker
from movietracker.errors import ProviderUnreachable
from movietracker.plugin.providers import JsonHttpClient
from movietracker.upstream import ProxyHttp

LIMITS = replace(SHORT, cooldown=15.0, retries=0)


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time on the monotonic clock of circuit breakers, to be changed by the test."""
    now = [100.0]
    monkeypatch.setattr(circuit_breaker, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


@pytest.fixture
def client(new_proxy: Callable[..., ProxyHttp], upstream: ScriptedServer, seconds: list[float]) -> JsonHttpClient:
    return new_proxy(limits=LIMITS)("films", upstream.url)


@pytest.mark.parametrize("trouble", [hang_up, silence])
def test_an_unreachable_service_is_asked_again_after_the_cooldown(
    client: JsonHttpClient, upstream: ScriptedServer, seconds: list[float], trouble: Reply
) -> None:
    upstream.says(trouble, answer({"good": 1}))
    for question in ("/1", "/2"):
        with pytest.raises(ProviderUnreachable):
            client.get_json(question)
    assert upstream.calls == 1
    seconds[0] += LIMITS.cooldown
    assert client.get_json("/2") == {"good": 1}


def test_what_must_be_fresh_is_asked_for_and_ends_the_cooldown(
    client: JsonHttpClient, upstream: ScriptedServer
) -> None:
    upstream.says(hang_up, answer({"good": 1}))
    with pytest.raises(ProviderUnreachable):
        client.get_json("/1")
    assert client.get_json("/2", fresh=True) == {"good": 1}
    assert client.get_json("/1") == {"good": 1}


@pytest.mark.parametrize("status", [401, 404, 500])
def test_a_service_that_responds_with_an_error_is_asked_again(
    client: JsonHttpClient, upstream: ScriptedServer, status: int
) -> None:
    upstream.says(answer({}, status), answer({"good": 1}))
    with pytest.raises(Exception, match="films"):
        client.get_json("/1")
    assert client.get_json("/2") == {"good": 1}


def test_a_queue_of_our_own_does_not_count(
    new_proxy: Callable[..., ProxyHttp], upstream: ScriptedServer, seconds: list[float]
) -> None:
    client = new_proxy(limits=LIMITS)("films", upstream.url, requests_per_second=0.1)
    client.get_json("/1")
    for _ in range(2):
        with pytest.raises(ProviderUnreachable, match="waiting"):
            client.get_json("/2")


def test_one_service_does_not_stand_for_another(
    new_proxy: Callable[..., ProxyHttp], upstream: ScriptedServer, seconds: list[float]
) -> None:
    proxy = new_proxy(limits=LIMITS)
    with pytest.raises(ProviderUnreachable):
        proxy("gone", "http://127.0.0.1:1").get_json("/")
    upstream.says(answer({"good": 1}))
    assert proxy("films", upstream.url).get_json("/") == {"good": 1}
