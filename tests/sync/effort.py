"""How thoroughly to search: a little with every run of the tests, at length with ``make prove``."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, Phase, settings

TIMES = float(os.environ.get("PROVE", "1"))
"""How many times as many examples as in a short run."""

IS_DEFECT_SEEDED = "SYNC_DEFECT" in os.environ
"""Whether a defect is to be found, see mutations.py; then the first failure is enough."""


def thorough(examples: int, **options: Any) -> settings:
    """Settings for so many examples in a short run; a fixture of the test's serves all of its examples."""
    slow = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
    if IS_DEFECT_SEEDED:
        options |= {"phases": (Phase.explicit, Phase.generate), "report_multiple_bugs": False, "database": None}
    count = max(1, round(examples * TIMES))
    return settings(deadline=None, max_examples=count, suppress_health_check=slow, **options)
