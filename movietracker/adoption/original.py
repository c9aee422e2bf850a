"""The tables of an original installation, of whichever generation.

A generation is recognized by the tables and columns that are there. Values are checked as those of imports are: one
that is wrong is named and becomes None, and a row that lacks what it needs is named and left out.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from ..errors import AdoptionRefused
from ..schemas.values import Fault
from .findings import Findings
from .forms import ACCOUNT_COLUMNS, FORMS, TableForm

Row = dict[str, Any]

# Movietracker's own tables have some of the same names.
_OURS = "library_heads"


class Owner(NamedTuple):
    """Whose rows are read: ``key`` is the value of ``user_id``, None for all rows; ``label`` names them in findings."""

    key: Any
    label: str


class Original:
    """The tables of a file. Raises AdoptionRefused for a file that is not of the original backend."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        tables = [row[0] for row in self._run("SELECT name FROM sqlite_master WHERE type = 'table'")]
        named = "SELECT lower(name) FROM pragma_table_info(?)"
        self.columns = {table.lower(): {row[0] for row in self._run(named, table)} for table in tables}
        if _OURS in self.columns:
            raise AdoptionRefused("This is a database of movietracker itself; use: movietracker db copy")
        if "imdb_id" not in self.columns.get("movies", ()):
            raise AdoptionRefused("This is no database of the original backend: it has no table of movies.")

    def has(self, table: str, column: str) -> bool:
        """Whether a column is there."""
        return column in self.columns.get(table, ())

    @property
    def has_accounts(self) -> bool:
        """Whether the file has accounts; the first generation had one user, and no table of them."""
        return self.count_of_accounts > 0

    @cached_property
    def count_of_accounts(self) -> int:
        """How many accounts the file has."""
        return int(next(self._run("SELECT count(*) FROM users"))[0]) if self.has("users", "id") else 0

    def accounts(self) -> list[Row]:
        """The rows of accounts, unchecked, the oldest first."""
        return sorted(self._select("users", ACCOUNT_COLUMNS, None), key=lambda row: str(row.get("created_at")))

    def owners_of(self, table: str) -> list[tuple[Any, int]]:
        """The values of ``user_id`` in a table, and how many rows have each; None where the table does not say."""
        if table not in self.columns:
            return []
        if not self.has(table, "user_id"):
            return list(self._run(f"SELECT NULL, count(*) FROM {table}"))  # noqa: S608
        return list(self._run(f"SELECT user_id, count(*) FROM {table} GROUP BY user_id"))  # noqa: S608

    def count(self, table: str, owner: Owner) -> int:
        """How many rows of a table are the owner's."""
        where, told = self._of(table, owner)
        return int(next(self._run(f"SELECT count(*) FROM {table}{where}", *told))[0])  # noqa: S608

    def rows(self, table: str, owner: Owner, findings: Findings, unique: Sequence[str] = ()) -> Iterator[Row]:
        """The owner's rows of a table, checked, no two of them alike in the columns ``unique``."""
        if table not in self.columns:
            return
        form = FORMS[table]
        seen = set()
        for raw in self._select(table, tuple(form.columns), owner):
            key = ", ".join(str(raw[name]) for name in form.key if raw.get(name) is not None) or "no key"
            row, faults = _checked(raw, form)
            missing = next((name for name in form.required if row[name] is None), None)
            identity = tuple(row[name] for name in unique)
            if missing is not None:
                reason = faults.get(missing, "is missing")
                findings.leave_out(owner.label, table, key, f"{missing} {reason}")
            elif unique and identity in seen:
                findings.leave_out(owner.label, table, key, "it is there twice")
            elif "vote_type" in faults:  # a vote the wrong way would be worse than none
                findings.leave_out(owner.label, table, key, f"vote_type {faults['vote_type']}")
            else:
                for name, fault in faults.items():
                    findings.note(owner.label, table, key, f"without {name}, which {fault}")
                seen.add(identity)
                yield row

    def _select(self, table: str, columns: Sequence[str], owner: Owner | None) -> Iterator[Row]:
        there = [name for name in columns if self.has(table, name)]
        if not there:
            return
        where, told = ("", ()) if owner is None else self._of(table, owner)
        for row in self._run(f"SELECT {', '.join(there)} FROM {table}{where} ORDER BY 1", *told):  # noqa: S608
            yield dict(zip(there, row, strict=True))

    def _of(self, table: str, owner: Owner) -> tuple[str, tuple[Any, ...]]:
        if owner.key is None:
            return "", ()
        if self.has(table, "user_id"):
            return " WHERE user_id = ?", (owner.key,)
        return ("", ()) if self.count_of_accounts == 1 else (" WHERE 0", ())

    def _run(self, statement: str, *told: Any) -> Iterator[tuple[Any, ...]]:
        try:
            yield from self._connection.execute(statement, told)
        except sqlite3.Error as error:
            raise AdoptionRefused(f"The database cannot be read: {error}.") from None


def _checked(raw: Row, form: TableForm) -> tuple[Row, dict[str, str]]:
    """A row with what its columns may hold, and what is wrong with the others."""
    row: Row = {}
    faults: dict[str, str] = {}
    for name, check in form.columns.items():
        value = raw.get(name)
        try:
            row[name] = None if value is None else check(value)
        except Fault as fault:
            row[name], faults[name] = None, str(fault)
    return row, faults
