"""What the titles of a genre, a decade or a director have in common, counted."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from .library import Title
from .occasions import Occasion
from .outcomes import Opinion

MAX_GENRES = 50
MAX_DIRECTORS = 20


class Entry(NamedTuple):
    """A title that counts, with its viewings that do, in order; ``minutes`` is how long one of them took."""

    title: Title
    occasions: Sequence[Occasion]
    is_watched: bool
    opinion: Opinion | None
    minutes: int | None


class Tally:
    """Counts titles that have something in common."""

    __slots__ = ("liked", "ratings", "titles", "viewings", "watched")

    def __init__(self) -> None:
        self.titles = self.watched = self.viewings = self.liked = 0
        self.ratings: list[float] = []

    def add(self, entry: Entry) -> None:
        """Count another title."""
        self.titles += 1
        if entry.is_watched:
            self.watched += 1
            self.viewings += len(entry.occasions)
            self.liked += entry.opinion is not None and entry.opinion.liked
        if entry.title.rating is not None:
            self.ratings.append(entry.title.rating)

    def json(self) -> dict[str, Any]:
        """As GroupSchema has it."""
        return {
            "titles": self.titles,
            "watched": self.watched,
            "viewings": self.viewings,
            "liked": self.liked,
            "average_rating": average(self.ratings),
        }


def average(ratings: Sequence[float]) -> float | None:
    """The mean with 1 decimal, whatever the order; None of nothing."""
    return round(math.fsum(ratings) / len(ratings), 1) if ratings else None


def genres_json(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """The genres by how much was watched, at most MAX_GENRES; each as it is spelled first."""
    names: dict[str, str] = {}
    tallies: defaultdict[str, Tally] = defaultdict(Tally)
    for entry in entries:
        for key, name in entry.title.facts.genres.items():
            names.setdefault(key, name)
            tallies[key].add(entry)
    named = {names[key]: tally for key, tally in tallies.items()}
    return [{"genre": name} | tally.json() for name, tally in _most_watched(named)[:MAX_GENRES]]


def directors_json(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """The directors of watched titles by how much was watched, at most MAX_DIRECTORS."""
    tallies: defaultdict[str, Tally] = defaultdict(Tally)
    for entry in entries:
        for name in entry.title.facts.directors:
            tallies[name].add(entry)
    watched = [(name, tally) for name, tally in _most_watched(tallies) if tally.watched]
    return [{"director": name} | tally.json() for name, tally in watched[:MAX_DIRECTORS]]


def decades_json(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """The decades of release, in order."""
    tallies: defaultdict[int, Tally] = defaultdict(Tally)
    for entry in entries:
        if entry.title.decade is not None:
            tallies[entry.title.decade].add(entry)
    return [{"decade": decade} | tallies[decade].json() for decade in sorted(tallies)]


def _most_watched(tallies: Mapping[str, Tally]) -> list[tuple[str, Tally]]:
    """The most watched first, then those with the most viewings and the most titles; ties by name."""

    def order(named: tuple[str, Tally]) -> tuple[int, int, int, str]:
        name, tally = named
        return -tally.watched, -tally.viewings, -tally.titles, name

    return sorted(tallies.items(), key=order)
