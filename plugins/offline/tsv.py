r"""Reads files in the format of IMDb's public datasets, a piece at a time.

The format (https://developer.imdb.com/non-commercial-datasets/): UTF-8, a line of column names, columns divided by
tabs, no quoting at all (a quote is part of the title), ``\N`` for unknown; plain or compressed with gzip.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

UNKNOWN = r"\N"

_PIECE = 1 << 20
_LONGEST_LINE = 1 << 20
# More than IMDb will need for long (ids have 8 digits now), and a bound for idset.py.
_MOST_DIGITS = 9


class DatasetError(Exception):
    """A dataset is missing or broken; the message is one plain sentence that names the file and the line."""


def find_file(folder: Path, name: str) -> Path | None:
    """The dataset file of this name, plain or compressed; the plain one when both are there."""
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            return path
    return None


def read_rows(
    path: Path, columns: tuple[str, ...], progress: Callable[[int], None] = lambda _: None
) -> Iterator[tuple[int, list[str]]]:
    """The line number and the columns of each line but the first, in bounded memory.

    ``columns`` are the names that the first line must begin with; more may follow. ``progress`` hears how many bytes
    of the file have been read, about once a megabyte. Raises DatasetError.
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
    number = 0
    rest = b""
    with _opened(path) as (raw, stream):
        while True:
            piece = _read_piece(path, stream, number)
            progress(raw.tell())
            end = piece.rfind(b"\n") + 1 if piece else 0
            block, rest = (rest + piece[:end], piece[end:]) if end else (b"", rest + piece)
            if not piece:
                block, rest = rest, b""
            if len(rest) > _LONGEST_LINE:
                raise DatasetError(f"{path.name}, line {number + 1 + block.count(10)}: the line is too long.")
            if block:
                for line in _decoded(path, block, number).removesuffix("\n").split("\n"):
                    number += 1
                    yield number, line
            if not piece:
                return


@contextmanager
def _opened(path: Path) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    with path.open("rb") as raw:
        if path.suffix == ".gz":
            with gzip.GzipFile(fileobj=raw) as stream:
                yield raw, stream  # type: ignore[misc]
        else:
            yield raw, raw


def _read_piece(path: Path, stream: IO[bytes], number: int) -> bytes:
    try:
        return stream.read(_PIECE)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise DatasetError(
            f"{path.name}, after line {number}: the compressed file is damaged or incomplete; download it again."
        ) from None


def _decoded(path: Path, block: bytes, number: int) -> str:
    try:
        return block.decode()
    except UnicodeDecodeError as error:
        line = number + 1 + block.count(b"\n", 0, error.start)
        raise DatasetError(f"{path.name}, line {line}: the text is not UTF-8.") from None


def identifier(text: str, prefix: str) -> int:
    """The number in ``tt0133093`` or ``nm0000206``; raises ValueError."""
    digits = text[2:]
    if not (text.startswith(prefix) and _is_number(digits) and digits.strip("0")):
        raise ValueError(f"{_shown(text)} is not an id like {prefix}0000001")
    return int(digits)


def identifiers(text: str, prefix: str) -> list[int]:
    """The numbers in a comma-separated list of ids, none when it is unknown; raises ValueError."""
    if text in (UNKNOWN, ""):
        return []
    return [identifier(part, prefix) for part in text.split(",")]


def whole_number(text: str, what: str) -> int | None:
    """A whole number, None when it is unknown; raises ValueError."""
    if text == UNKNOWN:
        return None
    if not _is_number(text):
        raise ValueError(f"{_shown(text)} is not {what}")
    return int(text)


def year(text: str) -> int | None:
    """A year of four digits, None when it is unknown; raises ValueError."""
    if text != UNKNOWN and len(text) != 4:
        raise ValueError(f"{_shown(text)} is not a year")
    return whole_number(text, "a year")


def known(text: str) -> str | None:
    """The text, None when it is unknown or blank."""
    return None if text == UNKNOWN or not text.strip() else text


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")
