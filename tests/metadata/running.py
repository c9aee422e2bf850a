"""A run of enrichment by the application under test."""

from typing import Any

from movietracker.metadata.enrichment import Report, enrich
from movietracker.state import state


def run(**options: Any) -> Report:
    report = enrich(state().lookup, **options)
    assert report is not None
    return report
