"""When the nightly run is due."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tzlocal import get_localzone

logger = logging.getLogger("movietracker.backup")


@dataclass(frozen=True, slots=True)
class Schedule:
    """Every day at this time of this zone."""

    hour: int
    minute: int
    zone: tzinfo

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Schedule:
        """What BACKUP_HOUR, BACKUP_MINUTE and TIMEZONE say; the machine's own time zone unless one is set."""
        zone = ZoneInfo(settings["TIMEZONE"]) if settings["TIMEZONE"] else _machines_zone()
        return cls(settings["BACKUP_HOUR"], settings["BACKUP_MINUTE"], zone)

    def last_due(self, now: float) -> float:
        """The latest moment at or before ``now`` at which a run was due, in Unix seconds.

        A time that the clocks skip in spring is due when they would have shown it; one that they show twice in autumn
        is due the first time.
        """
        today = self.local(now).date()
        candidates = (self._moment(today - timedelta(days=days)) for days in range(3))
        return max(moment for moment in candidates if moment <= now)

    def local(self, moment: float) -> datetime:
        """A moment as the clocks of the zone show it."""
        return datetime.fromtimestamp(moment, UTC).astimezone(self.zone)

    def _moment(self, day: Any) -> float:
        return datetime(day.year, day.month, day.day, self.hour, self.minute, tzinfo=self.zone).timestamp()


def _machines_zone() -> tzinfo:
    """The time zone of this machine; UTC, and a warning, when it cannot be told (TZ holds something else, say)."""
    try:
        return get_localzone()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        logger.warning("This machine's time zone is not known, so UTC is used; set TIMEZONE, such as Europe/Vienna.")
        return UTC
