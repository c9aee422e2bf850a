"""Names of people and lists: trimmed, in Unicode NFC, so that equal-looking names are equal."""

from __future__ import annotations

import unicodedata

from ..errors import Invalid

MAX_NAME_LENGTH = 200


def normal_form(name: str) -> str:
    """The form in which names are stored and compared."""
    return unicodedata.normalize("NFC", name.strip())


def search_form(text: str) -> str:
    """The form in which text is searched: equal for what differs in case or composition only."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def normalise_name(name: str, field: str = "name") -> str:
    """The stored form of a name; raises Invalid when nothing is left, or too much."""
    normal = normal_form(name)
    if not normal:
        raise Invalid.field(field, "must not be empty")
    if len(normal) > MAX_NAME_LENGTH:
        raise Invalid.field(field, f"must have at most {MAX_NAME_LENGTH} characters")
    return normal
