"""Running statements: the one that is used again is compiled once and then run by the driver itself.

SQLAlchemy takes 40 µs of CPU to run a statement that is in its cache, most of it to look it up and to wrap the result;
SQLite runs a small one in 2 µs. With this a statement costs 7 µs. A batch of 100 actions runs 700 statements: 63 ms of
CPU by SQLAlchemy, 15 ms with this.

A statement object that is seen for the second time is one that a module keeps, so it is worth compiling. SQLAlchemy
runs one that is built on the fly, and on PostgreSQL one that has IN (...) with a list of values. The rows look alike
either way, the listeners of ``before_cursor_execute`` are called in either case, and errors are SQLAlchemy's.
"""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from operator import itemgetter
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

from sqlalchemy import URL, BindParameter, Connection, Dialect, Executable, Insert, Table
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import CompileError, DBAPIError, MultipleResultsFound, NoResultFound
from sqlalchemy.sql.compiler import SQLCompiler

from .guard import check_write, written_table

MAX_KEYS = 500
"""The most keys that one statement names."""

Key = TypeVar("Key")
Values = Mapping[str, Any]
Converter = Callable[[Any], Any]
_Result = tuple[list[tuple[Any, ...]], int, list[Any]]
"""All rows, the number of rows that were changed, and the driver's types of the columns."""


class Rows(list[Any]):
    """All rows of a result: tuples with the columns' names, like SQLAlchemy's."""

    __slots__ = ("rowcount",)

    def __init__(self, rows: Iterable[Any], rowcount: int) -> None:
        super().__init__(rows)
        self.rowcount = rowcount

    def first(self) -> Any:
        """The first row; None when there is none."""
        return self[0] if self else None

    def one_or_none(self) -> Any:
        """The only row; None when there is none. Raises MultipleResultsFound."""
        if len(self) > 1:
            raise MultipleResultsFound
        return self[0] if self else None

    def one(self) -> Any:
        """The only row. Raises NoResultFound, MultipleResultsFound."""
        row = self.one_or_none()
        if row is None:
            raise NoResultFound
        return row

    def scalar_one_or_none(self) -> Any:
        """The first value of the only row; None when there is none."""
        row = self.one_or_none()
        return None if row is None else row[0]

    def scalar_one(self) -> Any:
        """The first value of the only row. Raises NoResultFound."""
        return self.one()[0]

    def scalars(self) -> list[Any]:
        """The first value of each row."""
        return [row[0] for row in self]


def execute(connection: Connection, statement: Executable, values: Values) -> Rows:
    """Run a statement; returns all rows, with names, and of SQLAlchemy's types.

    The parameters of an INSERT are the columns that ``values`` names. Raises what SQLAlchemy raises, KeyError or
    StatementError for a parameter that is missing, and UnguardedWrite.
    """
    compiled = _compiled(connection.dialect, statement, values)
    if compiled is None:
        with connection.execute(statement, values) as result:
            return Rows(result.all() if result.returns_rows else (), result.rowcount)
    found, rowcount, types = compiled.run(connection, compiled.bind(values))
    return Rows(compiled.named(found, types), rowcount)


def fetch(connection: Connection, statement: Executable, values: Values) -> list[tuple[Any, ...]]:
    """All rows as the driver gives them: tuples without names, on SQLite with 0 and 1 for booleans."""
    compiled = _compiled(connection.dialect, statement, values)
    if compiled is None:
        with connection.execute(statement, values) as result:
            return list(result.cursor.fetchall())
    return compiled.run(connection, compiled.bind(values))[0]


def execute_many(connection: Connection, statement: Executable, rows: Iterable[Values]) -> None:
    """Run a statement once for each of these, which all have the same keys; there may be none."""
    rows = list(rows)
    if rows:
        compiled = _compiled(connection.dialect, statement, rows[0], at_once=True)
        assert compiled is not None, "IN (...) cannot be run for many rows"
        assert not compiled.has_lists, "IN (...) cannot be run for many rows"
        compiled.run(connection, [compiled.bind(row) for row in rows], many=True)


def insert_rows(connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows whose values are in the order of these columns, and the driver's own; there may be none.

    A row that is a tuple takes a third of the time of one that is a mapping.
    """
    if rows:
        check_write(connection, table.name if table.info.get("library") else None)
        mark = "?" if connection.dialect.name == "sqlite" else "%s"
        names = ", ".join(table.c[column].name for column in columns)
        marks = ", ".join(mark for _ in columns)
        sql = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608 - names of ours
        _run(connection, sql, rows, many=True)


def upsert(connection: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Insert rows, or replace those that have the same primary key; there may be none."""
    if rows:
        execute_many(connection, _upsert(connection.dialect.name, table, tuple(rows[0])), rows)


@lru_cache(maxsize=64)
def _upsert(dialect: str, table: Table, columns: tuple[str, ...]) -> Insert:
    statement = (sqlite_insert if dialect == "sqlite" else postgresql_insert)(table)
    key = [column.name for column in table.primary_key]
    values = {name: statement.excluded[name] for name in columns if name not in key}
    return statement.on_conflict_do_update(index_elements=key, set_=values)


def in_chunks(keys: Sequence[Key]) -> Iterator[Sequence[Key]]:
    """These keys, as many at a time as one statement may name."""
    return (keys[start : start + MAX_KEYS] for start in range(0, len(keys), MAX_KEYS))


# What each statement was compiled to, by dialect (and columns, of an INSERT); None for what SQLAlchemy must run.
_known: WeakKeyDictionary[Executable, dict[Any, _Compiled | None]] = WeakKeyDictionary()


def _compiled(dialect: Dialect, statement: Executable, columns: Values, at_once: bool = False) -> _Compiled | None:
    """A statement compiled for a dialect; None if it has not been seen before, or if SQLAlchemy must run it."""
    forms = _known.get(statement)
    if forms is None:
        forms = _known[statement] = {}
        if not (at_once or statement.is_insert):
            return None
    form = (dialect.name, *columns) if statement.is_insert else dialect.name
    if form not in forms:
        forms[form] = _compile(dialect, statement, list(columns) if statement.is_insert else None)
    return forms[form]


def _compile(dialect: Dialect, statement: Executable, columns: list[str] | None) -> _Compiled | None:
    made = cast(SQLCompiler, statement.compile(dialect=dialect, column_keys=columns))  # type: ignore[attr-defined]
    if any(not (made.positional and _is_plain_list(bind, dialect)) for bind in made.post_compile_params):
        return None
    if unknown := set(columns or ()).difference(made.bind_names.values()):
        raise CompileError(f"There are no columns {', '.join(sorted(unknown))} to insert.")
    return _Compiled(made, statement)


class _Compiled:
    """A statement in the words of one dialect."""

    def __init__(self, made: SQLCompiler, statement: Executable) -> None:
        dialect = made.dialect
        self._sql = str(made)
        self._writes = written_table(statement)  # type: ignore[arg-type]
        self._places = tuple(made.positiontup or ())
        self._pick = _picker(self._places) if made.positional else None
        self._lists = {made.bind_names[bind] for bind in made.post_compile_params}
        binds = {name: bind for bind, name in made.bind_names.items()}
        self._names = tuple(binds)
        self._fixed = {name: bind.value for name, bind in binds.items() if not bind.required}
        self._binders = _converters((name, bind.type.bind_processor(dialect)) for name, bind in binds.items())
        returned: list[Any] = list(getattr(statement, "exported_columns", ()))
        self._shape = cast(Any, namedtuple("Row", [column.key for column in returned], rename=True))
        self._types = [column.type.dialect_impl(dialect) for column in returned]
        self._dialect = dialect
        self._readers: dict[int, Converter] | None = None  # known with the first rows, which have the driver's types

    def bind(self, parameters: Values) -> Any:
        """The parameters as the driver takes them. Raises KeyError for one that is missing."""
        if self._fixed or self._binders:
            parameters = {**self._fixed, **parameters}
            for name, convert in self._binders.items():
                parameters[name] = convert(parameters[name])
        if self._pick is not None:
            return self._pick(parameters)
        return {name: parameters[name] for name in self._names}

    @property
    def has_lists(self) -> bool:
        """Whether it has IN (...) with a list of values."""
        return bool(self._lists)

    def run(self, connection: Connection, parameters: Any, *, many: bool = False) -> _Result:
        """Run it with bound parameters. Raises UnguardedWrite."""
        check_write(connection, self._writes)
        sql, parameters = self._spread(parameters) if self._lists else (self._sql, parameters)
        return _run(connection, sql, parameters, many=many)

    def _spread(self, parameters: Sequence[Any]) -> tuple[str, Sequence[Any]]:
        """The statement with a mark for each value of its lists, and the values one after another."""
        sql, values = self._sql, []
        for name, value in zip(self._places, parameters, strict=True):
            if name in self._lists:
                sql = sql.replace(f"__[POSTCOMPILE_{name}]", ", ".join("?" * len(value)))
                values += value
            else:
                values.append(value)
        return sql, values

    def named(self, rows: list[tuple[Any, ...]], types: Sequence[Any]) -> Iterable[Any]:
        """The rows with their columns' names and SQLAlchemy's types, given the driver's types."""
        if not rows:
            return ()
        if self._readers is None:
            pairs = zip(self._types, types, strict=True)
            self._readers = _converters(enumerate(ours.result_processor(self._dialect, its) for ours, its in pairs))
        if not self._readers:
            return map(self._shape._make, rows)
        return [self._shape._make(_read(row, self._readers)) for row in rows]


def _is_plain_list(bind: BindParameter[Any], dialect: Dialect) -> bool:
    """Whether a parameter is a list of the driver's own values, as in IN (...)."""
    return bind.expanding and not bind.literal_execute and bind.type.bind_processor(dialect) is None


def _picker(names: Sequence[str]) -> Callable[[Values], tuple[Any, ...]]:
    """Takes the values of these names out of a mapping, in order."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: tuple(values[name] for name in names)


def _read(row: tuple[Any, ...], readers: Mapping[int, Converter]) -> list[Any]:
    values = list(row)
    for at, convert in readers.items():
        values[at] = convert(values[at])
    return values


def _converters(found: Iterable[tuple[Any, Converter | None]]) -> dict[Any, Converter]:
    return {key: convert for key, convert in found if convert is not None}


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """Undo what the block does when it raises. Savepoints nest; a lost connection has nothing to undo."""
    run_text(connection, "SAVEPOINT attempt")
    try:
        yield
    except BaseException:
        if not connection.invalidated:
            run_text(connection, "ROLLBACK TO SAVEPOINT attempt")
            run_text(connection, "RELEASE SAVEPOINT attempt")
        raise
    run_text(connection, "RELEASE SAVEPOINT attempt")


def run_text(connection: Connection, sql: str) -> None:
    """Run SQL without parameters, such as a SAVEPOINT."""
    _run(connection, sql, ())


def _run(connection: Connection, sql: str, parameters: Any, *, many: bool = False) -> _Result:
    cursor = connection.connection.cursor()
    try:
        for listener in connection.dispatch.before_cursor_execute:
            listener(connection, cursor, sql, parameters, None, many)
        try:
            if many:
                cursor.executemany(sql, parameters)
            else:
                cursor.execute(sql, parameters)
            if cursor.description is None:
                return [], cursor.rowcount, []
            return cast(Any, cursor.fetchall()), cursor.rowcount, [column[1] for column in cursor.description]
        except connection.dialect.dbapi.Error as error:  # type: ignore[union-attr]
            raise _as_sqlalchemys(connection, sql, parameters, error) from error
    finally:
        cursor.close()


def _as_sqlalchemys(connection: Connection, sql: str, parameters: Any, error: Exception) -> BaseException:
    """The error as SQLAlchemy raises it; a connection that is lost is invalidated, as it does."""
    dialect: Any = connection.dialect
    name_the_file(connection.engine.url, error)
    is_lost = dialect.is_disconnect(error, connection.connection, None)
    if is_lost:
        connection.invalidate(error)
    hidden = True  # errors must not tell the log what a user wrote
    return DBAPIError.instance(sql, parameters, error, dialect.dbapi.Error, hidden, is_lost, dialect)


def name_the_file(url: URL, error: BaseException) -> None:
    """SQLite's errors speak of "the database file"; let commands say which."""
    if isinstance(error, sqlite3.OperationalError):
        error.filename = url.database  # type: ignore[attr-defined]
