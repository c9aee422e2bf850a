"""Whom a name in an action means, by the model."""

from .model import Library
from .records import Bearing, Conflict, Doing, Rejected, same


def seen_bearer(library: Library, doing: Doing, name: str) -> int | None:
    """Who bore the name in what the user saw, unless the device itself took it away since."""
    view = doing.seen if doing.seen is not None else doing.pulled
    if view is None:
        return None
    for bearing in library.bearings:
        begun = bearing.begin.commit is not None and library._is_up_to(bearing.begin, view)
        ended = bearing.end is not None and bearing.end.commit is not None and library._is_up_to(bearing.end, view)
        if same(bearing.name, name) and begun and not ended:
            return None if bearing.end is not None and doing.did(bearing.end) else bearing.person
    return None


def todays_bearer(library: Library, name: str) -> int | None:
    """Who bears the name now."""
    return next((each.person for each in library.bearings if same(each.name, name) and each.end is None), None)


def last_bearing(library: Library, name: str) -> Bearing | None:
    """Who bore the name last and bears it no longer."""
    ended = [each for each in library.bearings if same(each.name, name) and each.end is not None]
    return max(ended, key=lambda each: _order(library, each), default=None)


def _order(library: Library, bearing: Bearing) -> tuple[int, int]:
    assert bearing.end is not None
    commit = bearing.end.commit
    place = len(library.history.commits) if commit is None else library.history.index(commit.uid)
    assert place is not None
    return place, library.bearings.index(bearing)


def knew_end(library: Library, doing: Doing, bearing: Bearing) -> bool:
    """Whether the device had pulled that the name was taken from that person, or did it itself."""
    assert bearing.end is not None
    if doing.did(bearing.end):
        return True
    return doing.pulled is not None and library._is_up_to(bearing.end, doing.pulled)


Meant = tuple[int, int]
"""Whom an action means, and whom it named, who may have become part of them."""


def bearer_meant(library: Library, doing: Doing, name: str) -> int | None:
    """Whom a name means; None for somebody new. Conflict when they were deleted."""
    meant = _bearer_meant(library, doing, name)
    doing.resolved = None if meant is None else meant[0]
    return doing.resolved


def _bearer_meant(library: Library, doing: Doing, name: str) -> Meant | None:
    seen = seen_bearer(library, doing, name)
    if seen is not None:
        heir = library.heir(seen)
        if heir is None:
            raise Conflict("deleted")
        return heir, seen
    today = todays_bearer(library, name)
    if today is not None:
        return today, today
    last = last_bearing(library, name)
    if last is None or knew_end(library, doing, last):
        return None
    heir = library.heir(last.person)
    if heir is not None:
        return heir, last.person
    library.refuse_deleted(doing, "person", last.person)
    return None


def bearer_there(library: Library, doing: Doing, name: str) -> int | None:
    """Who is there already when somebody of this name is to be added."""
    doing.resolved = _bearer_there(library, doing, name)
    return doing.resolved


def _bearer_there(library: Library, doing: Doing, name: str) -> int | None:
    """Who is there already when somebody of this name is to be added."""
    seen = seen_bearer(library, doing, name)
    if (heir := library.heir(seen)) is not None:
        return heir
    today = todays_bearer(library, name)
    if today is not None:
        return today
    last = last_bearing(library, name)
    if last is None or last.end is None or knew_end(library, doing, last):
        return None
    if doing.seen is None and doing.pulled is None and library.knew(doing, last.end):
        return None
    return library.heir(last.person)


def person_meant(library: Library, doing: Doing, data: dict[str, object], by_id: str, by_name: str) -> Meant:
    """The person of an action that needs one who is there."""
    person = data.get(by_id)
    if person is None:
        meant = _bearer_meant(library, doing, str(data[by_name]))
        if meant is None:
            raise Rejected("person_not_found")
        doing.resolved = meant[0]
        return meant
    assert isinstance(person, int)
    heir = library.heir(person)
    if heir is None:
        library.refuse_deleted(doing, "person", person, even_if_known=True)
        raise Rejected("person_not_found")
    return heir, person


def refuse_namesake(library: Library, doing: Doing, name: str, person: int) -> None:
    """Conflict when somebody else bore the name when the user acted, where only a time tells."""
    if doing.seen is not None or doing.pulled is not None:
        return
    for each in library.bearings:
        if (
            same(each.name, name)
            and each.person != person
            and each.end is not None
            and not library.knew(doing, each.end)
        ):
            raise Conflict("recreated")
