"""Reading a backup document: everything is checked before anything is written.

The checked movies are kept in a temporary file, from which they are taken in batches, so that neither the document nor
its records are ever in memory as a whole, and the transaction that writes them need not wait for the parser.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import IO, Any, Literal, cast

import orjson

from ..errors import InvalidDocument, MalformedJson
from . import values
from .parsing import ARRAY, SECTIONS, Element, Readable, Shape, Unpacked, elements
from .records import (
    ListRecord,
    MovieRecord,
    Notes,
    PersonRecord,
    read_list,
    read_movie,
    read_person,
)

VERSIONS = (1, 2)
BATCH = 500
MAX_RECORDS = 500_000
SPOOL_BYTES = 4 * 1024 * 1024

Version = Literal[1, 2]

_TOP = frozenset({"version", "exported_at", "user_id", *SECTIONS})


@dataclass(slots=True)
class Document:
    """A checked document. ``people`` include those whom only a recommendation names.

    ``exported_at`` is in Unix seconds, None when the file does not tell. ``ids_of_people`` maps the ids that a version
    1 file gives its people to their names.
    """

    spool: IO[bytes]
    version: Version = 2
    exported_at: float | None = None
    people: list[PersonRecord] = field(default_factory=list)
    lists: list[ListRecord] = field(default_factory=list)
    ids_of_people: dict[str, str] = field(default_factory=dict)
    movie_ids: set[str] = field(default_factory=set)
    ignored_fields: list[str] = field(default_factory=list)

    def movies(self) -> Iterator[list[MovieRecord]]:
        """The movies in batches, in the order of the file."""
        self.spool.seek(0)
        lines = iter(self.spool)
        while batch := [MovieRecord(*orjson.loads(line)) for line in islice(lines, BATCH)]:
            yield batch

    def age_of(self, record: MovieRecord | PersonRecord | ListRecord) -> float | None:
        """When a record changed last, in Unix seconds; no later than the export when it does not tell itself."""
        return self.exported_at if record.last_modified is None else record.last_modified

    def __enter__(self) -> Document:
        return self

    def __exit__(self, *_: object) -> None:
        self.spool.close()


def read_document(source: Readable) -> Document:
    """Read and check a document of version 1 or 2, plain or gzip; the caller closes it.

    Raises InvalidDocument, MalformedJson, BodyTooLarge.
    """
    spool = cast(IO[bytes], tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES))  # noqa: SIM115 - closed by the document
    try:
        return _read(source, spool)
    except BaseException:
        spool.close()
        raise


def _read(source: Readable, spool: IO[bytes]) -> Document:
    stream = Unpacked(source)
    try:
        return _Reader(spool).read(stream)
    except (InvalidDocument, MalformedJson):
        stream.measure()
        raise


class _Reader:
    """Goes through a document once. What depends on the version is judged at the end: it may come last."""

    def __init__(self, spool: IO[bytes]) -> None:
        self.document = Document(spool)
        self.notes = Notes()
        self.top: dict[str, Any] = {}
        self.names: dict[str, None] = {}
        self.quick_keys: set[str] = set()
        self.list_ids: set[str] = set()
        self.named_by_votes: dict[str, None] = {}
        self.referred_people: dict[str, str] = {}
        self.referred_lists: dict[str | None, str] = {}

    def read(self, stream: Unpacked) -> Document:
        take = {"movies": self._take_movie, "people": self._take_person, "lists": self._take_list}
        for element in elements(stream):
            if element.at is None:
                self._take_top(element)
            elif element.at < MAX_RECORDS:
                take[element.key](element.value, f"{element.key}[{element.at}]")
            else:
                raise InvalidDocument.at(element.key, f"must have at most {MAX_RECORDS} entries")
        self._judge()
        named = [PersonRecord(name) for name in self.named_by_votes if name not in self.names]
        self.document.people += named
        self.document.ignored_fields = list(self.notes.ignored)
        return self.document

    def _take_top(self, element: Element) -> None:
        self.top[element.key] = element.value
        if element.key == "version":
            self._version()
        elif element.key in SECTIONS:
            if element.value is not ARRAY:
                self.notes.fault(element.key, "must be an array")
        elif element.key not in _TOP:
            self.notes.ignore("", [element.key])
            del self.top[element.key]

    def _take_person(self, raw: Any, place: str) -> None:
        person = read_person(raw, place, self.notes)
        if person is None:
            return
        ref = raw.get("id")
        if isinstance(ref, int | str):
            self.document.ids_of_people[str(ref)] = person.name
        if person.quick_key in self.quick_keys:
            self.notes.fault(f"{place}.quick_key", "is there twice")
        elif person.name in self.names:
            self.notes.repeated(f"{place}.name")
        else:
            self.names[person.name] = None
            if person.quick_key is not None:
                self.quick_keys.add(person.quick_key)
            self.document.people.append(person)

    def _take_list(self, raw: Any, place: str) -> None:
        record = read_list(raw, place, self.notes)
        if record is None:
            return
        if record.id in self.list_ids:
            self.notes.fault(f"{place}.id", "is there twice")
        self.list_ids.add(record.id)
        self.document.lists.append(record)

    def _take_movie(self, raw: Any, place: str) -> None:
        movie = read_movie(raw, place, self.notes)
        if movie is None:
            return
        if movie.imdb_id in self.document.movie_ids:
            self.notes.fault(f"{place}.imdb_id", "is there twice")
        self.document.movie_ids.add(movie.imdb_id)
        if movie.status == "custom":
            self.referred_lists.setdefault(movie.list_id, f"{place}.custom_list_id")
        for at, (name, person_ref, *_) in enumerate(movie.votes or ()):
            if name is not None:
                self.named_by_votes[name] = None
            elif person_ref is not None:
                self.referred_people.setdefault(person_ref, f"{place}.recommendations[{at}].person_id")
        if not self.notes.faults:
            self.document.spool.write(orjson.dumps(movie, default=tuple) + b"\n")

    def _version(self) -> None:
        told = self.top["version"]
        if isinstance(told, str) and told.strip().removesuffix(".0") in ("1", "2"):
            told = int(float(told))
        if isinstance(told, bool | Shape) or told not in (*VERSIONS, None):
            shown = f"{told!r}"[:50] if not isinstance(told, Shape) else "this"
            raise InvalidDocument.at("version", f"{shown} is not a version that this server reads (1 and 2)")
        self.document.version = 1 if told is None else cast(Version, int(told))

    def _judge(self) -> None:
        """Raise InvalidDocument for the faults noted, and for those that only the whole shows."""
        if self.top.get("version") is None:
            if "movies" not in self.top:
                raise InvalidDocument.at("version", "is missing: this is no file that movietracker exported")
            self.document.version = 1
        exported_at = self.top.get("exported_at")
        if exported_at is not None:
            try:
                self.document.exported_at = values.moment(exported_at)
            except values.Fault as fault:
                self.notes.fault("exported_at", str(fault))
        for section in SECTIONS if self.document.version == 2 else ("movies",):
            if section not in self.top:
                self.notes.fault(section, "is missing")
        self._judge_references()
        if self.notes.faults:
            raise InvalidDocument.of(self.notes.faults)

    def _judge_references(self) -> None:
        for ref, place in self.referred_people.items():
            if ref not in self.document.ids_of_people:
                self.notes.fault(place, "is not the id of one of the file's people")
        if self.document.version == 1:
            return  # older servers let names differ in white space, and forgot lists
        for place in self.notes.repetitions:
            self.notes.fault(place, "is there twice")
        for list_id, place in self.referred_lists.items():
            if list_id not in self.list_ids and place not in self.notes.faults:
                self.notes.fault(place, "is missing" if list_id is None else "is not the id of one of the file's lists")
