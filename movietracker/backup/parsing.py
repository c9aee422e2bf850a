"""From bytes to the elements of a document, one at a time, however long the document is.

Only one element is held in memory; how large and how deeply nested it may be is bounded, and so is what a compressed
document unpacks to.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

import ijson

from ..errors import BodyTooLarge, InvalidDocument, MalformedJson

MAX_UNPACKED_BYTES = 256 * 1024 * 1024
MAX_ELEMENT_BYTES = 2 * 1024 * 1024
MAX_DEPTH = 64
CHUNK_BYTES = 64 * 1024

MAX_KEYS = 1000

SECTIONS = ("movies", "people", "lists")

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


class Readable(Protocol):
    """What is read from."""

    def read(self, size: int = -1, /) -> bytes:
        """At most so many bytes; none at the end."""


class Unpacked:
    """The bytes of a document, plain or gzip; refuses to go on when it, or one element of it, is too long."""

    def __init__(self, source: Readable) -> None:
        sniffed = _Sniffed(source, len(_GZIP_MAGIC))
        self._source: Readable = sniffed
        self._is_packed = sniffed.head == _GZIP_MAGIC
        if self._is_packed:
            self._source = gzip.GzipFile(fileobj=sniffed)  # type: ignore[call-overload]
        self._total = 0
        self._element_began = 0

    def read(self, size: int = -1, /) -> bytes:
        """At most a chunk."""
        chunk = self._unpacked(min(size, CHUNK_BYTES) if size >= 0 else CHUNK_BYTES)
        if self._total == 0 and chunk:
            while len(chunk) < len(_BYTE_ORDER_MARK) and (more := self._unpacked(1)):
                chunk += more
            if chunk.startswith(_BYTE_ORDER_MARK):
                chunk = chunk.removeprefix(_BYTE_ORDER_MARK) or self._unpacked(CHUNK_BYTES)
        self._total += len(chunk)
        if self._total > MAX_UNPACKED_BYTES:
            raise BodyTooLarge(f"The document is larger than {MAX_UNPACKED_BYTES // 2**20} MiB.")
        if self._total - self._element_began > MAX_ELEMENT_BYTES + CHUNK_BYTES:
            raise InvalidDocument.at("document", f"holds a part of more than {MAX_ELEMENT_BYTES // 2**20} MiB")
        return chunk

    def begin_element(self) -> None:
        """What is read from now on belongs to the next element."""
        self._element_began = self._total

    def measure(self) -> None:
        """Unpack what is left, without keeping it; raises BodyTooLarge when the whole is too long.

        For documents that were refused: what unpacks to too much is too large, whatever else is wrong with it.
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
    """A stream whose first bytes have been looked at."""

    def __init__(self, source: Readable, size: int) -> None:
        self.source = source
        self.head = self._unread = b""
        while len(self.head) < size and (more := source.read(size - len(self.head))):
            self.head += more
        self._unread = self.head

    def read(self, size: int = -1, /) -> bytes:
        """The looked-at bytes first."""
        if self._unread:
            cut = len(self._unread) if size < 0 else size
            given, self._unread = self._unread[:cut], self._unread[cut:]
            return given
        return self.source.read(size)


def elements(stream: Unpacked) -> Iterator[Element]:
    """The elements of a document in its order.

    Raises MalformedJson, BodyTooLarge, and InvalidDocument for what is no object, or holds a key twice, or is nested
    too deeply.
    """
    try:
        yield from _elements(ijson.basic_parse(stream, use_float=True, buf_size=CHUNK_BYTES), stream)
    except (ijson.JSONError, ValueError):
        raise MalformedJson(_NO_JSON) from None


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
        pass  # nothing may follow


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
    """The object or array whose beginning has been read; no recursion, so that no nesting exhausts the stack."""
    container: Any = {} if beginning == "start_map" else []
    key = ""
    outer: list[tuple[Any, str]] = []
    for event, value in events:
        if event == "map_key":
            if value in container:
                raise InvalidDocument.at(f"{_path(place, outer)}.{value}", "is there twice")
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
                if len(outer) > MAX_DEPTH:
                    raise InvalidDocument.at(place, f"is nested more than {MAX_DEPTH} levels deep")
    raise MalformedJson(_NO_JSON)


def _path(place: str, outer: list[tuple[Any, str]]) -> str:
    steps = (f".{key}" if type(container) is dict else f"[{len(container) - 1}]" for container, key in outer)
    return place + "".join(steps)
