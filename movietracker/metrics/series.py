"""The series of /metrics. Import it through the package only, which says why."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from .values import DestinationState

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"

# A phone notices a tenth of a second; the longest is an import of a whole library.
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0)

_BY = ("destination",)

_REGISTRY = CollectorRegistry()

REQUESTS = Counter("movietracker_requests", "Requests answered.", ("method", "route", "status"), registry=_REGISTRY)
REQUEST_SECONDS = Histogram(
    "movietracker_request_duration_seconds",
    "Seconds from a request's arrival in the application to its answer.",
    ("method", "route"),
    buckets=_SECONDS,
    registry=_REGISTRY,
)
CACHE_ANSWERS = Counter(
    "movietracker_cache_answers",
    "Looks into the cache of providers' answers: hit, miss, or stale for an expired answer that was served.",
    ("result",),
    registry=_REGISTRY,
)
PROVIDER_CALLS = Counter(
    "movietracker_provider_calls",
    "Calls of metadata providers, answered from the cache or not; the outcome is ok or a problem's code.",
    ("provider", "outcome"),
    registry=_REGISTRY,
)
UPSTREAM_REQUESTS = Counter(
    "movietracker_upstream_requests",
    "Requests sent to providers' services, each attempt counted; the outcome is ok or a problem's code.",
    ("provider", "outcome"),
    registry=_REGISTRY,
)
SYNC_ACTIONS = Counter(
    "movietracker_sync_actions", "Sync actions, by kind and outcome.", ("action", "outcome"), registry=_REGISTRY
)
SOCKETS = Gauge("movietracker_sockets", "Open sockets on /ws/sync.", multiprocess_mode="livesum", registry=_REGISTRY)


def exposition(accept: str, now: float, backups: Iterable[DestinationState] | None) -> tuple[bytes, str]:
    """See the package."""
    registry = CollectorRegistry()
    if FOLDER_VARIABLE in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # the counts of all processes that share the folder
    else:
        registry.register(_REGISTRY)
    registry.register(_Database(now, backups))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


class _Database(Collector):
    """What the database tells at the time of asking."""

    def __init__(self, now: float, backups: Iterable[DestinationState] | None) -> None:
        self._now = now
        self._backups = backups

    def collect(self) -> Iterator[Metric]:
        """The gauges."""
        is_up = 0 if self._backups is None else 1
        yield GaugeMetricFamily("movietracker_database_up", "Whether the database answers.", value=is_up)
        good_at = GaugeMetricFamily(
            "movietracker_backup_last_success_timestamp_seconds", "When the newest good backup was made.", labels=_BY
        )
        age = GaugeMetricFamily("movietracker_backup_age_seconds", "Age of the newest good backup.", labels=_BY)
        result = GaugeMetricFamily(
            "movietracker_backup_last_result", "Whether the last run backed every user up: 1 or 0.", labels=_BY
        )
        for state in self._backups or ():
            if state.good_at is not None:
                good_at.add_metric([state.destination], state.good_at)
                age.add_metric([state.destination], self._now - state.good_at)
            if state.is_last_ok is not None:
                result.add_metric([state.destination], int(state.is_last_ok))
        yield from (good_at, age, result)
