"""Files that users bring, made of a few lines; and what an importer reads from them."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from movietracker.imports.census import Census
from movietracker.imports.reading import read_rows
from movietracker.plugin.importers import Importer, ImportRow
from movietracker.uploads.upload import BrokenRow, Member, Upload

Files = Mapping[str, str | bytes]


def member(content: str | bytes, name: str = "file.csv") -> Member:
    return Member.of_bytes(name, content.encode() if isinstance(content, str) else content)


def upload(files: Files) -> Upload:
    """An upload of files by name."""
    return Upload.of([member(content, name) for name, content in files.items()])


def zip_bytes(files: Files) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return written.getvalue()


def write_zip(path: Path, files: Files) -> Path:
    path.write_bytes(zip_bytes(files))
    return path


def rows_of(importer: Importer, files: Files) -> list[ImportRow]:
    """The rows that an importer reads, with the people found in them; none may be broken."""
    rows, broken = rows_and_broken(importer, files)
    assert broken == []
    return rows


def rows_and_broken(importer: Importer, files: Files) -> tuple[list[ImportRow], list[BrokenRow]]:
    rows: list[ImportRow] = []
    broken: list[BrokenRow] = []
    for each in read_rows(importer, upload(files)):
        if isinstance(each, BrokenRow):
            broken.append(each)
        else:
            rows.append(each)
    return rows, broken


def counts_of(importer: Importer, files: Files) -> dict[str, int]:
    """The counts that are not 0."""
    return {name: count for name, count in Census(read_rows(importer, upload(files))).counts().items() if count}
