"""Writing exports, and reading them as the documents tell a reader to."""

import csv
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from zoneinfo import ZoneInfo

from movietracker.exports.formats import FORMATS, write_export
from movietracker.formulas import original
from movietracker.services.accounts import Account
from movietracker.services.transactions import library_read

Record = dict[str, str]


def records_in(content: bytes) -> list[Record]:
    """The rows of a CSV file by its columns."""
    rows = csv.DictReader(io.StringIO(content.decode(), newline=""), strict=True)
    return [{name: original(cell) for name, cell in row.items()} for row in rows]


def files_in(archive: bytes) -> dict[str, bytes]:
    """The files of a ZIP archive by name, in their order."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}


def sheets_in(archive: bytes) -> dict[str, list[Record]]:
    """The rows of each CSV file of a ZIP archive, by its name without the suffix."""
    files = files_in(archive)
    return {name.removesuffix(".csv"): records_in(each) for name, each in files.items() if name.endswith(".csv")}


def written(user: Account, name: str, folder: Path, zone: str = "UTC") -> tuple[bytes, Mapping[str, int]]:
    """The file of a format, and what it leaves out; needs an application context."""
    out = io.BytesIO()
    with library_read(user.id) as read:
        left_out = write_export(FORMATS[name], read, ZoneInfo(zone), folder, out)
    return out.getvalue(), left_out
