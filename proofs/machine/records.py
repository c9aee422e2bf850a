"""What the model keeps: titles with all that hangs on them, people, lists, and when each field of them was changed."""

import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from .history import Commit

DAY = 86_400.0

MOST_BEHIND = 180 * DAY
"""How far the server's clock may be behind a device's."""


class Conflict(Exception):
    """The action contradicts what somebody else did; ``code`` is conflict, deleted or recreated."""


class Rejected(Exception):
    """The action cannot be done; the code says why."""


@dataclass(eq=False)
class Change:
    """A change of something: with which commit, when its user did it, and on which device."""

    commit: Commit | None
    done_at: float
    device: str | None


@dataclass
class Doing:
    """An action being carried out: what its user knew, when they acted, and where.

    ``at`` is the time of its commit, which may be ahead of ``now``, the wall clock's. ``seen`` is the newest commit
    that the user saw, ``pulled`` the newest that the device had pulled when it pushed; None for devices that do not
    tell. ``resolved`` is whom a name was found to mean. ``device_time`` is when they acted by the device's clock.
    """

    at: float
    now: float
    timestamp: float
    device: str | None = None
    seen: int | None = None
    pulled: int | None = None
    knows_all: bool = False
    resolved: int | None = None
    device_time: float = 0.0

    @property
    def latest_now(self) -> float:
        """The latest that it may be, if the server's clock is behind the device's."""
        return max(self.now, min(self.device_time, self.at + MOST_BEHIND))

    def did(self, change: Change) -> bool:
        """Whether it was this device before this action, or the same batch."""
        own = change.device is not None and change.device == self.device
        return change.commit is None or (own and self.moment_of(change) <= self.timestamp)

    def moment_of(self, change: Change) -> float:
        """When its user did it: never later than now, though the clock may have been ahead then."""
        return min(change.done_at, self.now)


class Viewing(NamedTuple):
    """An occasion of watching."""

    watched_on: str | None
    watched_at: float | None
    rating: float | None
    note: str | None
    created_at: float

    @property
    def moment(self) -> float:
        """When it was, as far as that is known."""
        if self.watched_at is not None:
            return self.watched_at
        return self.created_at if self.watched_on is None else days_of(self.watched_on)[0] + DAY / 2


class Vote(NamedTuple):
    """What somebody said of a title."""

    date: float
    vote_type: bool
    note: str | None


@dataclass
class Rank:
    """A place in the ranking: ``key`` is only compared with others; without ``ranked_at`` it is a place left."""

    liked: bool
    key: str
    ranked_at: float | None
    comparisons: list[dict[str, str]] | None
    former_key: str | None = None


@dataclass
class Title:
    """A movie as its user sees it."""

    status: str = "toWatch"
    list_id: str | None = None
    my_rating: float | None = None
    viewings: dict[str, Viewing] = field(default_factory=dict)
    votes: dict[int, Vote] = field(default_factory=dict)
    rank: Rank | None = None
    liked: bool = False
    tags: dict[str, str] = field(default_factory=dict)
    details: int = 0
    changes: dict[str, Change] = field(default_factory=dict)
    buried: Change | None = None

    @property
    def newest(self) -> str | None:
        """The id of the newest viewing."""
        made = ((each.moment, each.created_at, key) for key, each in self.viewings.items())
        return max(made, default=(0.0, 0.0, None))[2]

    @property
    def watch_history(self) -> tuple[float, float] | None:
        """What older clients see of it."""
        newest = self.newest
        return None if newest is None or self.my_rating is None else (self.viewings[newest].moment, self.my_rating)

    @property
    def is_ranked(self) -> bool:
        """Whether it has a place in the ranking, shown or not."""
        return self.rank is not None and self.rank.ranked_at is not None

    @property
    def is_shown(self) -> bool:
        """Whether the ranking shows it."""
        return self.is_ranked and self.status == "watched"


@dataclass
class Someone:
    """A person."""

    name: str
    color: str = "#0a84ff"
    is_trusted: bool = False
    is_quick: bool = False
    changes: dict[str, Change] = field(default_factory=dict)
    buried: Change | None = None


@dataclass
class Shelf:
    """A list."""

    name: str
    color: str = "#0a84ff"
    changes: dict[str, Change] = field(default_factory=dict)
    buried: Change | None = None


@dataclass
class Bearing:
    """Somebody bearing a name for a while."""

    name: str
    person: int
    begin: Change
    end: Change | None = None


def days_of(date: str) -> tuple[float, float]:
    """When the days that a date can mean begin and end, in UTC."""
    year, month, day = (*(int(part) for part in date.split("-")), 0, 0)[:3]
    begin = datetime(year, month or 1, day or 1, tzinfo=UTC)
    days = 1 if day else 31 if month else 366
    last = begin + timedelta(days=days - 1)
    while (month and last.month != begin.month) or last.year != begin.year:
        last -= timedelta(days=1)
    return begin.timestamp(), last.timestamp() + DAY


def same(name: str, other: str) -> bool:
    """Whether two names are one: they differ in case and accents at most."""
    return _folded(name) == _folded(other)


def _folded(name: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFKD", name).casefold() if not unicodedata.combining(each))
