"""Tables of comma-, semicolon- or tab-separated values, read by the names of their columns."""

import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import islice, zip_longest
from typing import NamedTuple

from ..formulas import original
from ..phrases import Phrase, phrase
from .dates import DateOrder, date_order, is_of_numbers, partial_date
from .decoding import open_text, read_lines, text_head
from .upload import MAX_ROWS, MEMBERS_KEPT, BrokenRow, Member, MemberDamaged

MAX_CELL_LENGTH = 100_000
MAX_COLUMNS = 1_000
MAX_ROW_LENGTH = 1_000_000
"""Characters, on all lines that quotes make one row."""

DELIMITERS = (",", ";", "\t")
_HEAD_ROWS = 10
_FOR_THEIR_YEAR = ("release date",)  # which is the same in either order
_CONFLICT_MARKERS = ("<" * 7, "=" * 7, ">" * 7)


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row: the line at which it begins, and its cells by the names of their columns in lower case.

    A quote that keeps a cell from being run as a formula is not in it. ``doubt`` says why the user has to look at it.
    """

    line: int
    cells: Mapping[str, str]
    doubt: Phrase | None = None

    def get(self, *names: str) -> str:
        """The first of these columns that is not empty, without white space around it; empty if there is none."""
        for name in names:
            if value := self.cells.get(name):
                return value
        return ""


def columns_of(member: Member, containing: Collection[str] = ()) -> tuple[str, ...]:
    """The names of a table's columns in lower case, which are its first row that is not empty.

    ``containing`` are names that the header has, if it is not the first row. Empty if there is no such row at the
    beginning of the member.
    """
    return next((names for names in _head_of(member).names if _is_header(names, containing)), ())


def leading_rows(member: Member, before: Collection[str]) -> list[list[str]]:
    """The first rows, as far as they stand before the header that contains these names; raises MemberDamaged."""
    leading: list[list[str]] = []
    for _, row in _rows(member, _head_of(member).delimiter):
        if isinstance(row, str):
            continue
        if len(leading) == _HEAD_ROWS or _is_header(_names(row), before):
            break
        leading.append(row)
    return leading


def read_table(member: Member, containing: Collection[str] = ()) -> Iterator[TableRow | BrokenRow]:
    """The rows below the header, each with its line; rows of nothing but delimiters are skipped.

    ``containing`` as for ``columns_of``. A row that cannot be read is a BrokenRow, and so is the rest of a damaged
    member.
    """
    names: tuple[str, ...] = ()
    try:
        for line, row in _rows(member, _head_of(member).delimiter):
            if isinstance(row, str):
                yield BrokenRow(member.at(line), row)
            elif not names:
                names = found if _is_header(found := _names(row), containing) else ()
            elif row[:1] and row[0][:7] in _CONFLICT_MARKERS:
                yield BrokenRow(member.at(line), phrase("conflict_marker"))
            else:
                cells = [original(cell.strip()) for cell in row]
                if any(cells):
                    yield TableRow(line, dict(zip(names, cells, strict=False)))
    except MemberDamaged as error:
        yield BrokenRow(member.label, error.reason)


def read_dated_table(member: Member, *names: str) -> Iterator[TableRow | BrokenRow]:
    """The rows of a table whose dates have the year first, as a tracker writes them, or as a spreadsheet rewrote them.

    In the columns of these names the latter become YYYY-MM-DD, in the order of days and months that fits the table.
    """
    order = TableOrder(member, *names)
    for row in read_table(member):
        if isinstance(row, TableRow):
            rewritten = {name: text for name in names if is_of_numbers(text := row.get(name))}
            if rewritten:
                read = {name: order.read(text) or text for name, text in rewritten.items()}
                days = (text for name, text in rewritten.items() if name not in _FOR_THEIR_YEAR)
                row = replace(row, cells={**row.cells, **read}, doubt=order.doubt(*days))
        yield row


class TableOrder:
    """The order that fits the dates of a whole table, in the first of these columns that is not empty.

    The table is read for it once a date needs it, and not where all have the year first. It is for rows whose ids are
    made of dates as they are written; for others there is ``read_dated_table``.
    """

    def __init__(self, member: Member, *names: str) -> None:
        self._member, self._names = member, names

    @cached_property
    def order(self) -> DateOrder:
        """The order of the table."""
        rows = (row for row in islice(read_table(self._member), MAX_ROWS) if isinstance(row, TableRow))
        return date_order(row.get(*self._names) for row in rows)

    def read(self, text: str) -> str | None:
        """A date as YYYY, YYYY-MM or YYYY-MM-DD; None if the text is not one in this order."""
        return self.order.read(text) if is_of_numbers(text) else partial_date(text)

    def doubt(self, *texts: str) -> Phrase | None:
        """Why the user has to look at a row with these dates, if both orders fit the table."""
        return next(filter(None, (self.order.doubt(text) for text in texts if is_of_numbers(text))), None)


def _rows(member: Member, delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """Every row with the line at which it begins; the reason instead of one that cannot be read."""
    with open_text(member) as text:
        lines = _Lines(read_lines(text))
        reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
        while True:
            begins = lines.count + 1
            lines.begin_row()
            try:
                row = next(reader)
            except StopIteration:
                return
            except _RowTooLong:
                yield begins, phrase("line_too_long")
                continue
            except csv.Error as error:
                yield begins, phrase("not_a_table_row", error=str(error))
                continue
            if reason := _excess(row, is_cut=lines.has_cut):
                yield begins, reason
            else:
                yield begins, row


class _RowTooLong(Exception):
    """A row goes on for so long that a quote may be open for the rest of the file."""


class _Lines:
    """The lines of a text, counted, for the reader of the csv module, which keeps a row until it ends."""

    def __init__(self, lines: Iterator[tuple[str, bool]]) -> None:
        self._lines = lines
        self.count = 0
        self.begin_row()

    def begin_row(self) -> None:
        """Count what is read from now on towards the next row."""
        self.has_cut = False
        self._room = MAX_ROW_LENGTH

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line, is_cut = next(self._lines)
        self.count += 1
        self.has_cut |= is_cut
        self._room -= len(line)
        if self._room < 0:
            raise _RowTooLong
        return line


def _excess(row: Sequence[str], *, is_cut: bool) -> Phrase | None:
    if is_cut:
        return phrase("line_too_long")
    if len(row) > MAX_COLUMNS:
        return phrase("too_many_columns", most=MAX_COLUMNS)
    if row and max(map(len, row)) > MAX_CELL_LENGTH:
        return phrase("cell_too_long", most=MAX_CELL_LENGTH)
    return None


class _Head(NamedTuple):
    """What the head of a member shows: the delimiter, and the names that each of its first rows has as a header."""

    delimiter: str
    names: list[tuple[str, ...]]


@lru_cache(MEMBERS_KEPT)
def _head_of(member: Member) -> _Head:
    """With the delimiter that gives the most columns in the first row that has several."""
    text = text_head(member)
    tables = {delimiter: _head_rows(text, delimiter) for delimiter in DELIMITERS}
    chosen = DELIMITERS[0]
    for rows in zip_longest(*tables.values(), fillvalue=()):
        if max(map(len, rows)) > 1:
            chosen = max(zip(DELIMITERS, rows, strict=True), key=lambda pair: len(pair[1]))[0]
            break
    return _Head(chosen, list(map(_names, tables[chosen])))


def _head_rows(text: str, delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    try:
        lines = io.StringIO(text, newline="")
        for row in csv.reader(lines, delimiter=delimiter, skipinitialspace=True):
            rows.append(row)
            if len(rows) == _HEAD_ROWS:
                break
    except csv.Error:
        pass  # it is no table from here on
    return rows


def _names(row: Sequence[str]) -> tuple[str, ...]:
    """The names of columns; a column that repeats one has no name, as the first counts."""
    names = [cell.strip().lower() for cell in row]
    first = {name: place for place, name in reversed(list(enumerate(names)))}
    return tuple(name if first[name] == place else "" for place, name in enumerate(names))


def _is_header(names: Sequence[str], containing: Collection[str]) -> bool:
    return set(containing) <= set(names) if containing else any(names)
