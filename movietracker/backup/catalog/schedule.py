"""When the nightly run is due."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tzlocal import get_localzone

logger = logging.getLogger("movietracker.backup")


@dataclass(frozen=True, slots=True)
class Schedule:
    """The nightly run: every day at this time in this zone."""

    hour: int
    minute: int
    zone: tzinfo

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """The schedule of BACKUP_HOUR, BACKUP_MINUTE and TIMEZONE; without one the machine's own time zone."""
        zone = ZoneInfo(settings["TIMEZONE"]) if settings["TIMEZONE"] else _machines_zone()
        return cls(settings["BACKUP_HOUR"], settings["BACKUP_MINUTE"], zone)

    def last_due(self, now: float) -> float:
        """The latest moment at or before ``now`` at which a run was due, in Unix seconds.

        A time that the clocks skip in spring is due when they would have shown it; one that occurs twice in autumn is
        due the first time.
        """
        today = self.local(now).date()
        at = time(self.hour, self.minute, tzinfo=self.zone)
        moments = (datetime.combine(today - timedelta(days=days), at).timestamp() for days in range(3))
        return max(moment for moment in moments if moment <= now)

    def local(self, moment: float) -> datetime:
        """A moment as the clocks of the zone show it."""
        return datetime.fromtimestamp(moment, UTC).astimezone(self.zone)


def _machines_zone() -> tzinfo:
    """The time zone of this machine; UTC, and a warning, if it is unknown (TZ holds something else, say)."""
    try:
        return get_localzone()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        logger.warning("This machine's time zone is not known, so UTC is used; set TIMEZONE, such as Europe/Vienna.")
        return UTC
