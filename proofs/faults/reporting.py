"""Figures of a proof, for people and scripts."""

import argparse
import json
import statistics
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn

from .site import DATABASES
from .writing import Comparison, Written


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


def script(
    description: str | None, run: Callable[..., dict[str, Any]], is_proved: Callable[..., bool], **options: Any
) -> NoReturn:
    """Run a proof from the shell, with options of these names and defaults; print its figures, and exit 0 if proved."""
    parser = argparse.ArgumentParser(description=description)
    for name, default in options.items():
        choices = DATABASES if name == "database" else None
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(default), default=default, choices=choices)
    figures = run(**vars(parser.parse_args()))
    print(json.dumps(figures, indent=2))
    sys.exit(0 if is_proved(figures) else 1)
