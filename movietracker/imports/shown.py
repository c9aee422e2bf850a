"""A job as clients and scripts get it: times in Unix seconds, JSON as it is stored."""

from dataclasses import asdict
from typing import Any

from .jobs import Job
from .rows import ShownRow


def job_json(job: Job) -> dict[str, Any]:
    """A job without its user."""
    shown = asdict(job)
    del shown["user_id"], shown["position"]
    return shown


def row_json(row: ShownRow) -> dict[str, Any]:
    """A row of a preview."""
    return row._asdict()
