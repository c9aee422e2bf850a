"""The viewings of a library, on the days of a time zone."""

import datetime as dt
import math
from typing import NamedTuple

from sqlalchemy import select

from ..models import VIEWINGS
from ..schemas.dates import day_of
from ..services.library_read import LibraryRead
from ..services.movies.columns import of_user

_VIEWINGS = select(
    *(VIEWINGS.c.imdb_id, VIEWINGS.c.id, VIEWINGS.c.watched_on, VIEWINGS.c.watched_at, VIEWINGS.c.moment),
    VIEWINGS.c.created_at,
).where(of_user(VIEWINGS))


class Occasion(NamedTuple):
    """A viewing; the fields are in the order by which occasions are sorted.

    ``date`` is YYYY, YYYY-MM or YYYY-MM-DD as far as it is known, and empty when nothing is; ``moment`` and
    ``created_at`` are Unix seconds.
    """

    date: str
    moment: float
    created_at: float
    imdb_id: str
    id: str

    def is_in(self, year: int | None) -> bool:
        """Whether it was in a year; in None is every one."""
        return year is None or self.date.startswith(str(year))

    @property
    def is_of_known_month(self) -> bool:
        """Whether the month is known."""
        return len(self.date) >= len("YYYY-MM")

    @property
    def is_of_known_day(self) -> bool:
        """Whether the day is known."""
        return len(self.date) == len("YYYY-MM-DD")

    @property
    def day(self) -> dt.date | None:
        """The day, if it is known."""
        return dt.date.fromisoformat(self.date) if self.is_of_known_day else None


def read_occasions(read: LibraryRead, zone: dt.tzinfo) -> list[Occasion]:
    """All viewings of a user in order; what was at a moment has the day that it was in ``zone``."""
    return sorted(
        Occasion(_date(watched_on, watched_at, zone), moment, created_at, imdb_id, viewing_id)
        for imdb_id, viewing_id, watched_on, watched_at, moment, created_at in read.fetch(_VIEWINGS)
    )


def moments_of(year: int | None, zone: dt.tzinfo) -> tuple[float, float]:
    """From which moment until before which one (Unix seconds) it is this year; always for None."""
    if year is None:
        return -math.inf, math.inf
    begins = dt.datetime(year, 1, 1, tzinfo=zone).timestamp()
    ends = dt.datetime(year + 1, 1, 1, tzinfo=zone).timestamp() if year < dt.MAXYEAR else math.inf
    return begins, ends


def _date(watched_on: str | None, watched_at: float | None, zone: dt.tzinfo) -> str:
    if watched_on is not None:
        return watched_on
    return "" if watched_at is None else day_of(watched_at, zone).isoformat()
