"""Records that are a row each, such as people and lists: read as their response schema describes them, and changed."""

import uuid
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

from marshmallow import Schema
from sqlalchemy import ColumnElement, bindparam, delete, insert, select, update

from ..errors import Problem
from ..models import RECORD_KEYS
from .change_clock import LibraryWrite
from .library_read import LibraryRead
from .names import normalise_name

Json = dict[str, Any]
Between = tuple[int, int]
"""The numbers of the change clock between which (the first exclusive) a record changed last."""


class Collection:
    """The records of one kind.

    ``changeable`` are the fields that the user may change, ``defaults`` the values of those that a new record may lack;
    ``order`` names the fields by which records are listed. ``computed`` fields are those without a column.
    """

    def __init__(
        self,
        kind: str,
        schema: type[Schema],
        missing: type[Problem],
        *,
        changeable: Sequence[str],
        defaults: Mapping[str, Any],
        order: Sequence[str],
        **computed: ColumnElement[Any],
    ) -> None:
        self.kind, self.schema, self.missing, self.order = kind, schema, missing, order
        self.key = RECORD_KEYS[kind]
        self._defaults = defaults
        self._place = itemgetter(*order)
        table, described = self.key.table, schema._declared_fields
        columns = [column for column in table.c if column.name in described]
        more = [expression.label(name) for name, expression in computed.items()]
        mine = select(*columns, *more, table.c.seq.label("rev")).where(table.c.user_id == bindparam("of_user"))
        one = (table.c.user_id == bindparam("of_user"), self.key == bindparam("of_key"))
        self._all = mine
        self._changed = mine.where(table.c.seq > bindparam("after"), table.c.seq <= bindparam("up_to"))
        self._one = mine.where(self.key == bindparam("of_key"))
        self._values = select(*(table.c[name] for name in changeable)).where(*one)
        self._add, self._change, self._remove = insert(table), update(table).where(*one), delete(table).where(*one)

    def read_all(self, read: LibraryRead, *, changed: Between | None = None, with_rev: bool = False) -> list[Json]:
        """All records, or those that changed between two numbers, in order; ``with_rev`` adds each one's number."""
        if changed is None:
            rows = read.execute(self._all)
        else:
            rows = read.execute(self._changed, after=changed[0], up_to=changed[1])
        return sorted((_json(row, with_rev) for row in rows), key=self._place)

    def read_one(self, read: LibraryRead, key: Any, *, with_rev: bool = False) -> Json:
        """One record; raises the problem ``missing``."""
        row = read.execute(self._one, of_key=key).one_or_none()
        if row is None:
            raise self.missing
        return _json(row, with_rev)

    def values_of(self, read: LibraryRead, key: Any) -> Json:
        """What the user may change of a record; raises the problem ``missing``."""
        row = read.execute(self._values, of_key=key).one_or_none()
        if row is None:
            raise self.missing
        values: Json = row._asdict()
        return values

    def has(self, read: LibraryRead, key: Any) -> bool:
        """Whether there is a record with this key."""
        return read.execute(self._values, of_key=key).first() is not None

    def add(self, tx: LibraryWrite, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Make records with these values, each with a new key unless it has one; returns the keys."""
        name = self.key.name
        keys = [row.get(name) or self._new_key(tx) for row in rows]
        clock = tx.created_many(self.kind, dict.fromkeys(keys, ()))
        made = [
            {**self._defaults, **row, name: key, **noted} for row, key, noted in zip(rows, keys, clock, strict=True)
        ]
        tx.execute_many(self._add, made)
        return keys

    def add_one(self, tx: LibraryWrite, **values: Any) -> Any:
        """Make a record with these values; returns its key."""
        return self.add(tx, [values])[0]

    def change(self, tx: LibraryWrite, key: Any, changes: Mapping[str, Any]) -> Json:
        """Change what differs; returns it. Raises the problem ``missing``."""
        before = self.values_of(tx, key)
        values = {name: changes[name] for name in before if name in changes}
        if "name" in values:
            values["name"] = normalise_name(values["name"])
        values = {name: value for name, value in values.items() if before[name] != value}
        if values:
            tx.execute(self._change.values(**values), of_key=key)
            tx.touch(self.kind, key, *values)
        return values

    def change_all(self, tx: LibraryWrite, changes: Mapping[Any, Mapping[str, Any]]) -> None:
        """Change several records, by their keys."""
        for key, values in changes.items():
            self.change(tx, key, values)

    def remove(self, tx: LibraryWrite, key: Any) -> None:
        """Remove a record; raises the problem ``missing``."""
        if not tx.execute(self._remove, of_key=key).rowcount:
            raise self.missing
        tx.deleted_many(self.kind, [key])

    def _new_key(self, tx: LibraryWrite) -> Any:
        return tx.new_id() if self.key.type.python_type is int else str(uuid.uuid4())


def _json(row: Any, with_rev: bool) -> Json:
    record: Json = row._asdict()
    if not with_rev:
        del record["rev"]
    return record
