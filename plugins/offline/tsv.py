r"""Reads files in the format of IMDb's public datasets in chunks.

The format (https://developer.imdb.com/non-commercial-datasets/): UTF-8, a line of column names, columns separated by
tabs, no quoting (a quote is part of the title), ``\N`` for unknown; plain or compressed with gzip.
"""

import gzip
import zlib
from collections.abc import Callable, Iterator
from io import BufferedIOBase
from pathlib import Path

UNKNOWN = r"\N"

_PIECE = 1 << 20
_MAX_LINE = 1 << 20
# More than IMDb needs (ids have 8 digits), and a bound for the loader's IdSet.
_MAX_DIGITS = 9


class DatasetError(Exception):
    """A dataset is missing or broken; the message is one sentence with the file and the line."""


def find_file(folder: Path, name: str) -> Path | None:
    """The dataset file of this name, plain or compressed; the plain one if both exist."""
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    return None


def read_rows(
    path: Path, columns: tuple[str, ...], progress: Callable[[int], None] = lambda _: None
) -> Iterator[tuple[int, list[str]]]:
    """The line number and the columns of each line but the first, in bounded memory.

    ``columns`` are the names that the first line must begin with; more may follow. ``progress`` is called with the
    number of bytes read, about once per megabyte. Raises DatasetError.
    """
    lines = _numbered_lines(path, progress)
    _, first = next(lines, (1, ""))
    header = first.split("\t")
    if tuple(header[: len(columns)]) != columns:
        raise DatasetError(f"{path.name}, line 1: the columns should be {', '.join(columns)}.")
    width = len(header)
    for number, line in lines:
        fields = line.split("\t")
        if len(fields) != width:
            raise DatasetError(f"{path.name}, line {number}: there should be {width} columns, not {len(fields)}.")
        yield number, fields


def _numbered_lines(path: Path, progress: Callable[[int], None]) -> Iterator[tuple[int, str]]:
    number, block = 0, b""
    try:
        with path.open("rb") as raw:
            stream: BufferedIOBase = gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw
            while block := stream.read(_PIECE):
                block += (rest := stream.readline(_MAX_LINE))
                if len(rest) == _MAX_LINE:
                    raise DatasetError(f"{path.name}, line {number + 1 + block.count(10)}: the line is too long.")
                progress(raw.tell())
                for line in block.decode().removesuffix("\n").split("\n"):
                    number += 1
                    yield number, line
    except (EOFError, zlib.error, gzip.BadGzipFile):
        problem = "the compressed file is damaged or incomplete; download it again"
        raise DatasetError(f"{path.name}, after line {number}: {problem}.") from None
    except UnicodeDecodeError as error:
        line_number = number + 1 + block.count(b"\n", 0, error.start)
        raise DatasetError(f"{path.name}, line {line_number}: the text is not UTF-8.") from None


def identifier(text: str, prefix: str) -> int:
    """The number in ``tt0133093`` or ``nm0000206``; raises ValueError."""
    digits = text[2:]
    if not (text.startswith(prefix) and _is_number(digits) and digits.strip("0")):
        raise ValueError(f"{_shown(text)} is not an id like {prefix}0000001")
    return int(digits)


def identifiers(text: str, prefix: str) -> list[int]:
    """The numbers in a comma-separated list of ids, none if unknown; raises ValueError."""
    if text in (UNKNOWN, ""):
        return []
    return [identifier(part, prefix) for part in text.split(",")]


def whole_number(text: str, what: str) -> int | None:
    """A whole number, None if unknown; raises ValueError."""
    if text == UNKNOWN:
        return None
    if not _is_number(text):
        raise ValueError(f"{_shown(text)} is not {what}")
    return int(text)


def year(text: str) -> int | None:
    """A year of four digits, None if unknown; raises ValueError."""
    if text != UNKNOWN and len(text) != 4:
        raise ValueError(f"{_shown(text)} is not a year")
    return whole_number(text, "a year")


def known(text: str) -> str | None:
    """The text, None if unknown or blank."""
    return None if text == UNKNOWN or not text.strip() else text


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")
