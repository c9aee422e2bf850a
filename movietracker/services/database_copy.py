"""Moving an installation from one database to another, whichever of SQLite and PostgreSQL they are.

Both sides are read and written in one transaction each: the source as it was at one moment, the target all or nothing.
Rows travel in batches. What arrived is then read back and compared with what was sent, table by table, before the
commit. There are no sequences to set: ids are given out by ``library_heads.next_id``, a column like any other.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Row, Table, func, insert, select, text
from sqlalchemy.exc import DBAPIError

from ..database import applied_revision, snapshot, write_transaction
from ..errors import CopyRefused
from ..extensions import db

ROWS_AT_ONCE = 500
"""The longest rows are stored responses of providers, some ten thousand bytes each."""

_MODULUS = 1 << 256

Report = Callable[[str, int, int], None]
"""Called with a table's name, how many of its rows are done, and how many there are."""


@dataclass(slots=True)
class TableCopy:
    """A table that was copied: its name, how many rows it has, and their checksum (64 hexadecimal digits).

    The checksum is the sum of each row's SHA-256, whatever the order, because databases sort text differently: as with
    a sum of numbers, a row that is missing, doubled or changed shows.
    """

    name: str
    rows: int = 0
    checksum: str = "0" * 64

    def add(self, rows: Iterable[Row[Any]]) -> None:
        """Take rows into account; values are those of Python, which are the same from every database."""
        total = int(self.checksum, 16)
        for row in rows:
            total += int.from_bytes(hashlib.sha256(repr(tuple(row)).encode("utf-8", "surrogatepass")).digest())
            self.rows += 1
        self.checksum = f"{total % _MODULUS:064x}"

    def __str__(self) -> str:
        return f"{self.rows} rows with checksum {self.checksum[:16]}"


def copy_database(source: Engine, target: Engine, report: Report) -> list[TableCopy]:
    """Copy all rows of all tables, in one transaction of the target.

    Raises CopyRefused when the target is not empty, either is not at the newest schema they share, or what arrived is
    not what was sent; the target is then as it was.
    """
    with snapshot(source) as reading, write_transaction(target) as writing:
        _check_schemas(reading, writing)
        tables = db.metadata.sorted_tables
        _lock(writing, tables)
        _check_empty(writing, tables)
        return [_copy_table(reading, writing, table, report) for table in tables]


def _check_schemas(source: Connection, target: Connection) -> None:
    ours, theirs = applied_revision(source), applied_revision(target)
    if ours is None:
        raise CopyRefused("The source holds no movietracker database.")
    if theirs is None:
        raise CopyRefused("The target has no tables yet; run movietracker db upgrade with it as DATABASE_URL first.")
    if ours != theirs:
        raise CopyRefused(
            f"The source is at schema revision {ours}, the target at {theirs}; run movietracker db upgrade on both."
        )


def _lock(target: Connection, tables: list[Table]) -> None:
    """Keep other writers off the target during the copy; SQLite's transaction does that by itself."""
    if target.dialect.name == "postgresql":
        target.execute(text(f"LOCK TABLE {', '.join(table.name for table in tables)} IN EXCLUSIVE MODE"))


def _check_empty(target: Connection, tables: list[Table]) -> None:
    filled = [table.name for table in tables if target.execute(select(1).select_from(table).limit(1)).first()]
    if filled:
        raise CopyRefused(f"The target is not empty: there are rows in {', '.join(filled)}.")


def _copy_table(source: Connection, target: Connection, table: Table, report: Report) -> TableCopy:
    total = source.execute(select(func.count()).select_from(table)).scalar_one()
    sent = TableCopy(table.name)
    report(table.name, 0, total)
    for rows in _batches(source, table):
        sent.add(rows)
        _insert(target, table, rows)
        report(table.name, sent.rows, total)
    arrived = TableCopy(table.name)
    for rows in _batches(target, table):
        arrived.add(rows)
    if sent != arrived:
        raise CopyRefused(f"What arrived in {table.name} is not what was sent: {sent}, {arrived}.")
    return sent


def _batches(connection: Connection, table: Table) -> Iterator[list[Row[Any]]]:
    """All rows in batches, without ever holding more than one."""
    with connection.execute(select(table), execution_options={"yield_per": ROWS_AT_ONCE}) as result:
        yield from (list(rows) for rows in result.partitions())


def _insert(target: Connection, table: Table, rows: list[Row[Any]]) -> None:
    try:
        target.execute(insert(table), [dict(zip(table.c.keys(), row, strict=True)) for row in rows])
    except DBAPIError as error:
        if error.connection_invalidated:
            raise
        reason = str(error.orig).strip().splitlines()[0]
        raise CopyRefused(f"A row of {table.name} cannot be stored in the target: {reason}") from None
