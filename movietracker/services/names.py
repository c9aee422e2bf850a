"""Names of people and lists: trimmed, in Unicode NFC, so that equal-looking names are equal."""

from ..errors import Invalid
from ..schemas.values import NAME, Fault, Value, normal_form

__all__ = ["checked", "normal_form", "normalise_name"]


def normalise_name(name: str, field: str = "name") -> str:
    """The stored form of a name; raises Invalid when nothing is left, or too much."""
    return checked(field, name, NAME)


def checked(field: str, value: str, kind: Value) -> str:
    """The value as it is stored; raises Invalid for what its kind does not allow."""
    try:
        taken: str = kind.check(value)
    except Fault as fault:
        raise Invalid.field(field, str(fault)) from None
    return taken
