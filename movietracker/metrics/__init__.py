"""What the parts of the application count; /metrics shows it to Prometheus (see api/metrics.py).

The series themselves are in series.py, which is imported at the first count and not before: the library decides
at its import whether the counts belong to one process or are shared by several, by PROMETHEUS_MULTIPROC_DIR, and
``movietracker serve`` sets that when it knows how it will serve. Start-up is quicker without it, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

from .values import DestinationState

__all__ = [
    "DestinationState",
    "actions_done",
    "cache_asked",
    "exposition",
    "provider_called",
    "request_answered",
    "sockets_open",
    "stale_served",
    "upstream_asked",
]


def request_answered(method: str, route: str, status: int, seconds: float) -> None:
    """Count a request; ``route`` is the rule that it matched, with no ids in it."""
    count, observe = _request_series(method, route, status)
    count()
    observe(seconds)


def cache_asked(*, hit: bool) -> None:
    """Count a look into the cache of providers' answers."""
    from . import series

    series.CACHE_ANSWERS.labels("hit" if hit else "miss").inc()


def stale_served() -> None:
    """Count an expired answer that stood in for a failing provider."""
    from . import series

    series.CACHE_ANSWERS.labels("stale").inc()


def provider_called(provider: str, outcome: str) -> None:
    """Count a call of a metadata provider; ``outcome`` is ``ok`` or the code of the problem."""
    from . import series

    series.PROVIDER_CALLS.labels(provider, outcome).inc()


def upstream_asked(upstream: str, outcome: str) -> None:
    """Count a request that went out to a provider's service; ``outcome`` is ``ok`` or the code of the problem."""
    from . import series

    series.UPSTREAM_REQUESTS.labels(upstream, outcome).inc()


def actions_done(outcomes: Iterable[tuple[str, str]]) -> None:
    """Count sync actions by kind and outcome."""
    from . import series

    for action, outcome in outcomes:
        series.SYNC_ACTIONS.labels(action, outcome).inc()


def sockets_open(count: int) -> None:
    """Note how many sockets this process serves."""
    from . import series

    series.SOCKETS.set(count)


def exposition(accept: str, now: float, backups: Iterable[DestinationState] | None) -> tuple[bytes, str]:
    """All series in a format that is accepted, and its content type; no ``backups`` when the database is away."""
    from . import series

    return series.exposition(accept, now, backups)


@cache
def _request_series(method: str, route: str, status: int) -> tuple[Callable[[], None], Callable[[float], None]]:
    """The functions that count a request and its time; finding them takes longer than counting does."""
    from . import series

    count = series.REQUESTS.labels(method, route, status).inc
    return count, series.REQUEST_SECONDS.labels(method, route).observe
