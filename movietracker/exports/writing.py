"""Turning rows into CSV files, in constant memory, and those into a ZIP archive that is the same for the same rows."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from ..backup.catalog.spool import CHUNK_BYTES, Spool
from .cells import Row, Sheet, csv_line

BUFFER_BYTES = 16 * 1024
_FIRST_DATE = (1980, 1, 1, 0, 0, 0)  # that an archive can hold; a true one would make another file each time


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may have, its header included in the bytes; what is more goes into further files."""

    rows: int
    size: int


@dataclass(slots=True)
class _File:
    """A CSV file: where its finished pieces are in the temporary file (offset and bytes), and what is still to come."""

    rows: int = 0
    size: int = 0
    pieces: list[tuple[int, int]] = field(default_factory=list)
    pending: list[bytes] = field(default_factory=list)
    pending_bytes: int = 0


class SheetWriter(AbstractContextManager["SheetWriter"]):
    """Takes rows of several sheets in any order, and keeps them in one temporary file in ``folder``."""

    def __init__(self, folder: Path, limits: Limits | None = None) -> None:
        self._spool = Spool(folder)
        self._limits = limits
        self._sheets: dict[Sheet, list[_File]] = {}

    def __exit__(self, *_: object) -> None:
        self._spool.close()

    def begin(self, sheet: Sheet) -> None:
        """Have a sheet, even if it gets no rows."""
        if sheet not in self._sheets:
            self._sheets[sheet] = []
            self._add_file(sheet)

    def write(self, sheet: Sheet, row: Row) -> None:
        """Add a row to a sheet."""
        self.begin(sheet)
        line = csv_line(row)
        file = self._sheets[sheet][-1]
        if self._limits and (file.rows == self._limits.rows or file.size + len(line) > self._limits.size) and file.rows:
            file = self._add_file(sheet)
        file.rows += 1
        self._append(file, line)

    def files(self) -> Iterator[tuple[str, int, Iterator[bytes]]]:
        """The name, the size in bytes and the content of each file; further ones of a sheet have numbers."""
        for sheet, files in self._sheets.items():
            for number, file in enumerate(files, 1):
                self._flush(file)
                yield f"{_numbered(sheet.name, number)}{sheet.label}.csv", file.size, self._content(file)

    def _add_file(self, sheet: Sheet) -> _File:
        if self._sheets[sheet]:
            self._flush(self._sheets[sheet][-1])
        file = _File()
        self._sheets[sheet].append(file)
        self._append(file, csv_line(sheet.columns))
        return file

    def _append(self, file: _File, line: bytes) -> None:
        file.pending.append(line)
        file.pending_bytes += len(line)
        file.size += len(line)
        if file.pending_bytes >= BUFFER_BYTES:
            self._flush(file)

    def _flush(self, file: _File) -> None:
        if file.pending:
            file.pieces.append((self._spool.file.tell(), file.pending_bytes))
            self._spool.file.write(b"".join(file.pending))
            file.pending, file.pending_bytes = [], 0

    def _content(self, file: _File) -> Iterator[bytes]:
        with self._spool.reader() as reader:
            for offset, size in file.pieces:
                reader.seek(offset)
                while size:
                    chunk = reader.read(min(size, CHUNK_BYTES))
                    size -= len(chunk)
                    yield chunk


def write_archive(sheets: SheetWriter, readme: str, out: BinaryIO) -> None:
    """A ZIP archive of the files, and of a text for whoever opens it."""
    with ZipFile(out, "w") as archive:
        text = readme.replace("\n", "\r\n").encode()
        _add_member(archive, "README.txt", len(text), iter([text]))
        for name, size, content in sheets.files():
            _add_member(archive, name, size, content)


def _add_member(archive: ZipFile, name: str, size: int, content: Iterator[bytes]) -> None:
    info = ZipInfo(name, _FIRST_DATE)
    info.compress_type, info.external_attr, info.create_system = ZIP_DEFLATED, 0o644 << 16, 3  # 3: as on Unix
    info.file_size = size  # so that it is known whether the size fits into 32 bits
    with archive.open(info, "w") as member:
        for chunk in content:
            member.write(chunk)


def _numbered(name: str, number: int) -> str:
    """watched-1, watched-2; but watchlist, watchlist-2: a number in the name is that of the first file."""
    if name.endswith("-1"):
        return f"{name.removesuffix('1')}{number}"
    return name if number == 1 else f"{name}-{number}"
