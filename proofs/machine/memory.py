"""Who knew what: when an action contradicts what its user did not know of."""

from dataclasses import dataclass, field
from typing import Any

from .history import History
from .records import Bearing, Change, Conflict, Doing, Rejected, Shelf, Someone, Title

GRACE = 1.0

Outcome = tuple[str, str | None]


@dataclass
class Memory:
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
    made_viewings: int = 0
    has_changed: bool = False

    def heir(self, person: int | None) -> int | None:
        """The person, or whom they became part of; None when nobody of them is there."""
        while person is not None and person not in self.people:
            person = self.heirs.get(person)
        return person

    def title(self, doing: Doing, imdb_id: str) -> Title:
        """A title that must be there."""
        if imdb_id not in self.titles:
            self.refuse_deleted(doing, "movie", imdb_id, even_if_known=True)
            raise Rejected("movie_not_found")
        return self.titles[imdb_id]

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
            change = self._last_change(record, name) or birth
            if is_other and change is not None and not self.knew(doing, change):
                raise Conflict("conflict")

    def _last_change(self, record: Any, name: str) -> Change | None:
        """The last change of a field, or of the viewing that it is of."""
        names = {name, " ".join(name.split()[:2])} if name.startswith("viewing ") else {name}
        changes = [record.changes[each] for each in names if each in record.changes]
        return max(changes, key=lambda each: (self.place_of(each), each.done_at), default=None)

    def place_of(self, change: Change) -> int:
        """Which commit of the library it came with; the one being made is the last."""
        if change.commit is None:
            return len(self.history.commits)
        place = self.history.index(change.commit.uid)
        assert place is not None
        return place

    def may_set(self, doing: Doing, title: Title, name: str) -> bool:
        """Whether another value of a field would contradict nothing that the user did not know of."""
        try:
            self.refuse_changed(doing, title, {name: True})
        except Conflict:
            return False
        return True

    def refuse_recreated(self, doing: Doing, record: Any) -> None:
        """Conflict when the record was deleted and made again and the user did not know."""
        if record.buried is not None and not self.knew(doing, record.buried):
            raise Conflict("recreated")

    def refuse_deleted(self, doing: Doing, kind: str, key: Any, *, even_if_known: bool = False) -> None:
        """Conflict when the record was deleted."""
        grave = self.graves.get((kind, key))
        if grave is not None and (even_if_known or not self.knew(doing, grave)):
            raise Conflict("deleted")
