"""JSON files, element by element; of a file of any length only one element is in memory, and its size is bounded."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import ijson

from ..phrases import phrase
from .bounded import CHUNK_BYTES, MARK, Bounded
from .upload import MEMBERS_KEPT, BrokenRow, Member, MemberDamaged

MAX_ELEMENT_BYTES = 4 * 1024 * 1024
MAX_ELEMENT_EVENTS = 250_000
MAX_DEPTH = 64
_BEGINNINGS = frozenset({"start_map", "start_array"})
_ENDS = frozenset({"end_map", "end_array"})

Event = tuple[str, Any]


@dataclass(frozen=True, slots=True)
class JsonItem:
    """An element of an array, with its place from 1, and the place in words for messages.

    ``section`` is the key of the array in the outermost object, "" for an outermost array. A value of the outermost
    object that is no array is an item with place 0.
    """

    section: str
    place: int
    value: Any
    where: str


def read_json(member: Member, *sections: str) -> Iterator[JsonItem | BrokenRow]:
    """The items of these sections in the order of the file; the rest of a damaged file is one BrokenRow.

    Without sections, those of an outermost array.
    """
    try:
        with member.open() as stream:
            source = Bounded(stream, MAX_ELEMENT_BYTES)
            events = ijson.basic_parse(source, use_float=True, buf_size=CHUNK_BYTES)
            yield from _items(member.label, events, source, frozenset(sections or ("",)))
    except MemberDamaged as error:
        yield BrokenRow(member.label, error.reason)
    except (ijson.JSONError, UnicodeDecodeError, ValueError):
        yield BrokenRow(member.label, phrase("invalid_json"))


@lru_cache(MEMBERS_KEPT)
def json_keys(member: Member) -> Mapping[str, frozenset[str]]:
    """What a JSON file looks like, by its head: for each section the keys of its first element that is an object.

    "" is the section of an outermost array; a section without such an element in the head has no keys. Empty if the
    file is no JSON.
    """
    found: dict[str, frozenset[str]] = {}
    head = member.head.removeprefix(MARK).lstrip()
    if head[:1] not in (b"{", b"["):
        return found
    section, depth, keys = "", 0, set[str]()
    array_depth = 1 if head[:1] == b"[" else 2
    try:
        for event, value in ijson.basic_parse(io.BytesIO(head), use_float=True):
            if event in _BEGINNINGS:
                depth += 1
                if array_depth == 1 == depth:
                    found[""] = frozenset()
            elif event in _ENDS:
                depth -= 1
                if depth == array_depth and keys and not found.get(section):
                    found[section] = frozenset(keys)
            elif event == "map_key" and array_depth == 2 and depth == 1:
                section, keys = value, set()
                found.setdefault(section, frozenset())
            elif event == "map_key" and depth == array_depth + 1 and not found.get(section):
                keys.add(value)
    except (ijson.JSONError, UnicodeDecodeError, ValueError):
        if keys and not found.get(section):
            found[section] = frozenset(keys)  # of an element that goes on behind the head
    return found


def _items(label: str, events: Iterator[Event], source: Bounded, wanted: frozenset[str]) -> Iterator[JsonItem]:
    beginning, _ = next(events, ("", None))
    if beginning == "start_array":
        if "" in wanted:
            yield from _of_array("", label, events, source)
    elif beginning == "start_map":
        while (key := next(events)[1]) is not None:
            event, value = next(events)
            if event == "start_array" and key in wanted:
                yield from _of_array(key, label, events, source)
            elif key in wanted:
                yield JsonItem(key, 0, _build(event, value, events), f"{label}, {key}")
            elif event in _BEGINNINGS:
                _skip(events, source)
            source.begin_element()


def _of_array(key: str, label: str, events: Iterator[Event], source: Bounded) -> Iterator[JsonItem]:
    for place, (event, value) in enumerate(events, 1):
        if event == "end_array":
            return
        source.begin_element()
        yield JsonItem(key, place, _build(event, value, events), f"{label}, {key or 'item'} {place}")


def _skip(events: Iterator[Event], source: Bounded) -> None:
    depth = 1
    for event, _ in events:
        source.begin_element()
        depth += (event in _BEGINNINGS) - (event in _ENDS)
        if depth == 0:
            return


def _build(event: str, value: Any, events: Iterator[Event]) -> Any:
    """The value that begins with an event; raises MemberDamaged for one that is too large or nested too deeply."""
    builder = ijson.ObjectBuilder()
    builder.event(event, value)
    depth = int(event in _BEGINNINGS)
    count = 0
    while depth:
        event, value = next(events)
        depth += (event in _BEGINNINGS) - (event in _ENDS)
        count += 1
        if depth > MAX_DEPTH or count > MAX_ELEMENT_EVENTS:
            raise MemberDamaged(phrase("element_of_too_many_values"))
        builder.event(event, value)
    return builder.value
