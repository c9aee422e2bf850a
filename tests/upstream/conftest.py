"""A scripted upstream, and clients of a proxy whose limits are short enough for tests."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import time_machine
from upstream.scripted_server import ScriptedServer

from movietracker.plugin.providers import JsonHttpClient
from movietracker.upstream import Limits, ProxyHttp

# Silence costs a test so much time; a loaded machine must be able to respond within it.
SHORT = Limits(connect=2.0, read=2.0, total=4.0, backoff=0.01, max_retry_after=0.2, max_bytes=100_000, cooldown=0)

# What a loaded machine may add; what must not be waited for takes three times as long.
SLACK_SECONDS = 10.0


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < seconds + SLACK_SECONDS


@pytest.fixture
def upstream() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """The wall clock, which a test may move."""
    with time_machine.travel(time.time()) as traveller:
        yield traveller


@pytest.fixture
def new_proxy(tmp_path: Path) -> Iterator[Callable[..., ProxyHttp]]:
    """Makes proxies of one instance folder; each stands for a process of its own."""
    made: list[ProxyHttp] = []

    def make(ttl: int = 3600, max_entries: int = 500, limits: Limits = SHORT) -> ProxyHttp:
        made.append(ProxyHttp(tmp_path, ttl, max_entries, limits=limits))
        return made[-1]

    yield make
    for proxy in made:
        proxy.close()


@pytest.fixture
def proxy(new_proxy: Callable[..., ProxyHttp]) -> ProxyHttp:
    return new_proxy()


@pytest.fixture
def new_client(proxy: ProxyHttp, upstream: ScriptedServer) -> Callable[..., JsonHttpClient]:
    """Makes clients named "films" of the scripted upstream."""

    def make(**options: Any) -> JsonHttpClient:
        return proxy("films", upstream.url, **options)

    return make


@pytest.fixture
def client(new_client: Callable[..., JsonHttpClient]) -> JsonHttpClient:
    return new_client()
