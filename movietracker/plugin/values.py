"""Whether the values that plugins return are what their dataclasses say; nothing else checks them at run time."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from types import UnionType
from typing import Any, Literal, get_args, get_origin

import orjson


def misfit_of_value(value: Any, expected: type) -> str | None:
    """Why a value is not one of this dataclass, without its content, which may be confidential; None if it is."""
    if not isinstance(value, expected):
        return f"{type(value).__name__} instead of {expected.__name__}"
    for field in fields(expected):
        given = getattr(value, field.name)
        if not _fits(given, field.type):
            return f"{expected.__name__} whose {field.name} is of the wrong kind ({type(given).__name__})"
    return None


def _fits(value: Any, annotation: Any) -> bool:
    """Whether a value has the type of a field, and can be stored and sent; a list may stand for a tuple."""
    origin = get_origin(annotation)
    if origin is UnionType:
        return any(_fits(value, each) for each in get_args(annotation))
    if origin is Literal:
        return value in get_args(annotation)
    if origin is tuple:
        return isinstance(value, tuple | list) and all(_fits(each, get_args(annotation)[0]) for each in value)
    if origin is Mapping:
        return isinstance(value, Mapping) and _is_storable(value)
    if is_dataclass(annotation):
        return misfit_of_value(value, annotation) is None  # type: ignore[arg-type]
    kind = int | float if annotation is float else annotation
    return isinstance(value, kind) and not isinstance(value, bool) and _is_storable(value)


def _is_storable(value: Any) -> bool:
    try:
        orjson.dumps(value, default=str)
    except TypeError:  # half a surrogate pair, a number beyond 64 bits, a key that is no text
        return False
    return not isinstance(value, str) or "\0" not in value  # which PostgreSQL does not store
