"""What became of the titles that people recommended."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, tzinfo
from statistics import median
from typing import Any

from ..schemas.dates import day_of
from .library import Recommender
from .occasions import Occasion, moments_of
from .tallies import Watched

Upvote = tuple[str, int, float]
"""The title, the person, and when (Unix seconds)."""


class _Record:
    """Counts the upvotes of a person."""

    def __init__(self) -> None:
        self.asked = self.watched = self.evidence = self.liked = 0
        self.days: list[int] = []

    def add(self, watched: Watched, days: int | None) -> None:
        """Count an upvoted title that was watched, so many days later."""
        self.watched += 1
        if days is not None:
            self.days.append(days)
        if watched.opinion is not None:
            self.evidence += 1
            self.liked += watched.opinion.liked

    def json(self) -> dict[str, Any]:
        """As RecommenderSchema has it, without the person."""
        return {
            "asked": self.asked,
            "watched": self.watched,
            "evidence": self.evidence,
            "liked": self.liked,
            "liked_share": round(self.liked / self.evidence, 2) if self.evidence else None,
            "median_days": float(median(self.days)) if self.days else None,
        }


def recommenders_json(
    upvotes: Iterable[Upvote],
    people: Mapping[int, Recommender],
    seen: Mapping[str, Sequence[Occasion]],
    watched: Iterable[Watched],
    year: int | None,
    zone: tzinfo,
) -> list[dict[str, Any]]:
    """Those who recommended, the most liked first, then the most watched and the most asked; ties by name.

    Of a year count the upvotes given in it, the titles ``watched`` in it, and the days to viewings in it; ``seen`` are
    all viewings of each title, in order.
    """
    begins, ends = moments_of(year, zone)
    of_title = {each.title.imdb_id: each for each in watched}
    days = {imdb_id: [day for each in seen.get(imdb_id, ()) if (day := each.day) is not None] for imdb_id in of_title}
    records: defaultdict[int, _Record] = defaultdict(_Record)
    for imdb_id, person_id, moment in upvotes:
        if begins <= moment < ends:
            records[person_id].asked += 1
        if imdb_id in of_title:
            records[person_id].add(of_title[imdb_id], _days_until(day_of(moment, zone), days[imdb_id], year))
    found = [(people[key], record) for key, record in records.items()]
    found.sort(key=lambda each: (-each[1].liked, -each[1].watched, -each[1].asked, each[0].name, each[0].person_id))
    return [{"person_id": person.person_id, "name": person.name} | record.json() for person, record in found]


def _days_until(asked_on: date, watched_on: Sequence[date], year: int | None) -> int | None:
    """The days until a title was watched, given the days on which it was, in order; None when that is another year."""
    at = bisect_left(watched_on, asked_on)
    if at == len(watched_on) or (year is not None and watched_on[at].year != year):
        return None
    return (watched_on[at] - asked_on).days
