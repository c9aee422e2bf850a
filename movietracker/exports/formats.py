"""The formats in which a library can be exported: a new one is an entry of FORMATS."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from pathlib import Path
from typing import BinaryIO

from ..backup.document.export import export_document
from ..errors import ExportFormatUnknown
from ..services.library_read import LibraryRead
from . import imdb, letterboxd, tables, trakt
from .cells import Row, Sheet
from .library import ExportedLibrary
from .writing import Limits, SheetWriter, write_archive

Rows = Callable[[ExportedLibrary], Iterator[tuple[Sheet, Row]]]

MEDIA_TYPES = {"zip": "application/zip", "csv": "text/csv", "json": "application/json"}


@dataclass(frozen=True, slots=True)
class Format:
    """A format of exports: its name, one sentence about it, the suffix of its file, and its sheets.

    ``rows`` yields the rows of the sheets; without it the format is the backup document.
    """

    name: str
    summary: str
    suffix: str
    rows: Rows | None = None
    sheets: Sequence[Sheet] = ()
    limits: Limits | None = None

    @property
    def media_type(self) -> str:
        """The media type of its file."""
        return MEDIA_TYPES[self.suffix]

    def file_name(self, day: date) -> str:
        """The name of a file that is written on that day."""
        return f"movietracker-{self.name}-{day:%Y-%m-%d}.{self.suffix}"


FORMATS: Mapping[str, Format] = {
    each.name: each
    for each in (
        Format(
            "letterboxd",
            "A ZIP archive of CSV files for Letterboxd's importer: watched films, the watchlist and your lists.",
            "zip",
            letterboxd.letterboxd_rows,
            letterboxd.SHEETS,
            letterboxd.LIMITS,
        ),
        Format(
            "imdb",
            "A ZIP archive of CSV files as IMDb exports them: ratings, the watchlist and your lists.",
            "zip",
            imdb.imdb_rows,
            imdb.SHEETS,
        ),
        Format(
            "trakt",
            "A CSV file with the columns of Trakt's own export, which other trackers read.",
            "csv",
            trakt.trakt_rows,
            (trakt.OWN,),
        ),
        Format(
            "trakt-import",
            "A CSV file for Trakt's importer.",
            "csv",
            trakt.trakt_import_rows,
            (trakt.IMPORT,),
        ),
        Format(
            "csv",
            "A ZIP archive of plain CSV files: titles, viewings, recommendations, tags, people, lists and rankings.",
            "zip",
            tables.table_rows,
            tables.SHEETS,
        ),
        Format("json", "The backup document, which movietracker imports again without loss.", "json"),
    )
}


def find_format(name: str) -> Format:
    """The format of this name; raises ExportFormatUnknown."""
    if name not in FORMATS:
        raise ExportFormatUnknown(f"There is no export format of this name, only: {', '.join(FORMATS)}.")
    return FORMATS[name]


def write_export(wanted: Format, read: LibraryRead, zone: tzinfo, folder: Path, out: BinaryIO) -> Mapping[str, int]:
    """Write a library to a file that can be sought in, and say how many things are left out, by what and why.

    Days are those of ``zone``; ``folder`` takes a temporary file.
    """
    if wanted.rows is None:
        out.writelines(export_document(read))
        return {}
    library = ExportedLibrary(read, zone)
    with SheetWriter(folder, wanted.limits) as sheets:
        for sheet in wanted.sheets:
            sheets.begin(sheet)
        for sheet, row in wanted.rows(library):
            sheets.write(sheet, row)
        left_out = dict(sorted((+library.left_out).items()))
        if wanted.suffix == "zip":
            write_archive(sheets, _readme(wanted, left_out), out)
        else:
            out.writelines(chunk for *_, content in sheets.files() for chunk in content)
    return left_out


def left_out_lines(left_out: Mapping[str, int]) -> list[str]:
    """A line for each kind of thing that is left out."""
    return [f"{what}: {count}" for what, count in left_out.items()]


def _readme(wanted: Format, left_out: Mapping[str, int]) -> str:
    lines = [
        wanted.summary,
        "",
        "A text that a spreadsheet would take for a formula has a ' in front.",
        "The columns, and what becomes of ratings and dates: docs/moving-out.md of movietracker.",
        "",
        *(f"Left out: {line}" for line in left_out_lines(left_out)),
    ]
    return "\n".join(lines) + "\n"
