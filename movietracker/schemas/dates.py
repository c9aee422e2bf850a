"""Dates that are known as far as a year, a month or a day: YYYY, YYYY-MM or YYYY-MM-DD."""

import calendar
import re
from datetime import UTC, date, datetime, time, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .values import Fault, Value, moment, text

FIRST_YEAR = 1870
"""Before it there was no film to be watched."""

LAST_YEAR = 9999
FIRST_DATE, LAST_DATE = str(FIRST_YEAR), str(LAST_YEAR)
"""What comes first and last of all dates."""

DAY_SECONDS = 86_400.0
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_AHEAD_SECONDS, _BEHIND_SECONDS = 14 * 3600.0, 12 * 3600.0  # the time zones of the earth, from UTC


def first_day_of(text: str) -> date:
    """The first day that a date can mean."""
    year, month, day = _parts(text)
    return date(year, month or 1, day or 1)


def last_day_of(text: str) -> date:
    """The last day that a date can mean."""
    year, month, day = _parts(text)
    month = month or 12
    return date(year, month, day or calendar.monthrange(year, month)[1])


@lru_cache(4096)  # a title with many viewings is put in order for each change of one
def noon_of_first_day(text: str) -> float:
    """Noon UTC of the first day that a date can mean (Unix seconds)."""
    return datetime.combine(first_day_of(text), time(12), UTC).timestamp()


def start_of(day: date) -> float:
    """The beginning of a day in UTC (Unix seconds)."""
    return datetime.combine(day, time(), UTC).timestamp()


def day_of(moment: float, zone: tzinfo = UTC) -> date:
    """The day of a moment (Unix seconds) in a time zone."""
    return datetime.fromtimestamp(moment, zone).date()


def is_on(moment: float, text: str) -> bool:
    """Whether a moment (Unix seconds) can be on that date, in whatever time zone the user was."""
    begins = start_of(first_day_of(text)) - _AHEAD_SECONDS
    ends = start_of(last_day_of(text)) + DAY_SECONDS + _BEHIND_SECONDS
    return begins <= moment < ends


def _parts(text: str) -> tuple[int, int | None, int | None]:
    found = _DATE.fullmatch(text)
    assert found is not None
    year, month, day = (None if part is None else int(part) for part in found.groups())
    assert year is not None
    return year, month, day


def _partial_date(value: Any) -> str:
    if not isinstance(value, str) or _DATE.fullmatch(value) is None:
        raise Fault("must be a date: YYYY, YYYY-MM or YYYY-MM-DD")
    try:
        first = first_day_of(value)
    except ValueError:
        raise Fault("must be a date that exists") from None
    if first.year < FIRST_YEAR:
        raise Fault(f"must not be before {FIRST_YEAR}")
    return value


def _time_zone(value: Any) -> str:
    name: str = _ZONE_NAME.check(value)
    try:
        ZoneInfo(name)  # which refuses what leads out of the database
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Fault("must be a time zone such as Europe/Vienna") from None
    return name


PARTIAL_DATE = Value(_partial_date, {"type": "string", "pattern": f"^{_DATE.pattern}$"}, "1998-07")

WATCHED_AT = moment(start_of(date(FIRST_YEAR, 1, 1)))
"""When a title was watched, which may be before 1970."""

_ZONE_NAME = text("Europe/Vienna", low=1, high=64)
TIME_ZONE = Value(_time_zone, _ZONE_NAME.schema, _ZONE_NAME.example)
"""The name of a time zone in the IANA database."""
