"""How many examples hypothesis tries: a few in every run of the tests, many with ``make prove``."""

import os
from typing import Any

from hypothesis import HealthCheck, settings

TIMES = float(os.environ.get("PROVE", "1"))
"""How many times as many examples as in a short run."""


def thorough(examples: int, **options: Any) -> settings:
    """Settings for this many examples in a short run; all examples of a test share its fixtures."""
    slow = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
    count = max(1, round(examples * TIMES))
    return settings(deadline=None, max_examples=count, suppress_health_check=slow, **options)
