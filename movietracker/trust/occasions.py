"""The viewings of a library, on the days of a time zone."""

from collections.abc import Iterable
from datetime import date, tzinfo
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

    @property
    def is_of_known_month(self) -> bool:
        """Whether the month is known."""
        return len(self.date) >= len("YYYY-MM")

    @property
    def is_of_known_day(self) -> bool:
        """Whether the day is known."""
        return len(self.date) == len("YYYY-MM-DD")


def read_occasions(read: LibraryRead, zone: tzinfo) -> list[Occasion]:
    """All viewings of a user in order; what was at a moment has the day that it was in ``zone``."""
    return sorted(
        Occasion(_date(watched_on, watched_at, zone), moment, created_at, imdb_id, viewing_id)
        for imdb_id, viewing_id, watched_on, watched_at, moment, created_at in read.fetch(_VIEWINGS)
    )


def days_until_watched(asked_on: date, occasions: Iterable[Occasion]) -> tuple[int, Occasion] | None:
    """The days from one until the first occasion on it or later whose day is known, and that occasion, if any."""
    text = asked_on.isoformat()
    for occasion in occasions:
        if occasion.is_of_known_day and occasion.date >= text:
            return (date.fromisoformat(occasion.date) - asked_on).days, occasion
    return None


def _date(watched_on: str | None, watched_at: float | None, zone: tzinfo) -> str:
    if watched_on is not None:
        return watched_on
    return "" if watched_at is None else day_of(watched_at, zone).isoformat()
