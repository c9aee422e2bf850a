"""When an action contradicts what somebody else did meanwhile.

A conflict is there only where the same field was changed, to another value, by someone else, and the user did not know:
after the number that the user was looking at (``base``), or, for actions that do not tell, later than the user acted.
Then nothing is changed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import bindparam, select

from ..events import RecordKind
from ..models import Tombstone
from ..prepared import Prepared
from ..services.change_clock import ANY_FIELD, DELETED_BEFORE, FieldChange, LibraryWrite

GRACE_SECONDS = 1.0
"""Actions without a base compare clocks; what happened within a second counts as known."""

TOMBSTONES = Tombstone.__table__
_TOMBSTONE = Prepared(
    select(TOMBSTONES.c.seq, TOMBSTONES.c.done_at, TOMBSTONES.c.device).where(
        TOMBSTONES.c.user_id == bindparam("of_user"),
        TOMBSTONES.c.kind == bindparam("of_kind"),
        TOMBSTONES.c.key == bindparam("of_key"),
    )
)

_SENTENCES = {
    "conflict": "Somebody else changed this meanwhile.",
    "deleted": "This was deleted meanwhile.",
    "recreated": "This was deleted and made again meanwhile.",
}


class ActionConflict(Exception):
    """The action contradicts what somebody else did; ``code`` is conflict, deleted or recreated."""

    def __init__(self, code: str, kind: RecordKind, key: str | int) -> None:
        self.code = code
        self.kind = kind
        self.key = str(key)
        self.sentence = _SENTENCES[code]
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Doing:
    """An action being carried out.

    ``timestamp`` is when the user acted, never in the future; ``base_rev`` the number of the record that the user was
    looking at; ``known_seq`` the number up to which the client had pulled. Both are None for clients that do not tell.
    """

    tx: LibraryWrite
    timestamp: float
    base_rev: int | None = None
    known_seq: int | None = None

    def looking_at(self, revs: Collection[int | None]) -> Doing:
        """The same, about a record that had these numbers.

        A ``base_rev`` beyond what was pulled counts when it is one of them: the client was told it in the answer to a
        push, of the record as it made it, or with the server's state.
        """
        is_told = self.known_seq is not None and self.base_rev in revs
        return replace(self, known_seq=max(self.known_seq or 0, self.base_rev or 0)) if is_told else self

    @property
    def base(self) -> int | None:
        """The number up to which the user surely knew; what came between a pull and a later push may be others'."""
        if self.base_rev is None or self.known_seq is None:
            return self.base_rev
        return min(self.base_rev, self.known_seq)

    @property
    def view(self) -> int | None:
        """The number at which a name that the user wrote is to be read."""
        return self.known_seq if self.base is None else self.base

    def knew(self, change: FieldChange) -> bool:
        """Whether the user knew of this change, or made it: on the same device, or in the same batch."""
        if self.did_before(change):
            return True
        if self.base is not None:
            return change.seq <= self.base
        return change.done_at <= self.timestamp + GRACE_SECONDS

    def did_before(self, change: FieldChange) -> bool:
        """Whether this user made that change before this action: in the same batch, or on the same device.

        Two times of one device's clock tell the order also when the actions come in another one.
        """
        if change.seq > self.tx.first_seq:
            return True
        is_own = change.device is not None and change.device == self.tx.device
        return is_own and change.done_at <= self.timestamp


def refuse_changed(doing: Doing, kind: RecordKind, key: str | int, differs: Mapping[str, bool]) -> None:
    """Raise ActionConflict when a field that the action would set to another value was changed meanwhile.

    ``differs`` says of each field that the action sets whether the value differs from today's. The fields of people and
    lists are set when these are made; that a movie was added says nothing of its status, rating and votes.
    """
    changes = doing.tx.field_changes_of(kind, key)
    doing = _looking_at(doing, kind, key, changes)
    _refuse_recreated(doing, kind, key, changes)
    birth = None if kind == "movie" else changes.get(ANY_FIELD)
    for name, is_other in differs.items():
        change = doing.tx.field_change(kind, key, name) or changes.get(name, birth)
        if is_other and change is not None and not doing.knew(change):
            raise ActionConflict("conflict", kind, key)


def refuse_recreated(doing: Doing, kind: RecordKind, key: str | int) -> None:
    """Raise ActionConflict when the record was deleted and made again meanwhile."""
    changes = doing.tx.field_changes_of(kind, key)
    _refuse_recreated(_looking_at(doing, kind, key, changes), kind, key, changes)


def _looking_at(doing: Doing, kind: RecordKind, key: str | int, changes: Mapping[str, FieldChange]) -> Doing:
    if doing.base_rev is None or doing.base_rev == doing.base:
        return doing
    # As stored: what this transaction has done to the record before gave it a number that nobody has been told.
    current, _ = doing.tx.stored_stamp_of(kind, key)
    return doing.looking_at({current, *(change.seq for change in changes.values())})


def _refuse_recreated(doing: Doing, kind: RecordKind, key: str | int, changes: Mapping[str, FieldChange]) -> None:
    deletion = changes.get(DELETED_BEFORE)
    if deletion is not None and not doing.knew(deletion):
        raise ActionConflict("recreated", kind, key)


def refuse_deleted(doing: Doing, kind: RecordKind, key: str | int, *, even_if_known: bool = False) -> None:
    """Raise ActionConflict when the record was deleted meanwhile.

    ``even_if_known``: for actions on a record that must be there; without it, for those that may make it again.
    """
    row = doing.tx.execute(_TOMBSTONE, of_kind=kind, of_key=str(key)).one_or_none()
    if row is not None and (even_if_known or not doing.looking_at((row.seq,)).knew(FieldChange(*row))):
        raise ActionConflict("deleted", kind, key)
