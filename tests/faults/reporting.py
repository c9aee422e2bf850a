"""Figures of a proof, for people and scripts."""

from __future__ import annotations

import json
import statistics
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from faults.writing import Comparison, Written


def percentiles(milliseconds: Sequence[float]) -> dict[str, float]:
    """Median, 95th and 99th percentile and the longest, in milliseconds."""
    if len(milliseconds) < 2:
        return {}
    cuts = statistics.quantiles(milliseconds, n=100, method="inclusive")
    values = {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98], "longest": max(milliseconds)}
    return {name: round(value, 1) for name, value in values.items()}


def figures_of(all_written: Iterable[Written], found: Comparison) -> dict[str, Any]:
    """What the writers did and what became of it."""
    all_written = list(all_written)
    refused: Counter[str] = Counter()
    for written in all_written:
        refused += written.refused
    return {
        "acknowledged_writes": sum(written.acknowledged for written in all_written),
        "acknowledged_actions": sum(written.actions for written in all_written),
        "sent_again": sum(written.sent_again for written in all_written),
        "refused": dict(refused),
        "titles": found.titles,
        "lost": len(found.lost),
        "twice": len(found.twice),
        "unheard_of": len(found.unheard_of),
        "examples": [*found.lost[:5], *found.twice[:5], *found.unheard_of[:5]],
        "faults": [fault for written in all_written for fault in written.faults][:20],
    }


def is_whole(figures: dict[str, Any]) -> bool:
    """Whether nothing was lost, doubled or answered wrongly."""
    return bool(figures["acknowledged_writes"]) and not any(
        figures[name] for name in ("lost", "twice", "unheard_of", "faults")
    )


def finish(figures: dict[str, Any], *, is_proved: bool) -> NoReturn:
    """Print the figures, and exit: 1 when they prove nothing."""
    sys.stdout.write(json.dumps(figures, indent=2) + "\n")
    sys.exit(0 if is_proved else 1)
