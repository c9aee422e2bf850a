"""What the titles of a genre, a decade or a director have in common, counted."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

from .library import Title
from .occasions import Occasion
from .outcomes import Opinion

MAX_GENRES = 50
MAX_DIRECTORS = 20


class Watched(NamedTuple):
    """A title that was watched, with its viewings that count, in order; ``minutes`` is how long one of them took."""

    title: Title
    occasions: Sequence[Occasion]
    opinion: Opinion | None
    minutes: int | None


class Tally:
    """Counts titles that have something in common, so many in all; those that were watched are added."""

    __slots__ = ("liked", "ratings", "titles", "viewings", "watched")

    def __init__(self, titles: int) -> None:
        self.titles = titles
        self.watched = self.viewings = self.liked = 0
        self.ratings: list[float] = []

    def add(self, watched: Watched) -> None:
        """Count a title that was watched."""
        self.watched += 1
        self.viewings += len(watched.occasions)
        self.liked += watched.opinion is not None and watched.opinion.liked
        if watched.title.rating is not None:
            self.ratings.append(watched.title.rating)

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


def genres_json(titles: Sequence[Title], watched: Iterable[Watched]) -> list[dict[str, Any]]:
    """The genres by how much was watched, at most MAX_GENRES; each as the first title spells it."""
    names: dict[str, str] = {}
    for title in reversed(titles):
        names.update(title.facts.genres)
    tallies = _tallies(titles, watched, lambda title: title.facts.genres)
    named = {names[key]: tally for key, tally in tallies.items()}
    return [{"genre": name} | tally.json() for name, tally in _most_watched(named)[:MAX_GENRES]]


def directors_json(titles: Iterable[Title], watched: Iterable[Watched]) -> list[dict[str, Any]]:
    """The directors of watched titles by how much was watched, at most MAX_DIRECTORS."""
    tallies = _tallies(titles, watched, lambda title: title.facts.directors)
    found = _most_watched({name: tally for name, tally in tallies.items() if tally.watched})
    return [{"director": name} | tally.json() for name, tally in found[:MAX_DIRECTORS]]


def decades_json(titles: Iterable[Title], watched: Iterable[Watched]) -> list[dict[str, Any]]:
    """The decades of release, in order."""
    tallies = _tallies(titles, watched, lambda title: () if title.year is None else (title.year[:3],))
    return [{"decade": int(f"{decade}0")} | tallies[decade].json() for decade in sorted(tallies)]


def _tallies(
    titles: Iterable[Title], watched: Iterable[Watched], keys_of: Callable[[Title], Iterable[str]]
) -> dict[str, Tally]:
    """The tallies of titles, and of those among them that were watched, by what they have in common."""
    tallies = {key: Tally(count) for key, count in Counter(chain.from_iterable(map(keys_of, titles))).items()}
    for each in watched:
        for key in keys_of(each.title):
            tallies[key].add(each)
    return tallies


def _most_watched(tallies: Mapping[str, Tally]) -> list[tuple[str, Tally]]:
    """The most watched first, then those with the most viewings and the most titles; ties by name."""

    def order(named: tuple[str, Tally]) -> tuple[int, int, int, str]:
        name, tally = named
        return -tally.watched, -tally.viewings, -tally.titles, name

    return sorted(tallies.items(), key=order)
