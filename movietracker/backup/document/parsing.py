"""From bytes to the elements of a document, one at a time, however long the document is.

Only one element is held in memory; its size and depth are bounded, and so is the size of an unpacked document.
"""

import gzip
import math
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any, NamedTuple, Protocol

import ijson

from ...errors import BodyTooLarge, InvalidDocument, MalformedJson
from ...records import KINDS

MAX_UNPACKED_BYTES = 256 * 1024 * 1024
MAX_ELEMENT_BYTES = 2 * 1024 * 1024
MAX_ELEMENT_EVENTS = 250_000
MAX_DEPTH = 64
CHUNK_BYTES = 64 * 1024

MAX_KEYS = 1000

RANKINGS = "rankings"
SECTIONS = (*(kind.plural for kind in KINDS), RANKINGS)
REQUIRED_SECTIONS = ("movies", "people", "lists")
"""Those of version 2 from the beginning; older files lack the others."""

_GZIP_MAGIC = b"\x1f\x8b"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_NO_JSON = "The document is not valid JSON."

_BEGINNINGS = frozenset({"start_map", "start_array"})
_ENDS = frozenset({"end_map", "end_array"})

Event = tuple[str, Any]


class Element(NamedTuple):
    """A part of the document: item number ``at`` of a section, or a top-level value with ``at`` None.

    A top-level value that is an object or array is not built; OBJECT or ARRAY stands for it. A section that is an array
    also gives an element of its own, ARRAY, before its items.
    """

    key: str
    at: int | None
    value: Any


class Shape:
    """Stands for a value that was not built."""


OBJECT, ARRAY = Shape(), Shape()


class Budget(NamedTuple):
    """What it may take to read a document, apart from the limits that hold for all; a backup of ours needs none.

    ``records`` are those of a section. ``events`` are beginnings, ends, keys and values; a large document may have one
    for each EVENT_BYTES, as real ones do. ``ratio`` is that of a document to its gzip form, once it has UNPACKED_FREELY
    bytes. ``check`` is called for each chunk, and raises to end the import.
    """

    records: int = sys.maxsize
    events: int = sys.maxsize
    ratio: float = math.inf
    check: Callable[[], None] = lambda: None


NO_BUDGET = Budget()
EVENT_BYTES = 12
UNPACKED_FREELY = 32 * 1024 * 1024


class Readable(Protocol):
    """A source of bytes."""

    def read(self, size: int = -1, /) -> bytes:
        """At most ``size`` bytes; none at the end."""


class Unpacked:
    """The bytes of a document, plain or gzip; reading fails when it, or one element of it, is too long.

    ``total`` is the number of those that were read.
    """

    def __init__(self, source: Readable, budget: Budget = NO_BUDGET) -> None:
        sniffed = self._sent = _Sniffed(source, len(_GZIP_MAGIC))
        self.budget = budget
        self._source: Readable = sniffed
        self._is_packed = sniffed.head == _GZIP_MAGIC
        if self._is_packed:
            self._source = gzip.GzipFile(fileobj=sniffed)  # type: ignore[call-overload]
        self.total = 0
        self._element_began = 0

    def read(self, size: int = -1, /) -> bytes:
        """At most a chunk."""
        self.budget.check()
        chunk = self._unpacked(min(size, CHUNK_BYTES) if size >= 0 else CHUNK_BYTES)
        if self.total == 0 and chunk:
            while len(chunk) < len(_BYTE_ORDER_MARK) and (more := self._unpacked(1)):
                chunk += more
            if chunk.startswith(_BYTE_ORDER_MARK):
                chunk = chunk.removeprefix(_BYTE_ORDER_MARK) or self._unpacked(CHUNK_BYTES)
        self.total += len(chunk)
        if self.total > MAX_UNPACKED_BYTES:
            raise BodyTooLarge(f"The document is larger than {MAX_UNPACKED_BYTES // 2**20} MiB.")
        if self._is_packed and self.total > max(UNPACKED_FREELY, self.budget.ratio * self._sent.size):
            raise BodyTooLarge(f"The document is more than {self.budget.ratio:g} times as large as it was sent.")
        if self.total - self._element_began > MAX_ELEMENT_BYTES + CHUNK_BYTES:
            raise InvalidDocument.at("document", f"holds a part of more than {MAX_ELEMENT_BYTES // 2**20} MiB")
        return chunk

    def begin_element(self) -> None:
        """Count what is read from now on towards the next element."""
        self._element_began = self.total

    def measure(self) -> None:
        """Unpack the rest without keeping it; raises BodyTooLarge when the whole is too long.

        Called for invalid documents, because "too large" takes precedence over other faults.
        """
        with suppress(MalformedJson):
            self.begin_element()
            while self._is_packed and self.read():
                self.begin_element()

    def _unpacked(self, size: int) -> bytes:
        try:
            return self._source.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise MalformedJson("The compressed document is damaged.") from None


class _Sniffed:
    """A stream that has been read ahead by some bytes, its ``head``; ``size`` is what was read of it so far."""

    def __init__(self, source: Readable, size: int) -> None:
        self.source = source
        self.head = self._unread = b""
        while len(self.head) < size and (more := source.read(size - len(self.head))):
            self.head += more
        self._unread = self.head
        self.size = len(self.head)

    def read(self, size: int = -1, /) -> bytes:
        """The head first."""
        if self._unread:
            cut = len(self._unread) if size < 0 else size
            given, self._unread = self._unread[:cut], self._unread[cut:]
            return given
        more = self.source.read(size)
        self.size += len(more)
        return more


def elements(stream: Unpacked) -> Iterator[Element]:
    """The elements of a document in its order.

    Raises MalformedJson, BodyTooLarge, and InvalidDocument for what is not an object, has a top-level key twice, or is
    nested too deeply.
    """
    try:
        events = ijson.basic_parse(stream, use_float=True, buf_size=CHUNK_BYTES)
        yield from _elements(_affordable(events, stream), stream)
    except (ijson.JSONError, ValueError):
        raise MalformedJson(_NO_JSON) from None


def _affordable(events: Iterator[Event], stream: Unpacked) -> Iterator[Event]:
    taken = stream.budget.events
    yield from islice(events, taken)
    for event in events:
        taken += 1
        if taken > stream.total // EVENT_BYTES:
            raise BodyTooLarge("The document has too many values.")
        yield event


def _elements(events: Iterator[Event], stream: Unpacked) -> Iterator[Element]:
    if next(events) != ("start_map", None):
        raise InvalidDocument.at("document", "must be an object with version, movies, people and lists")
    keys: set[str] = set()
    while (key := next(events)[1]) is not None:
        if key in keys:
            raise InvalidDocument.at(key, "is there twice")
        keys.add(key)
        if len(keys) > MAX_KEYS:
            raise InvalidDocument.at("document", f"has more than {MAX_KEYS} fields")
        event, value = next(events)
        if event in _BEGINNINGS:
            yield Element(key, None, OBJECT if event == "start_map" else ARRAY)
            if event == "start_array" and key in SECTIONS:
                yield from _items(key, events, stream)
            else:
                _skip(events, stream)
        else:
            yield Element(key, None, value)
        stream.begin_element()
    for _ in events:
        pass  # the parser raises an error if anything follows


def _items(section: str, events: Iterator[Event], stream: Unpacked) -> Iterator[Element]:
    for at, (event, value) in enumerate(events):
        if event == "end_array":
            return
        stream.begin_element()
        item = _build(event, events, f"{section}[{at}]") if event in _BEGINNINGS else value
        yield Element(section, at, item)


def _skip(events: Iterator[Event], stream: Unpacked) -> None:
    depth = 1
    for event, _ in events:
        stream.begin_element()
        if event in _BEGINNINGS:
            depth += 1
        elif event in _ENDS:
            depth -= 1
            if depth == 0:
                return


def _build(beginning: str, events: Iterator[Event], place: str) -> Any:
    """The object or array whose beginning has been read; no recursion, so that nesting cannot exhaust the stack."""
    container: Any = {} if beginning == "start_map" else []
    key = ""
    outer: list[tuple[Any, str]] = []
    for number, (event, value) in enumerate(events):
        if event == "map_key":
            key = value
        elif event in _ENDS:
            if not outer:
                return container
            container, key = outer.pop()
        else:
            is_inner = event in _BEGINNINGS
            made = value if not is_inner else {} if event == "start_map" else []
            if type(container) is dict:
                container[key] = made
            else:
                container.append(made)
            if is_inner:
                outer.append((container, key))
                container = made
                if number > MAX_ELEMENT_EVENTS:
                    raise InvalidDocument.at(place, f"has more than {MAX_ELEMENT_EVENTS} values")
                if len(outer) > MAX_DEPTH:
                    raise InvalidDocument.at(place, f"is nested more than {MAX_DEPTH} levels deep")
    raise MalformedJson(_NO_JSON)
