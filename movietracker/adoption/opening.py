"""Opening the file of an original installation without touching it, whether or not its server still runs.

SQLite may write to what it opens: it replays logs, and puts files beside those of databases in WAL mode. So all reading
is done in a copy, in a temporary folder: made by SQLite under a read lock where no log is involved, else from the bytes
of the file and its logs, again if they changed meanwhile.
"""

import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ..errors import AdoptionRefused

BUSY_SECONDS = 2.0
ATTEMPTS = 3

_MAGIC = b"SQLite format 3\x00"
_VERSIONS_AT = slice(18, 20)  # https://www.sqlite.org/fileformat.html, section 1.3
_WAL_VERSIONS = b"\x02\x02"
_LOGS = ("-wal", "-journal")
_REPAIR = "Use a backup of it, or what this saves of it: sqlite3 FILE .recover | sqlite3 SAVED"
# Of values that break a rule of their column; they are read defensively anyway.
_ABOUT_VALUES = re.compile(r"(NULL|NUMERIC|TEXT|INT|REAL|non-\w+) value in|CHECK constraint failed", re.IGNORECASE)


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a copy of an SQLite file, as it was last committed. Raises AdoptionRefused, OSError."""
    path = path.resolve()  # logs are beside the file itself, not beside a link to it
    header = _read_header(path)
    with tempfile.TemporaryDirectory(prefix="movietracker-adopt-") as folder:
        copy = Path(folder, "original.db")
        try:
            if header[_VERSIONS_AT] == _WAL_VERSIONS or any(_size(_log(path, each)) for each in _LOGS):
                _copy_files(path, copy)
            else:
                _copy_locked(path, copy)
            connection = sqlite3.connect(copy)
        except sqlite3.Error as error:
            raise AdoptionRefused(_sentence(path, error)) from None
        with closing(connection):
            _check(path, connection)
            yield connection


def _read_header(path: Path) -> bytes:
    if path.is_dir():
        raise AdoptionRefused(f"{path} is a folder; name the database file in it.")
    if not path.exists():
        raise AdoptionRefused(f"There is no file {path}.")
    if not path.is_file():
        raise AdoptionRefused(f"{path} is no regular file.")  # a pipe would keep this waiting
    with path.open("rb") as file:
        header = file.read(100)
    if not header.startswith(_MAGIC):
        raise AdoptionRefused(f"{path} is {'no SQLite database' if header else 'empty'}.")
    return header


def _log(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _copy_locked(path: Path, copy: Path) -> None:
    uri = f"{path.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS)) as source, closing(sqlite3.connect(copy)) as to:
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").close()  # takes the lock, or says why not
        source.backup(to)


def _copy_files(path: Path, copy: Path) -> None:
    for _ in range(ATTEMPTS):
        before = _stamps(path)
        for suffix in ("", *_LOGS):
            _log(copy, suffix).unlink(missing_ok=True)
            if _log(path, suffix).exists():
                shutil.copyfile(_log(path, suffix), _log(copy, suffix))
        if _stamps(path) == before:
            return
    raise AdoptionRefused(f"{path} keeps changing; stop the original server first.")


def _stamps(path: Path) -> list[tuple[int, int] | None]:
    files = (_log(path, suffix) for suffix in ("", *_LOGS))
    return [(each.stat().st_size, each.stat().st_mtime_ns) if each.exists() else None for each in files]


def _check(path: Path, connection: sqlite3.Connection) -> None:
    """Raise AdoptionRefused for a damaged database."""
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    try:
        connection.execute("PRAGMA trusted_schema = OFF").close()
        found = [row[0] for row in connection.execute("PRAGMA quick_check")]
    except sqlite3.Error as error:
        raise AdoptionRefused(_sentence(path, error)) from None
    if damage := [each for each in found if each != "ok" and _ABOUT_VALUES.match(each) is None]:
        raise AdoptionRefused(f"{path} is damaged: {damage[0].splitlines()[-1]}. {_REPAIR}")


def _sentence(path: Path, error: sqlite3.Error) -> str:
    if "locked" in str(error):
        return f"{path} is locked by another program; stop the original server first."
    if error.sqlite_errorcode in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return f"{path} is damaged: {error}. {_REPAIR}"
    return f"{path} cannot be read: {error}."
