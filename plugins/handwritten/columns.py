"""The columns and keys that people give their tables, and what their cells mean."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from movietracker.pluginapi import (
    MAX_ROWS,
    DateOrder,
    best_rating,
    date_order,
    fold_words,
    is_no,
    is_yes,
    means_recommending,
    rating_on_ten,
)

_TITLES = ("title", "movie title", "film title", "movie name", "film name", "movie", "film", "name", "titel", "titolo")
_STRONG = frozenset(_TITLES) - {"title", "name"}
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "title": _TITLES,
    "year": ("year", "release year", "released", "release date", "jahr", "anno", "annee"),
    "kind": ("kind", "type", "title type", "media type"),
    "imdb": ("imdb id", "imdb", "imdbid", "imdb link", "imdb url", "const", "link", "url"),
    "tmdb": ("tmdb id", "tmdb", "tmdbid"),
    "watched": (
        *("watched", "seen", "date watched", "watched on", "watched date", "watch date", "date seen", "seen on"),
        *("gesehen", "gesehen am", "angesehen am"),
    ),
    "status": ("status", "state"),
    "date": ("date", "datum", "date added", "added", "added on"),
    "rating": ("my rating", "your rating", "rating", "score", "stars", "rated"),
    "note": ("note", "notes", "comment", "comments", "review", "why", "thoughts", "remarks", "description"),
    "tags": ("tags", "tag"),
}
_OPINIONS = ("watched", "rating")
_TOLD = frozenset(
    ("from", "selector", "selected by", "chosen by", "who", "who told me", "told by", "told me", "via", "von", "par")
)
_TOLD_WORDS = frozenset(("selected", "selector", "told", "picked", "chosen", "empfohlen"))
_UNSEEN = frozenset(("not yet", "unseen", "to watch", "towatch", "planned", "todo", "watchlist", "wanted"))
_SEEN = frozenset(("watched", "seen", "done", "completed", "finished", "gesehen"))


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of a table means what; ``told`` are those of recommenders."""

    names: Mapping[str, str]
    told: tuple[str, ...] = ()

    @classmethod
    def of(cls, given: Iterable[str]) -> "Columns | None":
        """Those of a header; None if it is none of films."""
        return _columns_of(tuple(given))

    @property
    def is_of_club(self) -> bool:
        """Whether films were chosen to be watched together, on the date that is given."""
        return not set(fold_words(" ".join(self.told))).isdisjoint(("selected", "selector", "chosen"))

    def get(self, cells: Mapping[str, str], meaning: str) -> str:
        """The cell of a meaning, without white space around it; empty if there is none."""
        return cells.get(self.names.get(meaning, ""), "").strip()

    def told_by(self, cells: Mapping[str, str]) -> str | None:
        """The first cell of recommenders that names somebody, and does not only say yes or no."""
        texts = (cells.get(name, "").strip() for name in self.told)
        return next((text for text in texts if text and not is_yes(text) and not _is_unseen(text)), None)


@lru_cache(64)
def _columns_of(given: tuple[str, ...]) -> Columns | None:
    plain = {" ".join(fold_words(name)): name for name in reversed(given)}
    names = {
        meaning: plain[found]
        for meaning, known in _COLUMNS.items()
        if (found := next((each for each in known if each in plain), None)) is not None
    }
    told = _told_of([name for name in reversed(plain) if _is_told(name)])
    is_of_films = bool(told) or _speaks_of_films(" ".join(fold_words(names.get("title", ""))), names, plain)
    return Columns(names, tuple(plain[name] for name in told)) if "title" in names and is_of_films else None


def _speaks_of_films(title: str, names: Mapping[str, str], plain: Iterable[str]) -> bool:
    """Whether the column of titles says so, or all columns are usual ones, and one of them is of watching or rating."""
    if title in _STRONG:
        return len(names) > 1
    known = {each for meaning in _COLUMNS.values() for each in meaning}
    return title == "title" and known.issuperset(filter(None, plain)) and not names.keys().isdisjoint(_OPINIONS)


def _told_of(names: Sequence[str]) -> Sequence[str]:
    """Those that speak of recommending, since beside them a column such as ``From`` is another thing; else all."""
    return [name for name in names if any(map(means_recommending, name.split()))] or names


def _is_told(name: str) -> bool:
    words = name.split()
    told = name in _TOLD or any(map(means_recommending, words)) or not _TOLD_WORDS.isdisjoint(words)
    return told and len(words) <= 5 and not any(word in ("to", "date", "on", "when") for word in words)


@dataclass(frozen=True, slots=True)
class Scale:
    """What a whole column of ratings and dates shows: the best rating, and the order of days and months."""

    best: int
    order: DateOrder

    @classmethod
    def of(cls, rows: Callable[[], Iterable[tuple[Columns, Mapping[str, str]]]]) -> "Scale":
        """That of tables whose rows, with their columns, a call returns."""
        ratings = (columns.get(cells, "rating") for columns, cells in islice(rows(), MAX_ROWS))
        dates = (
            columns.get(cells, name) for columns, cells in islice(rows(), MAX_ROWS) for name in ("watched", "date")
        )
        return cls(best_rating(ratings, (5, 10, 100)), date_order(dates))

    def rating(self, text: str) -> float | None:
        """A rating such as ``8``, ``4/5`` or ``★★★½``."""
        if found := re.fullmatch(r"([★⭐*]+)\ufe0f?(½?)☆*", text.strip()):
            return rating_on_ten(len(found[1]) + len(found[2]) / 2, 5)
        return rating_on_ten(text, self.best)


def seen_of(cell: str, order: DateOrder) -> tuple[bool | None, str | None]:
    """Whether a cell says that a title was seen, and on which day; None if it says nothing."""
    text = cell.strip()
    if not text or _is_unseen(text):
        return (False if text else None), None
    if day := order.read(text):
        return True, day
    return (True if is_yes(text) or text.lower() in _SEEN else None), None


def _is_unseen(text: str) -> bool:
    return is_no(text) or text.lower() in _UNSEEN
