"""The cells of exported files."""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from movietracker.exports.cells import Cell, csv_line, moment_text, whole_rating
from movietracker.formulas import original

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")) | st.text("'=+-@\t\r\n\" ,")


def cells(line: bytes) -> list[str]:
    (row,) = csv.reader(io.StringIO(line.decode(), newline=""), strict=True)
    return row


@given(st.lists(TEXTS, min_size=2))
def test_every_text_comes_back_and_none_is_a_formula(texts: list[str]) -> None:
    read = cells(csv_line(texts))
    assert [original(cell) for cell in read] == texts
    assert not [cell for cell in read if re.match("[=+\\-@\t\r\n]", cell)]


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**63))
def test_every_number_stays_a_number_and_comes_back_exactly(number: float) -> None:
    (cell, _) = cells(csv_line((number, None)))
    assert type(number)(cell) == number


@pytest.mark.parametrize(
    ("cell", "text"),
    [(None, ""), (True, "true"), (False, "false"), (8.0, "8"), (8.5, "8.5"), (-1.0, "-1"), (0, "0"), ("-1", "'-1")],
)
def test_a_cell_is_written_as_readers_expect(cell: Cell, text: str) -> None:
    assert csv_line((cell, 1)) == f"{text},1\r\n".encode()


def test_a_line_is_quoted_as_rfc_4180_says() -> None:
    assert csv_line(('a "b"', "c,d", "e\nf", "ä")) == '"a ""b""","c,d","e\nf",ä\r\n'.encode()


@pytest.mark.parametrize(
    ("rating", "whole"), [(None, None), (1.0, 1), (1.4, 1), (8.49, 8), (8.5, 9), (9.5, 10), (10.0, 10)]
)
def test_a_rating_becomes_the_nearest_whole_number(rating: float | None, whole: int | None) -> None:
    assert whole_rating(rating) == whole


@pytest.mark.parametrize(
    ("moment", "text"),
    [(0.0, "1970-01-01T00:00:00Z"), (1.7e9 + 0.9, "2023-11-14T22:13:20Z"), (-3e9, "1874-12-07T18:40:00Z")],
)
def test_a_time_is_in_utc(moment: float, text: str) -> None:
    assert moment_text(moment) == text
