"""When an action contradicts a change that its user did not know of.

An action conflicts only where another device set the same field to another value, and the user did not know: after the
number that the user was looking at (``base``), or, for actions without one, later than the user acted. Then nothing is
changed.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Self

from sqlalchemy import bindparam, select

from ..models import TOMBSTONES
from ..plugin.events import RecordKind
from ..services.change_clock import ANY_FIELD, DELETED_BEFORE, FieldChange, LibraryWrite

GRACE_SECONDS = 1.0
"""Actions without a base compare clocks; a change within a second counts as known."""

_TOMBSTONE = select(TOMBSTONES.c.seq, TOMBSTONES.c.done_at, TOMBSTONES.c.device).where(
    TOMBSTONES.c.user_id == bindparam("of_user"),
    TOMBSTONES.c.kind == bindparam("of_kind"),
    TOMBSTONES.c.key == bindparam("of_key"),
)

_SENTENCES = {
    "conflict": "Another device has changed this.",
    "deleted": "Another device has deleted this.",
    "recreated": "Another device has deleted this and made it again.",
}


class ActionConflict(Exception):
    """The action contradicts an unknown change; ``code`` is conflict, deleted or recreated."""

    def __init__(self, code: str, kind: RecordKind, key: str | int) -> None:
        self.code = code
        self.kind = kind
        self.key = str(key)
        self.sentence = _SENTENCES[code]
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class ActionContext:
    """What an action is carried out with.

    ``timestamp`` is when the user acted, never in the future; ``base_rev`` the number of the record that the user was
    looking at; ``known_seq`` the number up to which the client had pulled. Both are None for clients that omit them.
    """

    tx: LibraryWrite
    timestamp: float
    base_rev: int | None = None
    known_seq: int | None = None

    def looking_at(self, revs: Collection[int | None]) -> Self:
        """The same, about a record that had these numbers.

        A ``base_rev`` beyond what was pulled counts when it is one of them: the client knows it from the response to a
        push, of the record as it made it, or with the server's state.
        """
        is_known = self.known_seq is not None and self.base_rev in revs
        return replace(self, known_seq=max(self.known_seq or 0, self.base_rev or 0)) if is_known else self

    @property
    def base(self) -> int | None:
        """The number up to which the user surely knew; between a pull and a later push others may have made changes."""
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
        return self._done_at(change) <= self.timestamp + GRACE_SECONDS

    def did_before(self, change: FieldChange) -> bool:
        """Whether this user made that change before this action: in the same batch, or on the same device.

        Two times of one device's clock give the order even when the actions arrive in another one.
        """
        if change.seq > self.tx.first_seq:
            return True
        is_own = change.device is not None and change.device == self.tx.device
        return is_own and self._done_at(change) <= self.timestamp

    def _done_at(self, change: FieldChange) -> float:
        """When a change was made, at the latest: the clock may have been ahead then."""
        return min(change.done_at, self.tx.wall_time)


def refuse_changed(context: ActionContext, kind: RecordKind, key: str | int, differs: Mapping[str, bool]) -> None:
    """Raise ActionConflict when an unknown change set a field that the action would set to another value.

    ``differs`` says for each field that the action sets whether the value differs from the stored one. Making a record
    sets its fields, except for a movie: adding one says nothing of its status, rating and votes. Making a part of a
    record, such as ``viewing:ID``, sets the fields of that part, such as ``viewing:ID:note``.
    """
    changes = context.tx.field_changes_of(kind, key)
    context = _looking_at(context, kind, key, changes)
    _refuse_recreated(context, kind, key, changes)
    creation = None if kind == "movie" else changes.get(ANY_FIELD)
    for name, is_other in differs.items():
        change = context.tx.field_change(kind, key, name) or _last_change(changes, name) or creation
        if is_other and change is not None and not context.knew(change):
            raise ActionConflict("conflict", kind, key)


def _last_change(changes: Mapping[str, FieldChange], name: str) -> FieldChange | None:
    """The last change of a field, or of the part that it belongs to."""
    known = [changes[each] for each in (name, name.rpartition(":")[0]) if each in changes]
    return max(known, key=lambda change: change[:2], default=None)  # devices have no order


def _looking_at(
    context: ActionContext, kind: RecordKind, key: str | int, changes: Mapping[str, FieldChange]
) -> ActionContext:
    if context.base_rev is None or context.base_rev == context.base:
        return context
    # As stored: the number that this transaction gave the record is not known to any client yet.
    current, _ = context.tx.stored.stamp_of(kind, key)
    return context.looking_at({current, *(change.seq for change in changes.values())})


def _refuse_recreated(
    context: ActionContext, kind: RecordKind, key: str | int, changes: Mapping[str, FieldChange]
) -> None:
    deletion = changes.get(DELETED_BEFORE)
    if deletion is not None and not context.knew(deletion):
        raise ActionConflict("recreated", kind, key)


def refuse_deleted(context: ActionContext, kind: RecordKind, key: str | int, *, even_if_known: bool = False) -> None:
    """Raise ActionConflict when the record was deleted and the user did not know.

    ``even_if_known``: also when the user knew, for actions that need the record; others may make it again.
    """
    row = context.tx.execute(_TOMBSTONE, of_kind=kind, of_key=str(key)).one_or_none()
    if row is not None and (even_if_known or not context.looking_at((row.seq,)).knew(FieldChange(*row))):
        raise ActionConflict("deleted", kind, key)
