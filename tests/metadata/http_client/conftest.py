"""A scripted upstream, and clients of a proxy whose limits are short enough for tests."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from metadata.http_client.scripted_server import ScriptedServer

from movietracker.contracts import JsonHttpClient
from movietracker.metadata.http import Limits, ProxyHttp

SHORT = Limits(connect=0.5, read=0.3, total=0.8, first_pause=0.01, longest_retry_after=0.2, max_bytes=100_000)


# What a loaded machine may add.
SLACK_SECONDS = 0.6


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < seconds + SLACK_SECONDS


class Clock:
    """Wall time that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def upstream() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def new_proxy(tmp_path: Path, clock: Clock) -> Iterator[Callable[..., ProxyHttp]]:
    """Makes proxies of one instance folder; each stands for a process of its own."""
    made: list[ProxyHttp] = []

    def make(ttl: float = 3600, max_entries: int = 500, limits: Limits = SHORT) -> ProxyHttp:
        made.append(ProxyHttp(tmp_path, ttl, max_entries, limits=limits, clock=clock))
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
