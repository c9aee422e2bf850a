"""The cells of exported CSV files: what they show, and how a spreadsheet is kept from running them."""

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from ..formulas import neutral

Cell = str | float | bool | None
Row = tuple[Cell, ...]


class Sheet(NamedTuple):
    """A CSV file: its name without a suffix, the names of its columns, and what stands behind the name, for people."""

    name: str
    columns: tuple[str, ...]
    label: str = ""


def csv_line(cells: Iterable[Cell]) -> bytes:
    """A line as RFC 4180 has it, in UTF-8."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow([_text(cell) for cell in cells])
    return line.getvalue().encode()


def whole_rating(rating: float | None) -> int | None:
    """A rating of 1.0 to 10.0 as the nearest whole number, the higher one if two are as near: 8.5 is 9."""
    return None if rating is None else int(rating + 0.5)


def moment_text(moment: float) -> str:
    """A time (Unix seconds) in ISO 8601, in UTC, to the second."""
    return f"{datetime.fromtimestamp(int(moment), UTC):%Y-%m-%dT%H:%M:%SZ}"


def _text(cell: Cell) -> str:
    if isinstance(cell, str):
        return neutral(cell)
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return repr(cell).removesuffix(".0")
