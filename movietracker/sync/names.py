"""Who a name in a queued action means.

It means who bore it at the number that the user was looking at, unless the same device took the name away since; else
who bears it today; else who bore it last, since that person was renamed on another device meanwhile. So a rename makes
no ghost twin.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, bindparam, or_, select

from ..errors import PersonNotFound
from ..models import Person, PersonName
from ..services.change_clock import FieldChange
from ..services.names import normalise_name
from .conflicts import Doing, refuse_deleted

NAMES = PersonName.__table__
PEOPLE = Person.__table__

_MINE = NAMES.c.user_id == bindparam("of_user")
_NAMED = NAMES.c.name == bindparam("of_name")
_BEARER = select(NAMES.c.person_id, NAMES.c.to_seq, NAMES.c.ended_at, NAMES.c.device)
_AT_VIEW = _BEARER.where(
    _MINE,
    _NAMED,
    NAMES.c.from_seq <= bindparam("at_seq"),
    or_(NAMES.c.to_seq.is_(None), NAMES.c.to_seq > bindparam("at_seq")),
)
_TODAY = select(NAMES.c.person_id).where(_MINE, _NAMED, NAMES.c.to_seq.is_(None))
_LAST = _BEARER.where(_MINE, _NAMED).order_by(NAMES.c.to_seq.desc()).limit(1)
_EXISTS = select(PEOPLE.c.id).where(PEOPLE.c.user_id == bindparam("of_user"), PEOPLE.c.id == bindparam("of_person"))


def person_meant(doing: Doing, person_id: int | None, name: str | None) -> int:
    """The id of the person whom an action means.

    Raises PersonNotFound, and ActionConflict when that person was deleted meanwhile.
    """
    if person_id is None and name is not None:
        person_id = bearer_meant(doing, name)
        if person_id is None:
            raise PersonNotFound
    if doing.tx.execute(_EXISTS, of_person=person_id).first() is None:
        refuse_deleted(doing, "person", person_id or 0, even_if_known=True)
        raise PersonNotFound
    assert person_id is not None
    return person_id


def bearer_meant(doing: Doing, name: str) -> int | None:
    """The id of the person whom a name means, None for a name that is new.

    Raises ActionConflict when that person was deleted meanwhile.
    """
    normal = normalise_name(name, "person_name")
    if doing.view is not None:
        seen = doing.tx.execute(_AT_VIEW, of_name=normal, at_seq=doing.view).one_or_none()
        if seen is not None and not _took_away(doing, seen):
            return _unless_deleted(doing, seen.person_id)
    today = doing.tx.execute(_TODAY, of_name=normal).scalar_one_or_none()
    if today is not None:
        return int(today)
    last = doing.tx.execute(_LAST, of_name=normal).one_or_none()
    if last is None or _took_away(doing, last) or (doing.known_seq is not None and last.to_seq <= doing.known_seq):
        return None  # nobody, or the client knows of the rename and so means somebody new
    return _unless_deleted(doing, last.person_id)


def last_bearer(doing: Doing, name: str) -> int | None:
    """The id of the person who bears or last bore this name, whether still there or not."""
    row = doing.tx.execute(_LAST, of_name=normalise_name(name)).one_or_none()
    return None if row is None else row.person_id


def _took_away(doing: Doing, bearer: Row[Any]) -> bool:
    """Whether this device itself took the name from that person before the action."""
    return bearer.to_seq is not None and doing.did_before(FieldChange(bearer.to_seq, bearer.ended_at, bearer.device))


def _unless_deleted(doing: Doing, person_id: int) -> int | None:
    """The same id; None when the person was deleted and the user knew; raises ActionConflict when they did not."""
    if doing.tx.execute(_EXISTS, of_person=person_id).first() is not None:
        return person_id
    refuse_deleted(doing, "person", person_id)
    return None
