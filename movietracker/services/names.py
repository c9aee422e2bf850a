"""Names of people and lists: trimmed, in Unicode NFC, so that equal-looking names are equal."""

from ..errors import Invalid
from ..models.library import MAX_FOLDED_NAME
from ..schemas.values import NAME, UNSEEN, Fault, Value, is_unseen, normal_form
from ..text import fold

__all__ = ["checked", "folded_name", "new_persons_name", "normal_form", "normalise_name"]


def normalise_name(name: str, field: str = "name") -> str:
    """The stored form of a name; raises Invalid when nothing is left, or too much."""
    return checked(field, name, NAME)


def new_persons_name(name: str, field: str = "name") -> str:
    """The stored form of a name for a person; raises Invalid as for others, and for one that nobody can see."""
    normal = normalise_name(name, field)
    if is_unseen(normal):
        raise Invalid.field(field, UNSEEN)
    return normal


def folded_name(name: str) -> str:
    """The form in which names of people are compared: without case, accents and invisible characters."""
    return fold(name)[:MAX_FOLDED_NAME]


def checked(field: str, value: str, kind: Value) -> str:
    """The value as it is stored; raises Invalid for what its kind does not allow."""
    try:
        taken: str = kind.check(value)
    except Fault as fault:
        raise Invalid.field(field, str(fault)) from None
    return taken
