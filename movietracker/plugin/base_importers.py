"""What most importers have in common: they read members one by one, and make a row or several of each record."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import ClassVar, TypeVar

from ..phrases import Phrase
from ..uploads.tables import TableRow, columns_of
from ..uploads.upload import BrokenRow, Member, Upload
from .importers import ImportRow

Rows = Iterator[ImportRow | BrokenRow]
Record = TypeVar("Record")


class BaseImporter:
    """An importer that reads members one by one; one derived from it says which, and what their rows are."""

    name = ""
    label = ""
    priority = 50

    def reads(self, member: Member) -> bool:
        """Whether a member is of this format."""
        raise NotImplementedError

    def rows_of(self, member: Member) -> Rows:
        """The rows of a member that it reads."""
        raise NotImplementedError

    def recognizes(self, upload: Upload) -> bool:
        """Whether any member is of this format."""
        return any(map(self.reads, upload.members))

    def rows(self, upload: Upload) -> Rows:
        """The rows of all members that it reads, in the order of the members."""
        for member in filter(self.reads, upload.members):
            yield from self.rows_of(member)


class TableImporter(BaseImporter):
    """An importer of tables that have certain columns, and maybe others."""

    #: Their names in lower case.
    columns: ClassVar[frozenset[str]]

    def reads(self, member: Member) -> bool:
        """Whether a member has the columns."""
        return self.columns <= set(columns_of(member))


def row_of_each(read: Iterable[Record | BrokenRow], made: Callable[[Record], ImportRow | BrokenRow]) -> Rows:
    """The row that is made of each record, as ``rows_of_each`` does it."""
    return rows_of_each(read, lambda record: (made(record),))


def rows_of_each(read: Iterable[Record | BrokenRow], made: Callable[[Record], Iterable[ImportRow | BrokenRow]]) -> Rows:
    """The rows that are made of each record, with its doubt; a record that could not be read stays a BrokenRow."""
    for record in read:
        if isinstance(record, BrokenRow):
            yield record
        elif isinstance(record, TableRow) and (doubt := record.doubt):
            yield from (_with_doubt(row, doubt) for row in made(record))
        else:
            yield from made(record)


def _with_doubt(row: ImportRow | BrokenRow, doubt: Phrase) -> ImportRow | BrokenRow:
    return row if isinstance(row, BrokenRow) or row.needs_review else replace(row, needs_review=doubt)
