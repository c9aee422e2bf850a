"""Reading one user's library, and how the records of each kind are found by their keys."""

from typing import Any, NamedTuple

from sqlalchemy import Connection, Executable, bindparam, select, update

from ..database import Rows, execute, fetch
from ..errors import UserNotFound
from ..models import HEAD, RECORD_KEYS
from ..plugin.events import RecordKind

_READ_HEAD = select(HEAD.c.seq, HEAD.c.at).where(HEAD.c.user_id == bindparam("of_user"))


class RecordStatements:
    """How the records of one kind are read and written by the change clock."""

    def __init__(self, kind: RecordKind) -> None:
        key = RECORD_KEYS[kind]
        table, self.convert = key.table, key.type.python_type
        known = select(key, table.c.field_changes).where(table.c.user_id == bindparam("of_user"))
        self.of_keys = known.where(key.in_(bindparam("of_keys", expanding=True)))
        self.of_key = known.where(key == bindparam("of_key"))
        mine = (table.c.user_id == bindparam("of_user"), key == bindparam("of_key"))
        self.stamp = select(table.c.seq, table.c.last_modified).where(*mine)
        self.set_number = update(table).where(*mine).values(seq=bindparam("to_seq"), last_modified=bindparam("now"))
        self.set_fields = self.set_number.values(field_changes=bindparam("to_fields"))


OF_KIND = {kind: RecordStatements(kind) for kind in RECORD_KEYS}


class Head(NamedTuple):
    """The newest change of a library: its number and its time in Unix seconds."""

    seq: int
    at: float


class LibraryRead:
    """A consistent look at one user's library."""

    def __init__(self, connection: Connection, user_id: str) -> None:
        self.connection = connection
        self.user_id = user_id

    def execute(self, statement: Executable, /, **values: Any) -> Rows:
        """Run a statement; its ``of_user`` and the ``user_id`` of an INSERT are always this user."""
        values["user_id" if statement.is_insert else "of_user"] = self.user_id
        return execute(self.connection, statement, values)

    def fetch(self, statement: Executable, /, **values: Any) -> list[tuple[Any, ...]]:
        """The rows as the driver gives them: tuples without names, on SQLite with 0 and 1 for booleans."""
        values["of_user"] = self.user_id
        return fetch(self.connection, statement, values)

    def head(self) -> Head:
        """The head of the library."""
        row = self.execute(_READ_HEAD).one_or_none()
        if row is None:
            raise UserNotFound
        return Head(row.seq, row.at)

    def stamp_of(self, kind: RecordKind, key: str | int) -> tuple[int | None, float | None]:
        """Number and time of a record; None and None when it is not there."""
        of_kind = OF_KIND[kind]
        row = self.execute(of_kind.stamp, of_key=of_kind.convert(key)).one_or_none()
        return (None, None) if row is None else (row.seq, row.last_modified)
