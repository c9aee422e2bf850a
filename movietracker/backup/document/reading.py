"""Reading a backup document: everything is checked before anything is written.

A temporary file holds the checked movies, to be read in batches, so that neither the document nor its records are ever
in memory as a whole, and the transaction that writes them does not wait for the parser.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import IO, Any, Literal, cast

import orjson

from ...errors import InvalidDocument, MalformedJson
from ...records import KINDS, Kind
from ...schemas.values import MOMENT, Fault
from ...services.names import folded_name
from .entries import Entry, MovieEntry, read_entry, read_movie, read_person
from .findings import Notes
from .parsing import (
    ARRAY,
    NO_BUDGET,
    RANKINGS,
    REQUIRED_SECTIONS,
    SECTIONS,
    Budget,
    Element,
    Readable,
    Shape,
    Unpacked,
    elements,
)
from .rankings import RankEntry, read_rank

VERSIONS = (1, 2)
BATCH = 500
MAX_RECORDS = 500_000
SPOOL_BYTES = 4 * 1024 * 1024

Version = Literal[1, 2]

_TOP = frozenset({"version", "exported_at", "account", "user_id", *SECTIONS})


@dataclass(slots=True)
class Document:
    """A checked document. ``entries`` are of all kinds but movies, including people named only by a recommendation.

    ``ranks`` are places in the ranking by IMDb id, None when the file says nothing of them.

    ``exported_at`` is in Unix seconds, None when the file lacks it. ``ids_of_people`` maps the ids that a version 1
    file gives its people to their names; ``spellings`` maps a name that only recommendations have to the first one in
    the file that differs from it in case, accents or invisible characters only. ``check`` is called now and then, and
    raises to end the import.
    """

    spool: IO[bytes]
    check: Callable[[], None]
    version: Version = 2
    exported_at: float | None = None
    entries: dict[str, list[Entry]] = field(default_factory=lambda: {kind.name: [] for kind in KINDS})
    ranks: dict[str, RankEntry] | None = None
    ids_of_people: dict[str, str] = field(default_factory=dict)
    spellings: dict[str, str] = field(default_factory=dict)
    movie_ids: set[str] = field(default_factory=set)
    ignored_fields: list[str] = field(default_factory=list)

    def movies(self) -> Iterator[list[MovieEntry]]:
        """The movies in batches, in the order of the file."""
        self.spool.seek(0)
        lines = iter(self.spool)
        while batch := [MovieEntry.of_json(orjson.loads(line)) for line in islice(lines, BATCH)]:
            self.check()
            yield batch

    def age_of(self, record: MovieEntry | Entry) -> float | None:
        """When a record changed last, in Unix seconds; the time of the export if the record does not say."""
        return self.exported_at if record.last_modified is None else record.last_modified


@contextmanager
def read_document(source: Readable, budget: Budget = NO_BUDGET) -> Iterator[Document]:
    """Read and check a document of version 1 or 2, plain or gzip.

    Raises InvalidDocument, MalformedJson, BodyTooLarge, and what ``budget`` raises.
    """
    with tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES) as spool:
        stream = Unpacked(source, budget)
        try:
            document = _Reader(Document(cast(IO[bytes], spool), check=budget.check)).read(stream)
        except (InvalidDocument, MalformedJson):
            stream.measure()
            raise
        yield document


class _Reader:
    """Reads a document once. Checks that depend on the version run at the end, because it may come last."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.notes = Notes()
        self.top: dict[str, Any] = {}
        self.keys: dict[str, set[str]] = {kind.name: set() for kind in KINDS}
        self.quick_keys: set[str] = set()
        self.named_by_votes: dict[str, None] = {}
        self.referred_people: dict[str, str] = {}
        self.referred_lists: dict[str | None, str] = {}

    def read(self, stream: Unpacked) -> Document:
        take: dict[str, Callable[[Any, str], None]] = {kind.plural: partial(self._take_entry, kind) for kind in KINDS}
        take |= {"movies": self._take_movie, "people": self._take_person, RANKINGS: self._take_rank}
        most = min(MAX_RECORDS, stream.budget.records)
        for element in elements(stream):
            if element.at is None:
                self._take_top(element)
            elif element.at < most and len(self.named_by_votes) <= most:
                take[element.key](element.value, f"{element.key}[{element.at}]")
            else:
                raise InvalidDocument.at(element.key, f"must have at most {most} entries, and name no more people")
        self._check()
        self._add_named_by_votes()
        self.document.ignored_fields = list(self.notes.ignored)
        return self.document

    def _add_named_by_votes(self) -> None:
        people = self.document.entries["person"]
        spelled = {folded_name(person.key): person.key for person in reversed(people)}
        for name in self.named_by_votes:
            if name in self.keys["person"]:
                continue
            known = spelled.setdefault(folded_name(name), name)
            if known == name:
                people.append(Entry(name, {"name": name}))
            else:
                self.document.spellings[name] = known

    def _take_top(self, element: Element) -> None:
        self.top[element.key] = element.value
        if element.key == "version":
            self._version()
        elif element.key in SECTIONS:
            if element.value is not ARRAY:
                self.notes.fault(element.key, "must be an array")
            elif element.key == RANKINGS:
                self.document.ranks = {}
        elif element.key not in _TOP:
            self.notes.ignore("", [element.key])
            del self.top[element.key]

    def _take_person(self, raw: Any, place: str) -> None:
        person = read_person(raw, place, self.notes)
        if person is None:
            return
        ref = raw.get("id")
        if isinstance(ref, int | str):
            self.document.ids_of_people[str(ref)] = person.key
        quick_key = person.values.get("quick_key")
        if quick_key in self.quick_keys:
            self.notes.fault(f"{place}.quick_key", "is there twice")
        elif person.key in self.keys["person"]:
            self.notes.repeated(f"{place}.name")
        else:
            self.keys["person"].add(person.key)
            if quick_key is not None:
                self.quick_keys.add(quick_key)
            self.document.entries["person"].append(person)

    def _take_entry(self, kind: Kind, raw: Any, place: str) -> None:
        entry = read_entry(kind, raw, place, self.notes)
        if entry is None:
            return
        if entry.key in self.keys[kind.name]:
            self.notes.fault(f"{place}.{kind.named_by}", "is there twice")
        self.keys[kind.name].add(entry.key)
        self.document.entries[kind.name].append(entry)

    def _take_movie(self, raw: Any, place: str) -> None:
        movie = read_movie(raw, place, self.notes)
        if movie is None:
            return
        if movie.imdb_id in self.document.movie_ids:
            self.notes.fault(f"{place}.imdb_id", "is there twice")
        self.document.movie_ids.add(movie.imdb_id)
        if movie.status == "custom":
            self.referred_lists.setdefault(movie.list_id, f"{place}.custom_list_id")
        for at, vote in enumerate(movie.votes or ()):
            if vote.person_name is not None:
                self.named_by_votes[vote.person_name] = None
            elif vote.person_id is not None:
                self.referred_people.setdefault(vote.person_id, f"{place}.recommendations[{at}].person_id")
        if not self.notes.faults:
            self.document.spool.write(orjson.dumps(movie, default=tuple) + b"\n")

    def _take_rank(self, raw: Any, place: str) -> None:
        rank, ranks = read_rank(raw, place, self.notes), self.document.ranks
        if rank is not None and ranks is not None:
            if rank.imdb_id in ranks:
                self.notes.fault(f"{place}.imdb_id", "is there twice")
            ranks[rank.imdb_id] = rank

    def _version(self) -> None:
        version = self.top["version"]
        if isinstance(version, str) and version.strip().removesuffix(".0") in ("1", "2"):
            version = int(float(version))
        if isinstance(version, bool | Shape) or version not in (*VERSIONS, None):
            shown = f"{version!r}"[:50] if not isinstance(version, Shape) else "this"
            raise InvalidDocument.at("version", f"{shown} is not a version that this server reads (1 and 2)")
        self.document.version = 1 if version is None else cast(Version, int(version))

    def _check(self) -> None:
        """Raise InvalidDocument for the recorded faults, and for those of the document as a whole."""
        if self.top.get("version") is None:
            if "movies" not in self.top:
                raise InvalidDocument.at("version", "is missing: movietracker did not export this file")
            self.document.version = 1
        exported_at = self.top.get("exported_at")
        if exported_at is not None:
            try:
                self.document.exported_at = MOMENT.check(exported_at)
            except Fault as fault:
                self.notes.fault("exported_at", str(fault))
        for section in REQUIRED_SECTIONS if self.document.version == 2 else ("movies",):
            if section not in self.top:
                self.notes.fault(section, "is missing")
        self._check_references()
        if self.notes.faults:
            raise InvalidDocument.of(self.notes.faults)

    def _check_references(self) -> None:
        for ref, place in self.referred_people.items():
            if ref not in self.document.ids_of_people:
                self.notes.fault(place, "is not the id of one of the file's people")
        if self.document.version == 1:
            return  # older servers let names differ in white space, and forgot lists
        for place in self.notes.repetitions:
            self.notes.fault(place, "is there twice")
        for list_id, place in self.referred_lists.items():
            if list_id not in self.keys["list"] and place not in self.notes.faults:
                self.notes.fault(place, "is missing" if list_id is None else "is not the id of one of the file's lists")
