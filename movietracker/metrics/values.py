"""What others tell the metrics."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DestinationState:
    """How the backups at a destination are: when the newest good one was made (Unix seconds), and the last run's end.

    None for what has not happened yet.
    """

    destination: str
    good_at: float | None
    is_last_ok: bool | None
