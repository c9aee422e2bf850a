"""What a file holds, counted row by row before anything is matched."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any, Literal

from ..plugin.importers import ImportRow, Recommender
from ..text import fold
from ..uploads.upload import BrokenRow
from .keys import KeySet, key_of
from .titles import TitleNumbers

MAX_BROKEN_SHOWN = 20
MAX_SPELLINGS = 1000
MAX_KEPT_LENGTH = 4 * 1024 * 1024
"""Characters of the names and spellings that are kept; what goes beyond is not proposed."""

_LENGTH_OF_NAME = 250
"""What one takes beside its text is about as much as so many characters."""

_MAX_NAMED = 1_000_000
RowState = Literal["broken", "duplicate", "unsupported"]
_MAX_COMPARED = 500
_ALIKE = 0.75
_RATED, _WANTED, _LIKED = 1, 2, 4


@dataclass(slots=True)
class PersonFound:
    """A proposed recommender: the ways in which it is written, the number of titles, and names that are alike."""

    name: str
    written_as: dict[str, None] = field(default_factory=dict)
    titles: int = 0
    alike: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Counts:
    """In the order in which they are printed; the last two need matching."""

    titles: int = 0
    viewings: int = 0
    ratings: int = 0
    watchlist: int = 0
    lists: int = 0
    list_items: int = 0
    likes: int = 0
    reviews: int = 0
    people: int = 0
    episodes: int = 0
    broken: int = 0
    ambiguous: int = 0
    not_found: int = 0
    duplicates: int = 0


class Census:
    """Counts rows; ``broken`` are the first that cannot be read, ``others`` counts what is neither film nor series.

    ``lists`` are the names of lists, with the number of their places.
    """

    def __init__(self, rows: Iterable[ImportRow | BrokenRow] = ()) -> None:
        self.broken: list[BrokenRow] = []
        self.others = 0
        self.needing_review = 0
        self._counts = _Counts()
        self._numbers = TitleNumbers()
        self._people: dict[str, PersonFound] = {}
        self.lists: dict[str, int] = {}
        self._room = MAX_KEPT_LENGTH
        self._rows = KeySet()
        self._named = KeySet()
        self._facts = bytearray()
        """For each title, a bit for each kind of fact that was stated of it."""
        for row in rows:
            self.add(row)

    def add(self, row: ImportRow | BrokenRow) -> RowState | int:
        """Count a row; returns the number of its title, or why it has none.

        One with the id of an earlier row counts as a duplicate only.
        """
        counts = self._counts
        if isinstance(row, BrokenRow):
            counts.broken += 1
            if len(self.broken) < MAX_BROKEN_SHOWN:
                self.broken.append(row)
            return "broken"
        if not self._rows.add(key_of(row.row_id)):
            counts.duplicates += 1
            return "duplicate"
        if row.kind == "episode":
            counts.episodes += 1
            return "unsupported"
        if row.kind == "other":
            self.others += 1
            return "unsupported"
        return self._add_title(row)

    def _add_title(self, row: ImportRow) -> int:
        counts, number = self._counts, self._numbers.number_of(row)
        self.needing_review += row.needs_review is not None
        if row.is_viewing:
            counts.viewings += row.viewing_id is None or self._is_new("viewing", row.viewing_id)
        if row.rating is not None or row.viewing_rating is not None:
            counts.ratings += self._is_first(number, _RATED)
        if row.status == "toWatch":
            counts.watchlist += self._is_first(number, _WANTED)
        if row.liked:
            counts.likes += self._is_first(number, _LIKED)
        if row.list_place is not None:
            name = row.list_place.name
            counts.lists += self._is_new("list", name)
            counts.list_items += 1
            if name in self.lists or self._takes(name):
                self.lists[name] = self.lists.get(name, 0) + 1
        counts.reviews += row.review is not None
        for found in row.recommended_by:
            self._add_person(found, number)
        return number

    def is_shared(self, number: int) -> bool:
        """Whether several titles have the name, year and kind of this one."""
        return self._numbers.is_shared(number)

    def _add_person(self, found: Recommender, title: int) -> None:
        if found.name not in self._people:
            if not self._takes(found.name):
                return
            self._people[found.name] = PersonFound(found.name)
        person = self._people[found.name]
        is_new = found.written_as not in person.written_as and len(person.written_as) < MAX_SPELLINGS
        if is_new and self._takes(found.written_as):
            person.written_as[found.written_as] = None
        person.titles += self._is_new("person", found.name, title)

    def _takes(self, name: str) -> bool:
        """Whether there is room to keep a name."""
        size = len(name) + _LENGTH_OF_NAME
        has_room = size <= self._room
        self._room -= size if has_room else 0
        return has_room

    def _is_new(self, *name: object) -> bool:
        """Whether a name is there for the first time, as far as so many can be told apart."""
        return self._named.count < _MAX_NAMED and self._named.add(key_of(*name))

    def _is_first(self, number: int, fact: int) -> bool:
        """Whether this is the first row that states a fact of a title."""
        self._facts.extend(bytes(max(0, number + 1 - len(self._facts))))
        is_known = self._facts[number] & fact
        self._facts[number] |= fact
        return not is_known

    def counts(self) -> dict[str, int]:
        """The counts by name, in their order."""
        counts = {name: getattr(self._counts, name) for name in _Counts.__slots__}
        return counts | {"titles": self._numbers.count, "people": len(self._people)}

    def people(self) -> list[PersonFound]:
        """The proposed recommenders, those of the most titles first, each with names that may be the same."""
        people = sorted(self._people.values(), key=lambda each: (-each.titles, each.name))
        compared = people[:_MAX_COMPARED]
        for person in compared:
            person.alike = [each.name for each in compared if each is not person and _is_alike(each.name, person.name)]
        return people

    def to_json(self, format_name: str) -> dict[str, Any]:
        """What ``movietracker import --dry-run --json`` prints."""
        people = [
            {"name": each.name, "written_as": list(each.written_as), "titles": each.titles} for each in self.people()
        ]
        return {"format": format_name, "counts": self.counts(), "people": people}


def _is_alike(one: str, other: str) -> bool:
    first, second = fold(one), fold(other)
    if first == second:
        return True
    if first[:1] != second[:1] or abs(len(first) - len(second)) > 2 or min(len(first), len(second)) < 3:
        return False
    return SequenceMatcher(None, first, second).ratio() >= _ALIKE
