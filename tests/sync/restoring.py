"""Putting a database back to an earlier state, as an operator does who restores a backup."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import delete, insert, select

from movietracker.extensions import Base, db


class Backup:
    """The state of an application's database when this was made: the file of SQLite, the rows of PostgreSQL."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        with app.app_context():
            self._is_file = db.engine.dialect.name == "sqlite"
            db.session.remove()
            self._kept = self._read_file() if self._is_file else self._read_rows()

    def restore(self) -> None:
        """Put it back; no client may be connected."""
        with self._app.app_context():
            db.session.remove()
            db.engine.dispose()
            if self._is_file:
                self._write_file()
            else:
                self._write_rows()

    @property
    def _path(self) -> Path:
        return Path(str(db.engine.url.database))

    def _read_file(self) -> bytes:
        with closing(sqlite3.connect(self._path)) as connection:
            return connection.serialize()

    def _write_file(self) -> None:
        for suffix in ("-wal", "-shm"):
            Path(f"{self._path}{suffix}").unlink(missing_ok=True)
        self._path.write_bytes(self._kept)

    def _read_rows(self) -> dict[Any, Sequence[Any]]:
        with db.engine.connect() as connection:
            return {table: connection.execute(select(table)).all() for table in Base.metadata.sorted_tables}

    def _write_rows(self) -> None:
        with db.engine.connect().execution_options(library_write=True) as connection, connection.begin():
            for table in reversed(Base.metadata.sorted_tables):
                connection.execute(delete(table))
            for table, rows in self._kept.items():
                if rows:
                    names = table.c.keys()
                    connection.execute(insert(table), [dict(zip(names, row, strict=True)) for row in rows])
