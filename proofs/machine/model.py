"""What a library must be after each action: the protocol's rules in the plainest form, with no thought of speed.

Changes remember the commit that they came with (None while that is still being made); what a user knew is a commit,
too: the newest one in what their device showed. Numbers and cursors do not come into it.
"""

import copy
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from .history import HORIZON, Commit
from .memory import Memory
from .records import Bearing, Change, Doing, Rejected, Someone, Title, Viewing, Vote, same


class Library(Memory):
    """A library as it changes."""

    def copy(self) -> "Library":
        """The same, to be changed on its own."""
        parts = (self.titles, self.people, self.shelves, self.graves, self.bearings)
        titles, people, shelves, graves, bearings = copy.deepcopy(parts)
        history = replace(self.history, commits=list(self.history.commits))
        made = replace(self, titles=titles, people=people, shelves=shelves, graves=graves, bearings=bearings)
        return replace(made, history=history, recorded=dict(self.recorded), heirs=dict(self.heirs))

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

    def note(self, doing: Doing, title: Title, *names: str) -> None:
        """These fields of a title have been changed."""
        title.changes |= {name: self.change(doing) for name in names}

    def rate(self, doing: Doing, title: Title, my_rating: float | None) -> None:
        """What the user thinks of a title now."""
        if title.my_rating != my_rating:
            title.my_rating = my_rating
            self.note(doing, title, "rating")

    def put_viewing(self, doing: Doing, title: Title, viewing_id: str, after: Viewing) -> None:
        """A viewing is made, or is another one now."""
        before = title.viewings.get(viewing_id)
        title.viewings[viewing_id] = after
        if before is None:
            self.note(doing, title, f"viewing {viewing_id}")
        else:
            self.note(doing, title, *(f"viewing {viewing_id} {name}" for name in differing(before, after)))

    def recommend(self, doing: Doing, imdb_id: str, person: int, said: dict[str, Any]) -> None:
        """Somebody's vote; of what is not said, the date and the note stay."""
        title = self.ensure_title(doing, imdb_id)
        before = title.votes.get(person)
        date, note = said.get("date_recommended"), said.get("note")
        if date is None:
            date = doing.timestamp if before is None else before.date
        note = before.note if note is None and before is not None else note or None
        self.put_vote(doing, title, person, Vote(date, said.get("vote_type", True), note))

    def put_vote(self, doing: Doing, title: Title, person: int, after: Vote) -> None:
        """A vote is made, or is another one now."""
        before = title.votes.get(person)
        title.votes[person] = after
        if before is None:
            self.new_id()
        if before is None or before[:2] != after[:2]:
            self.note(doing, title, f"vote {person}")
        if before is None or before.note != after.note:
            self.note(doing, title, f"note {person}")

    def withdraw(self, doing: Doing, title: Title, person: int) -> None:
        """A vote goes, with what was said."""
        del title.votes[person]
        self.note(doing, title, f"vote {person}", f"note {person}")

    def add_person(self, doing: Doing, name: str, color: str = "#0a84ff") -> int:
        """Somebody new."""
        person = self.new_id()
        self.people[person] = self.bear(doing, "person", person, Someone(name, color))
        self.bearings.append(Bearing(name, person, self.change(doing)))
        return person

    def rename(self, doing: Doing, person: int, name: str) -> None:
        """Another name for somebody. Another spelling ends nothing, nor does a name remain of a batch's midst."""
        if any(same(each.name, name) and key != person for key, each in self.people.items()):
            raise Rejected("name_taken")
        someone = self.people[person]
        if someone.name == name:
            return
        (bearing,) = (each for each in self.bearings if each.person == person and each.end is None)
        is_spelling = same(someone.name, name)
        someone.name = name
        someone.changes["name"] = self.change(doing)
        if is_spelling or bearing.begin.commit is None:
            bearing.name = name
        else:
            bearing.end = self.change(doing)
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
        if self.people[person].is_quick:
            raise Rejected("quick_recommender_protected")
        for title in self.titles.values():
            if person in title.votes:
                self.withdraw(doing, title, person)
        self.end_name(doing, person)
        del self.people[person]
        self.bury(doing, "person", person)

    def merge(self, doing: Doing, person: int, into: int) -> None:
        """Somebody goes, with their votes to another; of two votes the newer counts, with the notes of both."""
        for title in self.titles.values():
            if person in title.votes:
                vote, known = title.votes[person], title.votes.get(into)
                self.put_vote(doing, title, into, vote if known is None else united(known, vote))
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


def united(one: Vote, other: Vote) -> Vote:
    """What two votes of the same person come to."""
    later, former = (other, one) if other.date > one.date else (one, other)
    notes = [later.note] if later.note == former.note else [later.note, former.note]
    return later._replace(note="\n".join(filter(None, notes)) or None)


def differing(before: Viewing, after: Viewing) -> list[str]:
    """The fields in which two viewings differ."""
    return [name for name in Viewing._fields if getattr(before, name) != getattr(after, name)]


def _number(change: Change) -> int:
    assert change.commit is not None
    return change.commit.number
