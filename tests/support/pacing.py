"""Whether requests keep the pace that a provider allows."""

from collections.abc import Iterable

LATE_SECONDS = 0.9


def is_kept(arrivals: Iterable[float], per_second: int) -> bool:
    """Whether each came no earlier than the pace allows, though the first may have been late on its way."""
    first, *rest = sorted(arrivals)
    return all(moment - first >= number // per_second - LATE_SECONDS for number, moment in enumerate(rest, 1))
