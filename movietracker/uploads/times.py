"""When something was watched or added, as programs write it: days, moments, and zero for what they do not know."""

from datetime import UTC, datetime
from typing import Any

from .dates import moment_of, partial_date

_FIRST_DAY = "1870"
_FIRST_MOMENT = datetime(1870, 1, 1, tzinfo=UTC).timestamp()


def when_watched(text: str) -> dict[str, Any]:
    """The fields ``watched_on`` or ``watched_at`` of a row; none for zero, what is no time, and before there was film.

    Midnight is how programs write a day without a time, which stays that day.
    """
    moment = moment_of(text)
    if moment is None or _is_midnight(text):
        day = known_day(text) if moment != 0 else None
        return {"watched_on": day} if day else {}
    return {"watched_at": moment} if moment >= _FIRST_MOMENT else {}


def known_day(text: str) -> str | None:
    """A date as far as it is known, without its time; None for year 1 and the like, by which programs mean nothing."""
    day = partial_date(text)
    return day if day is not None and day >= _FIRST_DAY else None


def _is_midnight(text: str) -> bool:
    time = datetime.fromisoformat(text.strip()).time()
    return not (time.hour or time.minute or time.second or time.microsecond)
