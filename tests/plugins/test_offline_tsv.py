"""Reading dataset files: what was written comes back, and what is broken is named."""

import gzip
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from movietracker_plugins.offline import tsv
from movietracker_plugins.offline.tsv import DatasetError, find_file, identifier, identifiers, read_rows, whole_number

COLUMNS = ("tconst", "title")

cell = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\t\n"))


def rows_of(data: bytes, name: str = "title.basics.tsv") -> list[tuple[int, list[str]]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return list(read_rows(path, COLUMNS))


@given(st.lists(st.tuples(cell, cell)), st.booleans(), st.booleans())
@settings(deadline=None)
def test_written_rows_are_read_back(rows: list[tuple[str, str]], compress: bool, last_newline: bool) -> None:
    text = "\n".join("\t".join(row) for row in [COLUMNS, *rows]) + ("\n" if last_newline else "")
    read = rows_of(text.encode(), "title.basics.tsv.gz" if compress else "title.basics.tsv")
    assert read == [(number, list(row)) for number, row in enumerate(rows, start=2)]


@given(st.binary(), st.booleans())
@settings(deadline=None)
def test_any_bytes_are_read_or_refused_with_a_sentence(data: bytes, with_header: bool) -> None:
    refusal = refusal_of((b"tconst\ttitle\n" if with_header else b"") + data)
    assert refusal is None or refusal.startswith("title.basics.tsv, line ")


def refusal_of(data: bytes) -> str | None:
    try:
        rows_of(data)
    except DatasetError as error:
        return str(error)
    return None


def test_pieces_end_at_the_end_of_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tsv, "_PIECE", 7)
    assert rows_of(b"tconst\ttitle\ntt1\tA long title indeed\ntt2\tB\n") == [
        (2, ["tt1", "A long title indeed"]),
        (3, ["tt2", "B"]),
    ]


def test_a_line_without_end_is_refused_before_it_fills_the_memory() -> None:
    with pytest.raises(DatasetError, match=r"line 3: the line is too long"):
        rows_of(b"tconst\ttitle\ntt1\tA\n" + b"x" * (3 << 20))


def test_quotes_are_part_of_the_title() -> None:
    assert rows_of(b'tconst\ttitle\ntt1\t"Crocodile" Dundee\n') == [(2, ["tt1", '"Crocodile" Dundee'])]


def test_columns_that_were_added_later_do_no_harm() -> None:
    assert rows_of(b"tconst\ttitle\tnew\ntt1\tA\t1\n") == [(2, ["tt1", "A", "1"])]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "line 1: the columns should be tconst, title"),
        (b"<html>not found</html>", "line 1: the columns should be"),
        (b"\xef\xbb\xbftconst\ttitle\n", "line 1: the columns should be"),
        (b"tconst\ttitle\ntt1\tA\ntt2\n", "line 3: there should be 2 columns, not 1"),
        (b"tconst\ttitle\ntt1\tA\tB\n", "line 2: there should be 2 columns, not 3"),
        (b"tconst\ttitle\ntt1\tA\ntt2\tcaf\xe9\n", "line 3: the text is not UTF-8"),
        (b"PK\x03\x04\xff\xfe", "line 1: the text is not UTF-8"),
    ],
)
def test_a_broken_file_is_named_with_its_line(data: bytes, message: str) -> None:
    with pytest.raises(DatasetError, match=message) as caught:
        rows_of(data)
    assert str(caught.value).startswith("title.basics.tsv, ")


@pytest.mark.parametrize("end", [0, 1, 12, 2000, -9, -1])
def test_a_truncated_or_uncompressed_gz_file_is_reported_as_damaged(tmp_path: Path, end: int) -> None:
    path = tmp_path / "title.basics.tsv.gz"
    lines = "".join(f"tt{number}\tA title that is number {number * 7919 % 10007}\n" for number in range(50_000))
    text = f"tconst\ttitle\n{lines}".encode()
    path.write_bytes(gzip.compress(text)[:end] or text)
    with pytest.raises(DatasetError, match=r"^title\.basics\.tsv\.gz, after line .*damaged or incomplete"):
        list(read_rows(path, COLUMNS))


def test_the_plain_file_is_taken_when_both_are_there(tmp_path: Path) -> None:
    assert find_file(tmp_path, "a.tsv") is None
    (tmp_path / "a.tsv.gz").touch()
    assert find_file(tmp_path, "a.tsv") == tmp_path / "a.tsv.gz"
    (tmp_path / "a.tsv").touch()
    assert find_file(tmp_path, "a.tsv") == tmp_path / "a.tsv"


def test_progress_ends_at_the_size_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "title.basics.tsv.gz"
    path.write_bytes(gzip.compress(b"tconst\ttitle\n" + b"tt1\tA\n" * 500_000))
    heard: list[int] = []
    list(read_rows(path, COLUMNS, heard.append))
    assert heard == sorted(heard)
    assert heard[-1] == path.stat().st_size


def test_ids_and_numbers_are_read() -> None:
    assert identifier("tt0133093", "tt") == 133093
    assert identifiers("nm0905154,nm0905152", "nm") == [905154, 905152]
    assert identifiers(r"\N", "nm") == []
    assert whole_number("136", "a number") == 136
    assert whole_number(r"\N", "a number") is None
    assert tsv.year("1999") == 1999


@pytest.mark.parametrize(
    ("read", "texts", "message"),
    [
        (
            lambda text: identifier(text, "tt"),
            ["", "tt", "nm0000206", "tt-1", "tt0000000", "tt12x", "tt١٢", "tt" + "9" * 30, "133093"],
            "is not an id like tt0000001",
        ),
        (
            lambda text: whole_number(text, "a number of minutes"),
            ["", "x", "-1", "1.5", "1e3", "²", "9" * 30],
            "is not a number of minutes",
        ),
        (tsv.year, ["99", "19999", "abcd", ""], "is not a year"),
    ],
    ids=["id", "number", "year"],
)
def test_an_invalid_id_number_or_year_is_refused(read: Callable[[str], object], texts: list[str], message: str) -> None:
    for text in texts:
        with pytest.raises(ValueError, match=message):
            read(text)
