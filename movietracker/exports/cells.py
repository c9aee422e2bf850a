"""The cells of exported CSV files: what they show, and how a spreadsheet is kept from running them."""

import csv
import io
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

Cell = str | float | bool | None
Row = tuple[Cell, ...]

# What spreadsheets take for the beginning of a formula. Quotes before it are doubled up, so that a reader who takes one
# away has the text again.
_FORMULA = re.compile("'*[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


class Sheet(NamedTuple):
    """A CSV file: its name without a suffix, and the names of its columns."""

    name: str
    columns: tuple[str, ...]


def csv_line(cells: Iterable[Cell]) -> bytes:
    """A line as RFC 4180 has it, in UTF-8."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow([_text(cell) for cell in cells])
    return line.getvalue().encode()


def neutral(text: str) -> str:
    """The text with a quote in front if a spreadsheet would take it for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def whole_rating(rating: float | None) -> int | None:
    """A rating of 1.0 to 10.0 as the nearest whole number, the higher one if two are as near: 8.5 is 9."""
    return None if rating is None else int(rating + 0.5)


def moment_text(moment: float) -> str:
    """A time (Unix seconds) in ISO 8601, in UTC, to the second."""
    return f"{datetime.fromtimestamp(int(moment), UTC):%Y-%m-%dT%H:%M:%SZ}"


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, str):
        return neutral(cell)
    return repr(cell).removesuffix(".0")
