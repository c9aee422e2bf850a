"""Who a name in a queued action means.

It means who bore it at the number that the user was looking at, unless the same device took the name away since; else
who bears it today; else who bore it last, since that person was renamed on another device meanwhile. So a rename makes
no ghost twin.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, func, or_, select

from ..errors import PersonNotFound
from ..models import LedgerEntry, Person, PersonName
from ..prepared import Prepared
from ..services.change_clock import FieldChange
from ..services.names import normalise_name
from .conflicts import ActionConflict, Doing, refuse_deleted

NAMES = PersonName.__table__
PEOPLE = Person.__table__
LEDGER = LedgerEntry.__table__

_MINE = NAMES.c.user_id == bindparam("of_user")
_NAMED = NAMES.c.name == bindparam("of_name")
_BEARER = select(NAMES.c.person_id, NAMES.c.to_seq, NAMES.c.ended_at, NAMES.c.device)
_AT_VIEW = Prepared(
    _BEARER.where(
        _MINE,
        _NAMED,
        NAMES.c.from_seq <= bindparam("at_seq"),
        or_(NAMES.c.to_seq.is_(None), NAMES.c.to_seq > bindparam("at_seq")),
    )
)
_TODAY = Prepared(select(NAMES.c.person_id).where(_MINE, _NAMED, NAMES.c.to_seq.is_(None)))
_LAST = Prepared(_BEARER.where(_MINE, _NAMED, NAMES.c.to_seq.is_not(None)).order_by(NAMES.c.to_seq.desc()).limit(1))
_COMMIT = Prepared(
    select(func.min(LEDGER.c.seq)).where(
        LEDGER.c.user_id == bindparam("of_user"), LEDGER.c.seq >= bindparam("at_least")
    )
)
_EXISTS = Prepared(
    select(PEOPLE.c.id).where(PEOPLE.c.user_id == bindparam("of_user"), PEOPLE.c.id == bindparam("of_person"))
)


def person_meant(doing: Doing, person_id: int | None, name: str | None) -> int:
    """The id of the person whom an action means.

    Raises PersonNotFound, and ActionConflict when that person was deleted meanwhile.
    """
    if person_id is None and name is not None:
        person_id = bearer_meant(doing, name)
        if person_id is None:
            raise PersonNotFound
    assert person_id is not None
    if not _is_there(doing, person_id):
        refuse_deleted(doing, "person", person_id, even_if_known=True)
        raise PersonNotFound
    return person_id


def bearer_meant(doing: Doing, name: str) -> int | None:
    """The id of the person whom a name means, None for a name that is new.

    Raises ActionConflict when that person was deleted meanwhile.
    """
    normal = normalise_name(name, "person_name")
    seen = _seen_bearer(doing, normal)
    if seen is not None:
        if not _is_there(doing, seen):
            raise ActionConflict("deleted", "person", seen)
        return seen
    today = _todays_bearer(doing, normal)
    if today is not None:
        return today
    last = _last_bearer(doing, normal)
    # Who knows that the name was taken away means somebody new.
    return None if last is None or _knew_end(doing, last) else _unless_deleted(doing, last.person_id)


def bearer_there(doing: Doing, name: str) -> int | None:
    """The id of the person who is there already when one of this name is to be added, None when it makes a new one.

    That is also who bore the name when the user acted, and was renamed on another device meanwhile.
    """
    normal = normalise_name(name)
    seen = _seen_bearer(doing, normal)
    if seen is not None and _is_there(doing, seen):
        return seen
    today = _todays_bearer(doing, normal)
    if today is not None:
        return today
    last = _last_bearer(doing, normal)
    if last is None or _knew_end(doing, last) or (doing.view is None and doing.knew(_end(last))):
        return None
    return int(last.person_id) if _is_there(doing, last.person_id) else None


def refuse_namesake(doing: Doing, name: str, person_id: int) -> None:
    """Raise ActionConflict when somebody else bore the name at the time of an action that tells no more than that."""
    if doing.view is not None:
        return  # the name has been read at that number
    others = _BEARER.where(_MINE, _NAMED, NAMES.c.person_id != person_id, NAMES.c.to_seq.is_not(None))
    for other in doing.tx.execute(others, of_name=normalise_name(name)):
        if not doing.knew(_end(other)):
            raise ActionConflict("recreated", "person", person_id)


def last_bearer(doing: Doing, name: str) -> int | None:
    """The id of the person who last bore this name, whether still there or not."""
    row = _last_bearer(doing, normalise_name(name))
    return None if row is None else row.person_id


def _seen_bearer(doing: Doing, normal: str) -> int | None:
    """Who bore the name at the number that the user was looking at, unless the same device took it away since."""
    if doing.view is None:
        return None
    seen = _bearer_at(doing, normal, doing.view)
    if seen is None and doing.base_rev is not None and doing.base_rev > doing.view:
        seen = _bearer_at(doing, normal, doing.base_rev)  # a number that the answer to a push told
    took_away = seen is not None and seen.to_seq is not None and doing.did_before(_end(seen))
    return None if seen is None or took_away else seen.person_id


def _bearer_at(doing: Doing, normal: str, seq: int) -> Any:
    # Who saw one change of a commit saw all of it.
    at_seq = doing.tx.execute(_COMMIT, at_least=seq).scalar_one_or_none()
    return doing.tx.execute(_AT_VIEW, of_name=normal, at_seq=at_seq or seq).first()


def _todays_bearer(doing: Doing, normal: str) -> int | None:
    today: int | None = doing.tx.execute(_TODAY, of_name=normal).scalar_one_or_none()
    return today


def _last_bearer(doing: Doing, normal: str) -> Any:
    return doing.tx.execute(_LAST, of_name=normal).first()


def _knew_end(doing: Doing, bearer: Any) -> bool:
    """Whether the client had pulled that the name was taken from that person, or took it away itself."""
    is_pulled = doing.known_seq is not None and bearer.to_seq <= doing.known_seq
    return is_pulled or doing.did_before(_end(bearer))


def _end(bearer: Any) -> FieldChange:
    return FieldChange(bearer.to_seq, bearer.ended_at or 0.0, bearer.device)


def _is_there(doing: Doing, person_id: int) -> bool:
    return doing.tx.execute(_EXISTS, of_person=person_id).first() is not None


def _unless_deleted(doing: Doing, person_id: int) -> int | None:
    """The same id; None when the person was deleted and the user knew; raises ActionConflict when they did not."""
    if _is_there(doing, person_id):
        return person_id
    refuse_deleted(doing, "person", person_id)
    return None
