"""The change clock of a library: what a transaction notes, and how it is numbered, stamped and recorded.

Each changed record gets a number of its own (``seq``) and the commit's time (``last_modified``); each changed field of
it remembers the number, when its user did it, and on which device, so that the sync protocol sees conflicts field by
field. A deleted record leaves a tombstone. The commit leaves one line in the ledger. A transaction that notes nothing
uses no number and leaves no line.
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any, NamedTuple, Self

import orjson
from sqlalchemy import Connection, Executable, Table, bindparam, delete, insert, select, update

from .. import clock
from ..database import Rows, execute_many, in_chunks, insert_rows, reads_noted, savepoint, upsert
from ..models import ATTEMPTS, HEAD, LEDGER, RECORD_KEYS, TOMBSTONES
from ..plugin.events import Change, LibraryChanged, RecordKind
from . import quota
from .library_read import OF_KIND, Head, LibraryRead

ANY_FIELD = "*"
"""The field under which a record's creation is noted: fields without an entry of their own changed then."""

CLOCK_COLUMNS = ("seq", "created_seq", "last_modified", "field_changes")
"""The columns that the change clock fills in each record."""

DELETED_BEFORE = "deleted"
"""The field under which a record that was deleted and made again remembers its deletion."""

RecordKey = tuple[RecordKind, str]

_HAS_TOMBSTONES = select(TOMBSTONES.c.seq).where(TOMBSTONES.c.user_id == bindparam("of_user")).limit(1)
_TAKE_TOMBSTONES = (
    delete(TOMBSTONES)
    .where(
        TOMBSTONES.c.user_id == bindparam("of_user"),
        TOMBSTONES.c.kind == bindparam("of_kind"),
        TOMBSTONES.c.key.in_(bindparam("of_keys", expanding=True)),
    )
    .returning(TOMBSTONES.c.key, TOMBSTONES.c.seq, TOMBSTONES.c.done_at, TOMBSTONES.c.device)
)
_ADVANCE = (
    update(HEAD)
    .where(HEAD.c.user_id == bindparam("of_user"))
    .values(seq=bindparam("to_seq"), at=bindparam("now"), next_id=bindparam("to_next_id"))
)
_ADD_ENTRY = insert(LEDGER)


class FieldChange(NamedTuple):
    """The last change of a field: its number, when the user did it (Unix seconds), and on which device, if known."""

    seq: int
    done_at: float
    device: str | None


@dataclass(slots=True)
class _Notes:
    """What a transaction has noted so far; copied at a savepoint, put back when it is undone."""

    seq: int
    next_id: int
    count: int = 0
    numbers: dict[RecordKey, int] = field(default_factory=dict)
    unwritten: dict[RecordKey, dict[str, FieldChange]] = field(default_factory=dict)
    changes: dict[RecordKey, Change] = field(default_factory=dict)
    stubs: tuple[str, ...] = ()
    unrated: frozenset[str] = frozenset()

    def copy(self) -> Self:
        return replace(
            self,
            numbers=dict(self.numbers),
            unwritten={record: dict(fields) for record, fields in self.unwritten.items()},
            changes=dict(self.changes),
        )


class LibraryWrite(LibraryRead):
    """A write transaction of one user's library, opened by ``library_write``.

    ``stored`` reads what is stored, without what is noted and not written yet. ``at`` is the commit's time, and
    ``wall_time`` the wall clock's, which ``at`` is ahead of if that clock once was; ``done_at`` and ``device`` say when
    and where the user did what is being written (the wall clock's time and None unless a sync action says otherwise).
    ``latest_now`` is the latest that it may be now: after ``wall_time`` if the clock of the device is ahead of it.
    """

    def __init__(self, connection: Connection, user_id: str, seq: int, at: float, next_id: int) -> None:
        super().__init__(connection, user_id)
        self.stored = LibraryRead(connection, user_id)
        self.first_seq = seq
        self._before = Head(seq, at)
        self.nonce = secrets.token_hex(8)
        self.wall_time = clock.now()
        self.at = clock.next_moment(at, self.wall_time)
        self.done_at = self.latest_now = self.wall_time
        self.device: str | None = None
        self._notes = _Notes(seq, next_id)

    def execute(self, statement: Executable, /, **values: Any) -> Rows:
        """As when reading; what the statement reads of the change clock is written first."""
        self._flush_for(statement)
        return super().execute(statement, **values)

    def fetch(self, statement: Executable, /, **values: Any) -> list[tuple[Any, ...]]:
        """As when reading; what the statement reads of the change clock is written first."""
        self._flush_for(statement)
        return super().fetch(statement, **values)

    def execute_many(self, statement: Executable, rows: Iterable[Mapping[str, Any]]) -> None:
        """Run a statement that writes, once for each of these; there may be none."""
        owner = "user_id" if statement.is_insert else "of_user"
        execute_many(self.connection, statement, [{owner: self.user_id, **row} for row in rows])

    def insert_rows(self, table: Table, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
        """Insert rows of this user, whose values are in the order of these columns; there may be none."""
        insert_rows(self.connection, table, ("user_id", *columns), [(self.user_id, *row) for row in rows])

    def upsert(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
        """Insert rows of this user, or replace those that have the same primary key; there may be none."""
        upsert(self.connection, table, [{"user_id": self.user_id, **row} for row in rows])

    @property
    def seq(self) -> int:
        """The last number given so far."""
        return self._notes.seq

    def head(self) -> Head:
        """The head as this transaction leaves it so far."""
        return Head(self.seq, self.at) if self.seq > self.first_seq else self._before

    @cached_property
    def _has_tombstones(self) -> bool:
        """Most libraries have none, and then a new record needs no statement to remove its own."""
        return self.execute(_HAS_TOMBSTONES).first() is not None

    def new_id(self) -> int:
        """An id for a new person or recommendation; never given twice, also after deletion."""
        given = self._notes.next_id
        self._notes.next_id += 1
        return given

    def created_many(self, kind: RecordKind, records: Mapping[Any, Iterable[str]]) -> list[dict[str, Any]]:
        """Note new records by key, each with the fields that are set beside it.

        Returns the columns of the change clock for their INSERTs, in order. Raises QuotaExceeded.
        """
        quota.check(self.connection, self.user_id, self.seq, kind, len(records))
        columns = []
        buried = self._take_tombstones(kind, [str(key) for key in records])
        for key, fields in records.items():
            record = (kind, str(key))
            seq = self._number(record)
            self._notes.changes[record] = Change(kind, str(key), created=True)
            changes = dict.fromkeys((ANY_FIELD, *fields), self._field_change(seq))
            if str(key) in buried:
                changes[DELETED_BEFORE] = buried[str(key)]
            noted = {"seq": seq, "created_seq": seq, "last_modified": self.at, "field_changes": _dump(changes)}
            columns.append(noted)
        return columns

    def _take_tombstones(self, kind: RecordKind, keys: list[str]) -> dict[str, FieldChange]:
        """Remove the tombstones of these records; returns when each that had one was deleted."""
        if not self._has_tombstones:
            return {}
        taken = [row for part in in_chunks(keys) for row in self.execute(_TAKE_TOMBSTONES, of_kind=kind, of_keys=part)]
        return {key: FieldChange(*change) for key, *change in taken}

    def touch(self, kind: RecordKind, key: str | int, *fields: str) -> None:
        """Note a changed record, and which of its fields changed; written at the end, or before a read of them."""
        record = (kind, str(key))
        seq = self._number(record)
        self._notes.changes.setdefault(record, Change(kind, str(key)))
        noted = self._notes.unwritten.setdefault(record, {})
        noted.update(dict.fromkeys(fields, self._field_change(seq)))

    def touch_all(self, kind: RecordKind, keys: Iterable[str | int], *fields: str) -> None:
        """Note several changed records."""
        for key in keys:
            self.touch(kind, key, *fields)

    def deleted_many(self, kind: RecordKind, keys: Iterable[str | int]) -> None:
        """Note removed records: each leaves a tombstone."""
        when = {"at": self.at, "done_at": self.done_at, "device": self.device}
        tombstones = []
        for key in keys:
            record = (kind, str(key))
            seq = self._number(record)
            self._notes.unwritten.pop(record, None)
            self._notes.changes[record] = Change(kind, str(key), deleted=True)
            tombstones.append({"kind": kind, "key": str(key), "seq": seq, **when})
        if tombstones:
            self._has_tombstones = True
            self.upsert(TOMBSTONES, tombstones)

    def note_commit(self, lost_ids: int = 0) -> None:
        """Take a number though no record changes, so that this commit stands in the ledger.

        So many ids are left out, which may have been given in a history that was lost.
        """
        self._notes.seq += 1
        self._notes.count += 1
        self._notes.next_id += lost_ids

    def stub(self, *imdb_ids: str) -> None:
        """Note movies stored without details, for enrichment."""
        self._notes.stubs += imdb_ids

    def unrated(self, imdb_id: str) -> None:
        """Note a movie stored with details and without ratings, which enrichment is to fetch."""
        self._notes.unrated |= {imdb_id}

    def field_change(self, kind: RecordKind, key: str | int, name: str) -> FieldChange | None:
        """The change of a field that this transaction has noted, if any."""
        return self._notes.unwritten.get((kind, str(key)), {}).get(name)

    @property
    def version(self) -> int:
        """Grows with every note: the same before and after means that nothing was changed."""
        return self._notes.count

    def field_changes_of(self, kind: RecordKind, key: str | int) -> Mapping[str, FieldChange]:
        """The last change of each field of a record that is there, as far as this transaction has written it."""
        of_kind = OF_KIND[kind]
        ((_, noted),) = self.stored.fetch(of_kind.of_key, of_key=of_kind.convert(key))
        return _parsed(noted)

    def stamp_of(self, kind: RecordKind, key: str | int) -> tuple[int | None, float | None]:
        """Number and time of a record as this transaction leaves it; None and None when it is not there."""
        if (kind, str(key)) in self._notes.numbers:
            return self._notes.numbers[kind, str(key)], self.at
        return self.stored.stamp_of(kind, key)

    def number_of(self, kind: RecordKind, key: str | int) -> int:
        """The number that this transaction gave to a record it has noted."""
        return self._notes.numbers[kind, str(key)]

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Undo what the block does when it raises, and go on with what was there before."""
        kept = self._notes.copy()
        try:
            with savepoint(self.connection):
                yield
        except BaseException:
            self._notes = kept
            raise

    def _flush_for(self, statement: Executable) -> None:
        if self._notes.unwritten and reads_noted(statement):
            self._flush()

    def _flush(self) -> None:
        """Write the numbers, times and field changes of the records touched so far."""
        records = list(self._notes.unwritten.items())
        for kind in RECORD_KEYS:
            for touched in in_chunks([(key, fields) for (each, key), fields in records if each == kind]):
                self._write_numbers(kind, dict(touched))
        self._notes.unwritten.clear()

    def _write_numbers(self, kind: RecordKind, touched: Mapping[str, Mapping[str, FieldChange]]) -> None:
        of_kind = OF_KIND[kind]
        with_fields = [of_kind.convert(key) for key, fields in touched.items() if fields]
        known: dict[Any, str] = {}
        if len(with_fields) == 1:
            known = dict(self.stored.fetch(of_kind.of_key, of_key=with_fields[0]))
        elif with_fields:
            known = dict(self.stored.fetch(of_kind.of_keys, of_keys=with_fields))
        plain, detailed = [], []
        for text, fields in touched.items():
            key = of_kind.convert(text)
            row = {"of_key": key, "to_seq": self._notes.numbers[kind, text], "now": self.at}
            if key in known:
                detailed.append({**row, "to_fields": _dump({**orjson.loads(known[key]), **fields})})
            else:
                plain.append(row)
        self.execute_many(of_kind.set_number, plain)
        self.execute_many(of_kind.set_fields, detailed)

    def finish(self) -> LibraryChanged | None:
        """Write what is left, the ledger's line and the new head; None when nothing changed."""
        self._flush()
        if self.seq == self.first_seq:
            return None
        self.execute(_ADD_ENTRY, seq=self.seq, at=self.at, nonce=self.nonce)
        self.execute(_ADVANCE, to_seq=self.seq, now=self.at, to_next_id=self._notes.next_id)
        unrated = sorted(self._notes.unrated)  # in one order for all, as rows that are shared must be locked
        upsert(self.connection, ATTEMPTS, [{"imdb_id": each, "next_attempt_at": self.wall_time} for each in unrated])
        to_look_up = (*self._notes.stubs, *unrated)
        return LibraryChanged(self.user_id, self.seq, self.at, tuple(self._notes.changes.values()), to_look_up)

    def _number(self, record: RecordKey) -> int:
        self._notes.count += 1
        if record not in self._notes.numbers:
            self._notes.seq += 1
            self._notes.numbers[record] = self._notes.seq
        return self._notes.numbers[record]

    def _field_change(self, seq: int) -> FieldChange:
        return FieldChange(seq, min(self.done_at, self.wall_time), self.device)


@lru_cache(8)  # actions of a batch ask for those of one record again and again
def _parsed(noted: str) -> Mapping[str, FieldChange]:
    """Field changes as they are stored."""
    return {name: FieldChange(*change) for name, change in orjson.loads(noted).items()}


def _dump(changes: Mapping[str, Iterable[Any]]) -> str:
    """Field changes as JSON text: field -> [number, done_at, device]."""
    return orjson.dumps(changes, default=tuple).decode()
