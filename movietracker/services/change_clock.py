"""The change clock of a library: what a transaction notes, and how it is numbered, stamped and recorded.

Each changed record gets a number of its own (``seq``) and the commit's time (``last_modified``); each changed field of
it remembers the number, when its user did it, and on which device, so that the sync protocol sees conflicts field by
field. A deleted record leaves a tombstone. The commit leaves one line in the ledger. A transaction that notes nothing
uses no number and leaves no line.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from ..clock import next_moment
from ..database import upsert
from ..errors import UserNotFound
from ..events import Change, LibraryChanged, RecordKind
from ..models import CustomList, LedgerEntry, LibraryHead, Movie, Person, Tombstone
from ..prepared import Prepared, savepoint

HEAD = LibraryHead.__table__
LEDGER = LedgerEntry.__table__
TOMBSTONES = Tombstone.__table__

RECORDS: dict[RecordKind, tuple[Any, Any, type]] = {
    "movie": (Movie.__table__, Movie.__table__.c.imdb_id, str),
    "person": (Person.__table__, Person.__table__.c.id, int),
    "list": (CustomList.__table__, CustomList.__table__.c.id, str),
}

ANY_FIELD = "*"
"""The field under which a record's creation is noted: fields without an entry of their own changed then."""

DELETED_BEFORE = "deleted"
"""The field under which a record that was deleted and made again remembers its deletion."""

MOST_KEYS_IN_STATEMENT = 500

RecordKey = tuple[RecordKind, str]

_READ_HEAD = Prepared(select(HEAD.c.seq, HEAD.c.at).where(HEAD.c.user_id == bindparam("of_user")))
_HAS_TOMBSTONES = Prepared(select(TOMBSTONES.c.seq).where(TOMBSTONES.c.user_id == bindparam("of_user")).limit(1))
_TAKE_TOMBSTONES = (
    delete(TOMBSTONES)
    .where(
        TOMBSTONES.c.user_id == bindparam("of_user"),
        TOMBSTONES.c.kind == bindparam("of_kind"),
        TOMBSTONES.c.key.in_(bindparam("of_keys", expanding=True)),
    )
    .returning(TOMBSTONES.c.key, TOMBSTONES.c.seq, TOMBSTONES.c.done_at, TOMBSTONES.c.device)
)
_ADVANCE = Prepared(
    update(HEAD)
    .where(HEAD.c.user_id == bindparam("of_user"))
    .values(seq=bindparam("to_seq"), at=bindparam("now"), next_id=bindparam("to_next_id"))
)
_ADD_ENTRY = Prepared(insert(LEDGER), "user_id", "seq", "at", "nonce")


class _RecordStatements:
    """How the records of one kind are read and written by the change clock."""

    def __init__(self, kind: RecordKind) -> None:
        table, column, self.convert = RECORDS[kind]
        known = select(column, table.c.field_changes).where(table.c.user_id == bindparam("of_user"))
        self.of_keys = known.where(column.in_(bindparam("of_keys", expanding=True)))
        self.of_key = Prepared(known.where(column == bindparam("of_key")))
        mine = (table.c.user_id == bindparam("of_user"), column == bindparam("of_key"))
        self.stamp = Prepared(select(table.c.seq, table.c.last_modified).where(*mine))
        number = update(table).where(*mine).values(seq=bindparam("to_seq"), last_modified=bindparam("now"))
        self.set_number = Prepared(number)
        self.set_fields = Prepared(number.values(field_changes=bindparam("to_fields")))


_OF_KIND = {kind: _RecordStatements(kind) for kind in RECORDS}


class Head(NamedTuple):
    """The newest change of a library: its number and its time in Unix seconds."""

    seq: int
    at: float


class FieldChange(NamedTuple):
    """The last change of a field: its number, when the user did it (Unix seconds), and on which device, if known."""

    seq: int
    done_at: float
    device: str | None


class LibraryRead:
    """A consistent look at one user's library."""

    def __init__(self, connection: Connection, user_id: str) -> None:
        self.connection = connection
        self.user_id = user_id

    def execute(self, statement: Any, **parameters: Any) -> Any:
        """Run a statement; ``of_user`` is always bound to this user."""
        parameters["of_user"] = self.user_id
        if isinstance(statement, Prepared):
            return statement.run(self.connection, parameters)
        return self.connection.execute(statement, parameters)

    def execute_many(self, statement: Prepared, rows: Iterable[Mapping[str, Any]]) -> None:
        """Run a statement once for each of these parameters; of which there may be none."""
        statement.run_many(self.connection, [{"of_user": self.user_id, **row} for row in rows])

    def fetch_plain(self, statement: Any, **parameters: Any) -> list[tuple[Any, ...]]:
        """All rows of a statement as the driver gives them: tuples, on SQLite with 0 and 1 for booleans."""
        if isinstance(statement, Prepared):
            return statement.fetch(self.connection, {"of_user": self.user_id, **parameters})
        with self.execute(statement, **parameters) as result:
            return list(result.cursor.fetchall())

    def head(self) -> Head:
        """The head of the library."""
        row = self.execute(_READ_HEAD).one_or_none()
        if row is None:
            raise UserNotFound
        return Head(row.seq, row.at)

    def stamp_of(self, kind: RecordKind, key: str | int) -> tuple[int | None, float | None]:
        """Number and time of a record; None and None when it is not there."""
        return self.stored_stamp_of(kind, key)

    def stored_stamp_of(self, kind: RecordKind, key: str | int) -> tuple[int | None, float | None]:
        """Number and time of a record as they are stored; None and None when it is not there."""
        of_kind = _OF_KIND[kind]
        row = self.execute(of_kind.stamp, of_key=of_kind.convert(key)).one_or_none()
        return (None, None) if row is None else (row.seq, row.last_modified)


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

    def copy(self) -> _Notes:
        return replace(
            self,
            numbers=dict(self.numbers),
            unwritten={record: dict(fields) for record, fields in self.unwritten.items()},
            changes=dict(self.changes),
        )


class LibraryWrite(LibraryRead):
    """A write transaction of one user's library, opened by ``library_write``.

    ``at`` is the commit's time; ``done_at`` and ``device`` say when and where the user did what is being written (the
    commit's time and None unless a sync action says otherwise).
    """

    def __init__(self, connection: Connection, user_id: str, seq: int, at: float, next_id: int) -> None:
        super().__init__(connection, user_id)
        self.first_seq = seq
        self._before = Head(seq, at)
        self.nonce = secrets.token_hex(8)
        self.at = next_moment(at)
        self.done_at = self.at
        self.device: str | None = None
        self._notes = _Notes(seq, next_id)

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

    def skip_ids(self, count: int) -> None:
        """Leave out so many ids, which may have been given in a history that was lost."""
        self._notes.next_id += count

    def created(self, kind: RecordKind, key: str | int) -> dict[str, Any]:
        """Note a new record; answers the columns of the change clock for its INSERT."""
        return self.created_many(kind, {key: ()})[0]

    def created_many(self, kind: RecordKind, records: Mapping[Any, Iterable[str]]) -> list[dict[str, Any]]:
        """Note new records by key, each with the fields that are set beside it; answers as ``created``, in order."""
        columns = []
        buried = self._take_tombstones(kind, [str(key) for key in records])
        for key, fields in records.items():
            record = (kind, str(key))
            seq = self._number(record)
            self._notes.changes[record] = Change(kind, str(key), created=True)
            changes = dict.fromkeys((ANY_FIELD, *fields), self._field_change(seq))
            if str(key) in buried:
                changes[DELETED_BEFORE] = buried[str(key)]
            noted = {"seq": seq, "born_seq": seq, "last_modified": self.at, "field_changes": _dump(changes)}
            columns.append(noted)
        return columns

    def _take_tombstones(self, kind: RecordKind, keys: list[str]) -> dict[str, FieldChange]:
        """Remove the tombstones of these records; answers when each that had one was deleted."""
        if not self._has_tombstones:
            return {}
        chunks = [keys[start : start + MOST_KEYS_IN_STATEMENT] for start in range(0, len(keys), MOST_KEYS_IN_STATEMENT)]
        taken = [row for chunk in chunks for row in self.execute(_TAKE_TOMBSTONES, of_kind=kind, of_keys=chunk)]
        return {key: FieldChange(*change) for key, *change in taken}

    def touch(self, kind: RecordKind, key: str | int, *fields: str) -> None:
        """Note a changed record, and which of its fields changed; both are written by ``flush``."""
        record = (kind, str(key))
        seq = self._number(record)
        self._notes.changes.setdefault(record, Change(kind, str(key)))
        noted = self._notes.unwritten.setdefault(record, {})
        noted.update(dict.fromkeys(fields, self._field_change(seq)))

    def touch_all(self, kind: RecordKind, keys: Iterable[str | int], *fields: str) -> None:
        """Note several changed records."""
        for key in keys:
            self.touch(kind, key, *fields)

    def deleted(self, kind: RecordKind, key: str | int) -> None:
        """Note a removed record: it leaves a tombstone."""
        self.deleted_many(kind, [key])

    def deleted_many(self, kind: RecordKind, keys: Iterable[str | int]) -> None:
        """Note removed records: each leaves a tombstone."""
        when = {"at": self.at, "done_at": self.done_at, "device": self.device}
        tombstones = []
        for key in keys:
            record = (kind, str(key))
            seq = self._number(record)
            self._notes.unwritten.pop(record, None)
            self._notes.changes[record] = Change(kind, str(key), deleted=True)
            tombstones.append({"user_id": self.user_id, "kind": kind, "key": str(key), "seq": seq, **when})
        if tombstones:
            self._has_tombstones = True
            upsert(self.connection, TOMBSTONES, tombstones)

    def note_commit(self) -> None:
        """Take a number though no record changes, so that this commit stands in the ledger."""
        self._notes.seq += 1
        self._notes.count += 1

    def stub(self, *imdb_ids: str) -> None:
        """Note movies stored without details, for enrichment."""
        self._notes.stubs += imdb_ids

    def field_change(self, kind: RecordKind, key: str | int, name: str) -> FieldChange | None:
        """The change of a field that this transaction has noted, if any."""
        return self._notes.unwritten.get((kind, str(key)), {}).get(name)

    @property
    def version(self) -> int:
        """Grows with every note: the same before and after means that nothing was changed."""
        return self._notes.count

    def field_changes_of(self, kind: RecordKind, key: str | int) -> dict[str, FieldChange]:
        """The last change of each field of a record that is there, as far as this transaction has written it."""
        of_kind = _OF_KIND[kind]
        ((_, noted),) = self.fetch_plain(of_kind.of_key, of_key=of_kind.convert(key))
        return {name: FieldChange(*change) for name, change in orjson.loads(noted).items()}

    def stamp_of(self, kind: RecordKind, key: str | int) -> tuple[int | None, float | None]:
        """Number and time of a record as this transaction leaves it; None and None when it is not there."""
        if (kind, str(key)) in self._notes.numbers:
            return self._notes.numbers[kind, str(key)], self.at
        return self.stored_stamp_of(kind, key)

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

    def flush(self) -> None:
        """Write the numbers, times and field changes of the records touched so far, so that a read shows them."""
        records = list(self._notes.unwritten.items())
        for kind in RECORDS:
            touched = [(key, fields) for (each, key), fields in records if each == kind]
            for start in range(0, len(touched), MOST_KEYS_IN_STATEMENT):
                self._write_numbers(kind, dict(touched[start : start + MOST_KEYS_IN_STATEMENT]))
        self._notes.unwritten.clear()

    def _write_numbers(self, kind: RecordKind, touched: Mapping[str, Mapping[str, FieldChange]]) -> None:
        of_kind = _OF_KIND[kind]
        with_fields = [of_kind.convert(key) for key, fields in touched.items() if fields]
        known: dict[Any, str] = {}
        if len(with_fields) == 1:
            known = dict(self.fetch_plain(of_kind.of_key, of_key=with_fields[0]))
        elif with_fields:
            known = dict(self.fetch_plain(of_kind.of_keys, of_keys=with_fields))
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
        self.flush()
        if self.seq == self.first_seq:
            return None
        entry = {"user_id": self.user_id, "seq": self.seq, "at": self.at, "nonce": self.nonce}
        _ADD_ENTRY.run(self.connection, entry)
        self.execute(_ADVANCE, to_seq=self.seq, now=self.at, to_next_id=self._notes.next_id)
        return LibraryChanged(self.user_id, self.seq, self.at, tuple(self._notes.changes.values()), self._notes.stubs)

    def _number(self, record: RecordKey) -> int:
        self._notes.count += 1
        if record not in self._notes.numbers:
            self._notes.seq += 1
            self._notes.numbers[record] = self._notes.seq
        return self._notes.numbers[record]

    def _field_change(self, seq: int) -> FieldChange:
        return FieldChange(seq, min(self.done_at, self.at), self.device)


def _dump(changes: Mapping[str, Iterable[Any]]) -> str:
    """Field changes as JSON text: field -> [number, done_at, device]."""
    return orjson.dumps(changes, default=tuple).decode()
