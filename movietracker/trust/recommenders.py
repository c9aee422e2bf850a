"""What became of the titles that people recommended."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import tzinfo
from statistics import median
from typing import Any

from ..schemas.dates import day_of
from .library import Library, TitleVote
from .occasions import Occasion, days_until_watched
from .tallies import Entry


class _Record:
    """Counts the upvotes of a person."""

    def __init__(self) -> None:
        self.asked = self.watched = self.evidence = self.liked = 0
        self.days: list[int] = []

    def add(self, entry: Entry) -> None:
        """Count an upvoted title that was watched."""
        self.watched += 1
        if entry.opinion is not None:
            self.evidence += 1
            self.liked += entry.opinion.liked

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
    library: Library, entries: Iterable[Entry], occasions: Iterable[Occasion], year: int | None, zone: tzinfo
) -> list[dict[str, Any]]:
    """Those who recommended, the most liked first, then the most watched and the most asked; ties by name.

    Of a year count the upvotes given in it, the titles of ``entries``, and the days to viewings in it.
    """
    records: defaultdict[int, _Record] = defaultdict(_Record)
    for title in library.titles.values():
        for vote in title.votes:
            if vote.is_up and (year is None or day_of(vote.date, zone).year == year):
                records[vote.person_id].asked += 1
    for entry in entries:
        for vote in entry.title.votes if entry.is_watched else ():
            if vote.is_up:
                records[vote.person_id].add(entry)
    _add_days(records, library, occasions, year, zone)
    people = [(library.people[key], record) for key, record in records.items()]
    people.sort(key=lambda each: (-each[1].liked, -each[1].watched, -each[1].asked, each[0].name, each[0].person_id))
    return [{"person_id": person.person_id, "name": person.name} | record.json() for person, record in people]


def _add_days(
    records: defaultdict[int, _Record], library: Library, occasions: Iterable[Occasion], year: int | None, zone: tzinfo
) -> None:
    occasions_of: defaultdict[str, list[Occasion]] = defaultdict(list)
    for occasion in occasions:
        occasions_of[occasion.imdb_id].append(occasion)
    for imdb_id, seen in occasions_of.items():
        for vote in library.titles[imdb_id].votes:
            if vote.is_up and (days := _days_of(vote, seen, year, zone)) is not None:
                records[vote.person_id].days.append(days)


def _days_of(vote: TitleVote, seen: Sequence[Occasion], year: int | None, zone: tzinfo) -> int | None:
    found = days_until_watched(day_of(vote.date, zone), seen)
    if found is None or not (year is None or found[1].date.startswith(f"{year}")):
        return None
    return found[0]
