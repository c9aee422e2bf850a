"""What a tag is: how it is stored, what it is compared by, and the field of its title that it is."""

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import quote

from ...schemas.values import TAG
from ..names import checked, folded_name

NO_TAGS: Mapping[str, str] = MappingProxyType({})

MAX_TAGS = 50
MAX_TAGS_EVER = 500
"""How many tags a title may have had, removed ones included, since the change clock remembers them."""


def tag_named(given: str) -> tuple[str, str]:
    """The folded form of a tag, by which it is compared as names of people are, and its stored form. Raises Invalid."""
    tag = checked("tag", given, TAG)
    return folded_name(tag), tag


def tag_field(folded: str) -> str:
    """The field of a movie that a tag is, for the change clock; quoted, since a colon begins the part of a field."""
    return f"tag:{quote(folded, safe='')}"


def is_tag_field(name: str) -> bool:
    """Whether a field of a movie is a tag."""
    return name.startswith("tag:")
