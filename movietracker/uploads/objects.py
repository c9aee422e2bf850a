"""The objects of JSON files, read without trusting their shape: what is missing or of another type is empty."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..phrases import phrase
from .json_items import read_json
from .upload import BrokenRow, Member


@dataclass(frozen=True, slots=True)
class JsonRow:
    """An object: its place for messages, the array of the outermost object that it is in ("" for none), its fields."""

    where: str
    section: str
    fields: Mapping[str, Any]

    def get(self, *path: str) -> Any:
        """The value at the end of a path of keys; None if it is not there."""
        value: Any = self.fields
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        return value

    def text(self, *path: str) -> str:
        """The text or number at the end of a path, as text without white space around it; empty for anything else."""
        value = self.get(*path)
        is_text = isinstance(value, str | int | float) and not isinstance(value, bool)
        return str(value).strip() if is_text else ""

    def rows(self, *path: str) -> Iterator["JsonRow"]:
        """The objects of the array at the end of a path."""
        values = self.get(*path)
        for value in values if isinstance(values, list) else ():
            if isinstance(value, Mapping):
                yield JsonRow(self.where, self.section, value)


def read_objects(member: Member, *sections: str) -> Iterator[JsonRow | BrokenRow]:
    """The objects of these arrays of the outermost object, or of an outermost array, as ``read_json`` delivers them."""
    for item in read_json(member, *sections):
        if isinstance(item, BrokenRow):
            yield item
        elif isinstance(item.value, Mapping):
            yield JsonRow(item.where, item.section, item.value)
        elif item.place:
            yield BrokenRow(item.where, phrase("not_an_object"))
