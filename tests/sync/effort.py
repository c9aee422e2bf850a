"""How thoroughly to search: a little with every run of the tests, at length with ``make prove``."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

TIMES = int(os.environ.get("PROVE", "1"))
"""How many times as many examples as in a short run."""


def thorough(examples: int, **options: object) -> settings:
    """Settings for so many examples in a short run; a fixture of the test's serves all of its examples."""
    slow = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(deadline=None, max_examples=examples * TIMES, suppress_health_check=slow, **options)  # type: ignore[arg-type]
