"""What a library must be after each action: the protocol's rules in the plainest form, with no thought of speed.

Changes remember the commit that they came with (None while that is still being made); what a user knew is a commit,
too: the newest one in what their device showed. Numbers and cursors do not come into it.
"""

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from .history import HORIZON, Commit, History

GRACE = 1.0


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
    tell. ``resolved`` is whom a name was found to mean.
    """

    at: float
    now: float
    timestamp: float
    device: str | None = None
    seen: int | None = None
    pulled: int | None = None
    knows_all: bool = False
    resolved: int | None = None

    def did(self, change: Change) -> bool:
        """Whether it was this device before this action, or the same batch."""
        own = change.device is not None and change.device == self.device
        return change.commit is None or (own and self.moment_of(change) <= self.timestamp)

    def moment_of(self, change: Change) -> float:
        """When its user did it: never later than now, though the clock may have been ahead then."""
        return min(change.done_at, self.now)


@dataclass
class Title:
    """A movie as its user sees it."""

    status: str = "toWatch"
    list_id: str | None = None
    watch: tuple[float, float] | None = None
    votes: dict[int, bool] = field(default_factory=dict)
    dates: dict[int, float] = field(default_factory=dict)
    details: int = 0
    changes: dict[str, Change] = field(default_factory=dict)
    buried: Change | None = None


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


Outcome = tuple[str, str | None]


@dataclass
class Library:
    """One user's library, with all that the protocol remembers."""

    user: str
    next_id: int
    history: History = field(default_factory=History)
    titles: dict[str, Title] = field(default_factory=dict)
    people: dict[int, Someone] = field(default_factory=dict)
    shelves: dict[str, Shelf] = field(default_factory=dict)
    graves: dict[tuple[str, Any], Change] = field(default_factory=dict)
    bearings: list[Bearing] = field(default_factory=list)
    heirs: dict[int, int] = field(default_factory=dict)
    recorded: dict[str, tuple[Any, Outcome, float]] = field(default_factory=dict)
    has_changed: bool = False

    def copy(self) -> "Library":
        """The same, to be changed on its own."""
        parts = (self.titles, self.people, self.shelves, self.graves, self.bearings)
        titles, people, shelves, graves, bearings = copy.deepcopy(parts)
        history = replace(self.history, commits=list(self.history.commits))
        made = replace(self, titles=titles, people=people, shelves=shelves, graves=graves, bearings=bearings)
        return replace(made, history=history, recorded=dict(self.recorded), heirs=dict(self.heirs))

    # What is there

    def view(self) -> Any:
        """The library without numbers and times: what the tables must hold."""
        return (
            {
                imdb_id: (title.status, title.list_id, title.watch, title.votes, title.details)
                for imdb_id, title in self.titles.items()
            },
            {key: (each.name, each.color, each.is_trusted) for key, each in self.people.items()},
            {key: (each.name, each.color) for key, each in self.shelves.items()},
        )

    def settle(self, commit: Commit) -> None:
        """The changes being made have come with this commit."""
        for change in self._all_changes():
            change.commit = change.commit or commit
        self.has_changed = False

    def collect(self, now: float) -> None:
        """Forget what is older than the horizon."""
        floor = self.history.floor(now)
        self.history.collected = floor
        self.graves = {key: change for key, change in self.graves.items() if _number(change) > floor}
        self.heirs = {key: heir for key, heir in self.heirs.items() if ("person", key) in self.graves}
        self.bearings = [each for each in self.bearings if each.end is None or _number(each.end) > floor]
        self.recorded = {key: each for key, each in self.recorded.items() if each[2] >= now - HORIZON}

    def _all_changes(self) -> Iterable[Change]:
        for record in (*self.titles.values(), *self.people.values(), *self.shelves.values()):
            yield from record.changes.values()
            if record.buried:
                yield record.buried
        yield from self.graves.values()
        for bearing in self.bearings:
            yield bearing.begin
            if bearing.end:
                yield bearing.end

    # Who knew what

    def knew(self, doing: Doing, change: Change) -> bool:
        """Whether the user knew of a change when they acted."""
        if doing.knows_all or doing.did(change):
            return True
        if doing.seen is not None:
            return self._is_up_to(change, doing.seen)
        return doing.moment_of(change) <= doing.timestamp + GRACE

    def _is_up_to(self, change: Change, uid: int) -> bool:
        seen = self.history.index(uid)
        assert seen is not None
        assert change.commit is not None
        mine = self.history.index(change.commit.uid)
        assert mine is not None
        return mine <= seen

    def refuse_changed(self, doing: Doing, record: Any, differs: dict[str, bool]) -> None:
        """Conflict when a field that is to be set otherwise was changed and the user did not know."""
        self.refuse_recreated(doing, record)
        birth = None if isinstance(record, Title) else record.changes.get("birth")
        for name, is_other in differs.items():
            change = record.changes.get(name, birth)
            if is_other and change is not None and not self.knew(doing, change):
                raise Conflict("conflict")

    def refuse_recreated(self, doing: Doing, record: Any) -> None:
        """Conflict when the record was deleted and made again and the user did not know."""
        if record.buried is not None and not self.knew(doing, record.buried):
            raise Conflict("recreated")

    def refuse_deleted(self, doing: Doing, kind: str, key: Any, *, even_if_known: bool = False) -> None:
        """Conflict when the record was deleted."""
        grave = self.graves.get((kind, key))
        if grave is not None and (even_if_known or not self.knew(doing, grave)):
            raise Conflict("deleted")

    # Changing it

    def change(self, doing: Doing) -> Change:
        """A change that this action makes."""
        self.has_changed = True
        return Change(None, doing.timestamp, doing.device)

    def new_id(self) -> int:
        """The next id of a person or vote."""
        self.next_id += 1
        return self.next_id - 1

    def bear(self, doing: Doing, kind: str, key: Any, record: Any) -> Any:
        """A new record; it remembers when one like it was deleted."""
        record.changes["birth"] = self.change(doing)
        record.buried = self.graves.pop((kind, key), None)
        return record

    def bury(self, doing: Doing, kind: str, key: Any) -> None:
        """A record is deleted."""
        self.graves[kind, key] = self.change(doing)

    def ensure_title(self, doing: Doing, imdb_id: str) -> Title:
        """The title, made if it is not there."""
        if imdb_id not in self.titles:
            self.titles[imdb_id] = self.bear(doing, "movie", imdb_id, Title())
        return self.titles[imdb_id]

    def set_status(self, doing: Doing, imdb_id: str, status: str, list_id: str | None) -> None:
        """What became of a title."""
        if list_id is not None and list_id not in self.shelves:
            raise Rejected("list_not_found")
        is_new = imdb_id not in self.titles
        title = self.ensure_title(doing, imdb_id)
        if is_new or (title.status, title.list_id) != (status, list_id):
            title.status, title.list_id = status, list_id
            title.changes["status"] = self.change(doing)

    def set_watch(self, doing: Doing, imdb_id: str, watch: tuple[float, float]) -> None:
        """A watch record."""
        self.set_status(doing, imdb_id, "watched", None)
        title = self.titles[imdb_id]
        if title.watch != watch:
            title.watch = watch
            title.changes["rating"] = self.change(doing)

    def vote(self, doing: Doing, imdb_id: str, person: int, vote_type: bool) -> None:
        """Somebody's vote."""
        title = self.ensure_title(doing, imdb_id)
        if person not in title.votes:
            self.new_id()
            title.dates[person] = doing.now
        if title.votes.get(person) != vote_type:
            title.votes[person] = vote_type
            title.changes[f"vote {person}"] = self.change(doing)

    def withdraw(self, doing: Doing, imdb_id: str, person: int) -> None:
        """A vote goes."""
        del self.titles[imdb_id].votes[person]
        self.titles[imdb_id].changes[f"vote {person}"] = self.change(doing)

    def add_person(self, doing: Doing, name: str, color: str = "#0a84ff") -> int:
        """Somebody new."""
        person = self.new_id()
        self.people[person] = self.bear(doing, "person", person, Someone(name, color))
        self.bearings.append(Bearing(name, person, self.change(doing)))
        return person

    def rename(self, doing: Doing, person: int, name: str) -> None:
        """Another name for somebody."""
        if any(same(each.name, name) and key != person for key, each in self.people.items()):
            raise Rejected("name_taken")
        before = self.people[person].name
        if before != name:
            self.people[person].name = name
            self.people[person].changes["name"] = self.change(doing)
            if not same(before, name):  # another spelling ends nothing
                self.end_name(doing, person)
                self.bearings.append(Bearing(name, person, self.change(doing)))

    def end_name(self, doing: Doing, person: int) -> None:
        """Somebody no longer bears their name."""
        for bearing in self.bearings:
            if bearing.person == person and bearing.end is None:
                bearing.end = self.change(doing)

    def set_field(self, doing: Doing, record: Any, name: str, value: Any) -> None:
        """Colour or trust."""
        if getattr(record, name) != value:
            setattr(record, name, value)
            record.changes[name] = self.change(doing)

    def delete_person(self, doing: Doing, person: int) -> None:
        """Somebody goes, with their votes."""
        for title in self.titles.values():
            if person in title.votes:
                del title.votes[person]
                title.changes[f"vote {person}"] = self.change(doing)
        self.end_name(doing, person)
        del self.people[person]
        self.bury(doing, "person", person)

    def heir(self, person: int | None) -> int | None:
        """The person, or whom they became part of; None when nobody of them is there."""
        while person is not None and person not in self.people:
            person = self.heirs.get(person)
        return person

    def merge(self, doing: Doing, person: int, into: int) -> None:
        """Somebody goes, with their votes to another; of two votes the newer counts."""
        for title in self.titles.values():
            if person in title.votes:
                vote, date = title.votes[person], title.dates[person]
                if into not in title.votes:
                    self.new_id()
                if into not in title.votes or date > title.dates[into]:
                    title.votes[into], title.dates[into] = vote, date
                    title.changes[f"vote {into}"] = self.change(doing)
        self.delete_person(doing, person)
        self.heirs[person] = into

    def delete_list(self, doing: Doing, list_id: str) -> None:
        """A list goes; its titles are to watch."""
        for title in self.titles.values():
            if title.list_id == list_id:
                title.status, title.list_id = "toWatch", None
                title.changes["status"] = self.change(doing)
        del self.shelves[list_id]
        self.bury(doing, "list", list_id)

    def remove_title(self, doing: Doing, imdb_id: str) -> None:
        """A title goes for good."""
        del self.titles[imdb_id]
        self.bury(doing, "movie", imdb_id)


def same(one: str, other: str) -> bool:
    """Whether two names are one."""
    return one.casefold() == other.casefold()


def _number(change: Change) -> int:
    assert change.commit is not None
    return change.commit.number
