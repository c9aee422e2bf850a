"""What the tests of backups share."""

from __future__ import annotations

from support.wall_clock import wall_clock

__all__ = ["wall_clock"]
