"""Resolves person names in queued actions.

A name means the person who held it at the number that the user was looking at, unless the same device has taken the
name away since; else its current holder; else its last holder, whom another device has renamed. So a rename makes no
ghost twin. Names that differ in case, accents or invisible characters only are one; where two people hold such names,
the exact spelling comes first, then who was added first. Digits that are nobody's name are an id. Who was merged into
another person since is that person, also by id.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, CompoundSelect, bindparam, func, or_, select, union_all

from ..errors import PersonNotFound
from ..models import LEDGER, NAMES
from ..services import people
from ..services.change_clock import FieldChange
from ..services.merging import heir_of
from ..services.names import folded_name, normalise_name
from .conflicts import ActionConflict, ActionContext, refuse_deleted


def _held(*conditions: ColumnElement[bool]) -> CompoundSelect[Any]:
    """Who held a name, or one that differs so little that it is the same; each by its index, as OR would not be."""
    columns = (NAMES.c.person_id, NAMES.c.name, NAMES.c.to_seq, NAMES.c.ended_at, NAMES.c.device)
    spellings = (NAMES.c.name == bindparam("of_name"), NAMES.c.folded == bindparam("of_folded"))
    of_user = NAMES.c.user_id == bindparam("of_user")
    return union_all(*(select(*columns).where(of_user, each, *conditions) for each in spellings))


_AT_VIEW = _held(
    NAMES.c.from_seq <= bindparam("at_seq"),
    or_(NAMES.c.to_seq.is_(None), NAMES.c.to_seq > bindparam("at_seq")),
)
_TODAY = _held(NAMES.c.to_seq.is_(None))
_FORMERLY = _held(NAMES.c.to_seq.is_not(None))
_COMMIT = select(func.min(LEDGER.c.seq)).where(
    LEDGER.c.user_id == bindparam("of_user"), LEDGER.c.seq >= bindparam("at_least")
)


class Meant(NamedTuple):
    """The person whom an action means, and whom it named: another one if that one was merged into the first since."""

    id: int
    named: int

    @property
    def is_merged(self) -> bool:
        """Whether it named another one."""
        return self.id != self.named


def person_meant(context: ActionContext, person_id: int | None, name: str | None) -> Meant:
    """The person whom an action means.

    Raises PersonNotFound, and ActionConflict when another device has deleted that person.
    """
    if person_id is None:
        assert name is not None
        meant = _holder_meant(context, name)
        if meant is None:
            raise PersonNotFound
        return meant
    heir = heir_of(context.tx, person_id)
    if heir is None:
        refuse_deleted(context, "person", person_id, even_if_known=True)
        raise PersonNotFound
    return Meant(heir, person_id)


def holder_meant(context: ActionContext, name: str) -> int | None:
    """The id of the person whom a name means, None for a name that is new.

    Raises ActionConflict when another device has deleted that person.
    """
    meant = _holder_meant(context, name)
    return None if meant is None else meant.id


def _holder_meant(context: ActionContext, name: str) -> Meant | None:
    normal = normalise_name(name, "person_name")
    seen = _seen_holder(context, normal)
    if seen is not None:
        heir = heir_of(context.tx, seen)
        if heir is None:
            raise ActionConflict("deleted", "person", seen)
        return Meant(heir, seen)
    today = _current_holder(context, normal)
    if today is not None:
        return Meant(today, today)
    last = last_holder(context, normal)
    # A user who knows that the name was taken away means a new person.
    if last is not None and not _knew_end(context, last) and (heir := _unless_deleted(context, last.person_id)):
        return Meant(heir, last.person_id)
    numbered = people.person_numbered(context.tx, normal)
    return None if numbered is None else Meant(numbered, numbered)


def existing_holder(context: ActionContext, name: str) -> int | None:
    """The id of the person who exists already when one of this name is to be added, None when a new one is made.

    That includes the person who held the name when the user acted, and whom another device has renamed since.
    """
    normal = normalise_name(name)
    seen = _seen_holder(context, normal)
    if seen is not None and (heir := heir_of(context.tx, seen)) is not None:
        return heir
    today = _current_holder(context, normal)
    if today is not None:
        return today
    last = last_holder(context, normal)
    if last is None or _knew_end(context, last) or (context.view is None and context.knew(_end(last))):
        return None
    return heir_of(context.tx, last.person_id)


def refuse_merged(context: ActionContext, meant: Meant) -> None:
    """Raise ActionConflict when the user did not know that the person was merged, which changed all of their fields."""
    try:
        refuse_deleted(context, "person", meant.named)
    except ActionConflict:
        raise ActionConflict("conflict", "person", meant.id) from None


def refuse_namesake(context: ActionContext, name: str, person_id: int) -> None:
    """Raise ActionConflict when another person held the name at the time of an action that gives nothing else."""
    if context.view is not None:
        return  # the name was resolved at that number
    others = [each for each in _holders(context, _FORMERLY, normalise_name(name)) if each.person_id != person_id]
    if not all(context.knew(_end(other)) for other in others):
        raise ActionConflict("recreated", "person", person_id)


def _seen_holder(context: ActionContext, normal: str) -> int | None:
    """Who held the name at the number that the user was looking at, unless the same device has taken it away since."""
    if context.view is None:
        return None
    seen = _holder_at(context, normal, context.view)
    if seen is None and context.base_rev is not None and context.base_rev > context.view:
        seen = _holder_at(context, normal, context.base_rev)  # a number from the response to a push
    took_away = seen is not None and seen.to_seq is not None and context.did_before(_end(seen))
    return None if seen is None or took_away else seen.person_id


def _holder_at(context: ActionContext, normal: str, seq: int) -> Any:
    # A user who saw one change of a commit saw all of it.
    at_seq = context.tx.execute(_COMMIT, at_least=seq).scalar_one_or_none()
    return _first(_holders(context, _AT_VIEW, normal, at_seq=at_seq or seq))


def _current_holder(context: ActionContext, normal: str) -> int | None:
    today = _first(_holders(context, _TODAY, normal))
    return None if today is None else int(today.person_id)


def last_holder(context: ActionContext, normal: str) -> Any:
    """Who last held this normalised name, deleted or not: ``person_id``, and when they lost it; None if no one did."""
    formerly = _holders(context, _FORMERLY, normal)
    return max(formerly, key=lambda each: (each.to_seq, each.name == normal), default=None)


def _holders(context: ActionContext, statement: CompoundSelect[Any], normal: str, **values: Any) -> list[Any]:
    """Who held a name: the exact spelling first, then who was added first."""
    found = context.tx.execute(statement, of_name=normal, of_folded=folded_name(normal), **values)
    return sorted(found, key=lambda each: (each.name != normal, each.person_id))


def _first(holders: Sequence[Any]) -> Any:
    return holders[0] if holders else None


def _knew_end(context: ActionContext, holder: Any) -> bool:
    """Whether the client had pulled that the name was taken away, or took it away itself."""
    is_pulled = context.known_seq is not None and holder.to_seq <= context.known_seq
    return is_pulled or context.did_before(_end(holder))


def _end(holder: Any) -> FieldChange:
    return FieldChange(holder.to_seq, holder.ended_at or 0.0, holder.device)


def _unless_deleted(context: ActionContext, person_id: int) -> int | None:
    """Who they are now; None for a person whose deletion the user knew of, and ActionConflict for an unknown one."""
    heir = heir_of(context.tx, person_id)
    if heir is None:
        refuse_deleted(context, "person", person_id)
    return heir
