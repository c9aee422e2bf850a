"""The series of /metrics (see api/metrics.py for the endpoint).

prometheus_client is imported at the first count: on import it decides by PROMETHEUS_MULTIPROC_DIR whether counts are
shared by several processes, and ``movietracker serve`` sets that only once it knows how it serves. Start-up is also
50 ms faster without it. Those counts are in files, which others may clear away: no request fails of it.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, wraps
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, ParamSpec, cast

from .files import hold

if TYPE_CHECKING:
    from prometheus_client import Metric
    from prometheus_client.registry import Collector

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"

# People notice a tenth of a second; the longest request imports a whole library.
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0)

_COUNTERS = {
    "requests": ("Requests served.", "method", "route", "status"),
    "cache_answers": (
        "Lookups in the cache of providers' responses: hit, miss, or stale for an expired one that was served.",
        "result",
    ),
    "provider_calls": (
        "Calls of metadata providers, cached or not; the outcome is ok or a problem's code.",
        "provider",
        "outcome",
    ),
    "upstream_requests": (
        "Requests sent to providers' services, each attempt counted; the outcome is ok or a problem's code.",
        "provider",
        "outcome",
    ),
    "sync_actions": ("Sync actions, by kind and outcome.", "action", "outcome"),
}
"""What each counts, and its labels."""

P = ParamSpec("P")

_logger = logging.getLogger("movietracker.metrics")


@dataclass(frozen=True, slots=True)
class DestinationState:
    """State of the backups at a destination: when the newest good one was made (Unix seconds), and the last result.

    Only runs over all users count. None for what has not happened yet.
    """

    destination: str
    good_at: float | None
    is_last_ok: bool | None


def _harmless(count: Callable[P, None]) -> Callable[P, None]:
    """Let what cannot be counted be told in the log, each problem once, and fail nothing else."""

    @wraps(count)
    def counted(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            count(*args, **kwargs)
        except OSError as error:
            _tell(f"/metrics misses what this process does: {error}.")

    return counted


@cache
def _tell(problem: str) -> None:
    _logger.warning(problem)


@_harmless
def request_answered(method: str, route: str, status: int, seconds: float) -> None:
    """Count a request; ``route`` is the rule that it matched, with no ids in it."""
    count_one, observe = _request_series(method, route, status)
    count_one()
    observe(seconds)


@_harmless
def count(counter: str, *labels: str) -> None:
    """Count one more of a kind: ``count("sync_actions", action, outcome)``."""
    _series().counters[counter].labels(*labels).inc()


@_harmless
def sockets_open(number: int) -> None:
    """Note how many sockets this process has open."""
    _series().sockets.set(number)


def forget_process(pid: int) -> None:
    """Drop the gauges of a process that has ended, if processes share their counts; what it counted stays."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(pid)  # type: ignore[no-untyped-call]


def exposition(accept: str, now: float, backups: Iterable[DestinationState] | None) -> tuple[bytes, str]:
    """Return all series in a format that ``accept`` allows, and its content type.

    ``backups`` is None when the database is not available.
    """
    from prometheus_client import CollectorRegistry
    from prometheus_client.exposition import choose_encoder
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder is None:
        registry.register(_series().registry)
    else:
        try:
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the counts of all processes of the folder
        except ValueError:
            _tell(f"/metrics has no counts: the folder {folder} is not there. Restart the server to count again.")
    registry.register(cast("Collector", _Database(now, backups)))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


class _Series:
    """The series that this process counts."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self.registry = CollectorRegistry()
        self.sockets = Gauge(
            "movietracker_sockets", "Open sockets on /ws/sync.", multiprocess_mode="livesum", registry=self.registry
        )
        self.counters = {
            name: Counter(f"movietracker_{name}", description, labels, registry=self.registry)
            for name, (description, *labels) in _COUNTERS.items()
        }
        self.request_seconds = Histogram(
            "movietracker_request_duration_seconds",
            "Seconds from a request's arrival in the application to its response.",
            ("method", "route"),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        # Each type of series has a file, opened at the first labels: now, as it may not be possible later.
        self.counters["cache_answers"].labels("hit")
        self.request_seconds.labels("GET", "/metrics")


@cache
def _one_series() -> _Series:
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder is None:
        return _Series()
    Path(folder).mkdir(mode=0o700, exist_ok=True)  # some systems delete what is old, or a user's who has logged out
    made = _Series()
    hold(Path(folder))
    return made


_lock = Lock()


def _series() -> _Series:
    with _lock:  # two threads that count first at the same time would otherwise make one each
        return _one_series()


@cache
def _request_series(method: str, route: str, status: int) -> tuple[Callable[[], None], Callable[[float], None]]:
    """Return the functions that count a request and its time; finding them takes longer than counting."""
    made = _series()
    count_one = made.counters["requests"].labels(method, route, status).inc
    return count_one, made.request_seconds.labels(method, route).observe


class _Database:
    """A collector of what the database knows when /metrics is requested."""

    def __init__(self, now: float, backups: Iterable[DestinationState] | None) -> None:
        self._now = now
        self._backups = backups

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges."""
        from prometheus_client.core import GaugeMetricFamily

        is_up = 0 if self._backups is None else 1
        yield GaugeMetricFamily("movietracker_database_up", "Whether the database answers.", value=is_up)
        by = ("destination",)
        good_at = GaugeMetricFamily(
            "movietracker_backup_last_success_timestamp_seconds",
            "When a run over all users last made a good backup.",
            labels=by,
        )
        age = GaugeMetricFamily("movietracker_backup_age_seconds", "Age of that backup.", labels=by)
        result = GaugeMetricFamily(
            "movietracker_backup_last_result",
            "Whether the last run over all users backed each of them up: 1 or 0.",
            labels=by,
        )
        for state in self._backups or ():
            if state.good_at is not None:
                good_at.add_metric([state.destination], state.good_at)
                age.add_metric([state.destination], max(0.0, self._now - state.good_at))
            if state.is_last_ok is not None:
                result.add_metric([state.destination], int(state.is_last_ok))
        yield from (good_at, age, result)
