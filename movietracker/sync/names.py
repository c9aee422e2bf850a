"""Resolves person names in queued actions.

A name means the person who held it at the number that the user was looking at, unless the same device has taken the
name away since; else its current holder; else its last holder, whom another device has renamed. So a rename makes no
ghost twin.
"""

from typing import Any

from sqlalchemy import bindparam, func, or_, select

from ..errors import PersonNotFound
from ..models import LEDGER, NAMES
from ..services import people
from ..services.change_clock import FieldChange
from ..services.names import normalise_name
from .conflicts import ActionConflict, ActionContext, refuse_deleted

_MINE = NAMES.c.user_id == bindparam("of_user")
_NAMED = NAMES.c.name == bindparam("of_name")
_HOLDER = select(NAMES.c.person_id, NAMES.c.to_seq, NAMES.c.ended_at, NAMES.c.device)
_AT_VIEW = _HOLDER.where(
    _MINE,
    _NAMED,
    NAMES.c.from_seq <= bindparam("at_seq"),
    or_(NAMES.c.to_seq.is_(None), NAMES.c.to_seq > bindparam("at_seq")),
)
_TODAY = select(NAMES.c.person_id).where(_MINE, _NAMED, NAMES.c.to_seq.is_(None))
_LAST = _HOLDER.where(_MINE, _NAMED, NAMES.c.to_seq.is_not(None)).order_by(NAMES.c.to_seq.desc()).limit(1)
_COMMIT = select(func.min(LEDGER.c.seq)).where(
    LEDGER.c.user_id == bindparam("of_user"), LEDGER.c.seq >= bindparam("at_least")
)


def person_meant(context: ActionContext, person_id: int | None, name: str | None) -> int:
    """The id of the person whom an action means.

    Raises PersonNotFound, and ActionConflict when another device has deleted that person.
    """
    if person_id is None and name is not None:
        person_id = holder_meant(context, name)
        if person_id is None:
            raise PersonNotFound
    assert person_id is not None
    if not people.has_person(context.tx, person_id):
        refuse_deleted(context, "person", person_id, even_if_known=True)
        raise PersonNotFound
    return person_id


def holder_meant(context: ActionContext, name: str) -> int | None:
    """The id of the person whom a name means, None for a name that is new.

    Raises ActionConflict when another device has deleted that person.
    """
    normal = normalise_name(name, "person_name")
    seen = _seen_holder(context, normal)
    if seen is not None:
        if not people.has_person(context.tx, seen):
            raise ActionConflict("deleted", "person", seen)
        return seen
    today = _current_holder(context, normal)
    if today is not None:
        return today
    last = last_holder(context, normal)
    # A user who knows that the name was taken away means a new person.
    return None if last is None or _knew_end(context, last) else _unless_deleted(context, last.person_id)


def existing_holder(context: ActionContext, name: str) -> int | None:
    """The id of the person who exists already when one of this name is to be added, None when a new one is made.

    That includes the person who held the name when the user acted, and whom another device has renamed since.
    """
    normal = normalise_name(name)
    seen = _seen_holder(context, normal)
    if seen is not None and people.has_person(context.tx, seen):
        return seen
    today = _current_holder(context, normal)
    if today is not None:
        return today
    last = last_holder(context, normal)
    if last is None or _knew_end(context, last) or (context.view is None and context.knew(_end(last))):
        return None
    return int(last.person_id) if people.has_person(context.tx, last.person_id) else None


def refuse_namesake(context: ActionContext, name: str, person_id: int) -> None:
    """Raise ActionConflict when another person held the name at the time of an action that gives nothing else."""
    if context.view is not None:
        return  # the name was resolved at that number
    others = _HOLDER.where(_MINE, _NAMED, NAMES.c.person_id != person_id, NAMES.c.to_seq.is_not(None))
    for other in context.tx.execute(others, of_name=normalise_name(name)):
        if not context.knew(_end(other)):
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
    return context.tx.execute(_AT_VIEW, of_name=normal, at_seq=at_seq or seq).first()


def _current_holder(context: ActionContext, normal: str) -> int | None:
    today: int | None = context.tx.execute(_TODAY, of_name=normal).scalar_one_or_none()
    return today


def last_holder(context: ActionContext, normal: str) -> Any:
    """Who last held this normalised name, deleted or not: ``person_id``, and when they lost it; None if no one did."""
    return context.tx.execute(_LAST, of_name=normal).first()


def _knew_end(context: ActionContext, holder: Any) -> bool:
    """Whether the client had pulled that the name was taken away, or took it away itself."""
    is_pulled = context.known_seq is not None and holder.to_seq <= context.known_seq
    return is_pulled or context.did_before(_end(holder))


def _end(holder: Any) -> FieldChange:
    return FieldChange(holder.to_seq, holder.ended_at or 0.0, holder.device)


def _unless_deleted(context: ActionContext, person_id: int) -> int | None:
    """The same id; None for a person whose deletion the user knew of, and ActionConflict for one whose they did not."""
    if people.has_person(context.tx, person_id):
        return person_id
    refuse_deleted(context, "person", person_id)
    return None
