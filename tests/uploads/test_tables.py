"""Tables as trackers, spreadsheets and accidents leave them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.uploads import member

from movietracker.uploads import decoding, tables
from movietracker.uploads.tables import TableOrder, TableRow, columns_of, leading_rows, read_dated_table, read_table
from movietracker.uploads.upload import BrokenRow


def rows(content: str | bytes, containing: tuple[str, ...] = ()) -> list[dict[str, str] | str]:
    """The cells of each row, or what is wrong with it and where."""
    read = read_table(member(content), containing)
    return [f"{row.where} {row.reason}" if isinstance(row, BrokenRow) else dict(row.cells) for row in read]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    assert rows(f"Title{delimiter}Date\nHeat{delimiter}1995\n") == [{"title": "Heat", "date": "1995"}]


@pytest.mark.parametrize(
    ("encoding", "read"),
    [("utf-8", "Amélie"), ("utf-8-sig", "Amélie"), ("utf-16", "Amélie"), ("cp1252", "Amélie")],
)
def test_the_encoding_is_found(encoding: str, read: str) -> None:
    content = "Title,Date\n" + "x,1\n" * 5_000 + "Amélie,2001\n"
    assert rows(content.encode(encoding))[-1] == {"title": read, "date": "2001"}


def test_utf_16_of_the_other_byte_order_is_read() -> None:
    assert rows(b"\xfe\xff" + "Title\nAmélie".encode("utf-16-be")) == [{"title": "Amélie"}]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_one(end: str) -> None:
    assert rows(f"a,b{end}1,2{end}\r\n3,4") == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]


def test_cells_may_have_line_breaks_and_quotes_and_rows_know_their_line() -> None:
    read = list(read_table(member('a,b\n"x\ny","say ""hi"""\n3,4\n')))
    assert [(row.line, dict(row.cells)) for row in read if isinstance(row, TableRow)] == [
        (2, {"a": "x\ny", "b": 'say "hi"'}),
        (4, {"a": "3", "b": "4"}),
    ]


def test_blanks_before_names_and_quotes_do_not_matter() -> None:
    assert rows('Score, Film Name\n80, "Good, Bad"\n') == [{"score": "80", "film name": "Good, Bad"}]


def test_rows_of_nothing_but_delimiters_are_skipped() -> None:
    assert rows("a;b\n" + ";;\n" * 470 + "1;2\n") == [{"a": "1", "b": "2"}]


def test_short_and_long_rows_are_taken_by_column() -> None:
    assert rows("a,b,,b\n1\n1,2,3,4,5\n") == [{"a": "1"}, {"a": "1", "b": "2", "": "4"}]


def test_markers_of_a_git_conflict_are_reported_and_both_sides_read() -> None:
    assert rows("a,b\n<<<<<<< HEAD\n1,2\n=======\n3,4\n>>>>>>> branch\n5,6\n") == [
        "file.csv, line 2 is a conflict marker of Git; the rows of both sides are read",
        {"a": "1", "b": "2"},
        "file.csv, line 4 is a conflict marker of Git; the rows of both sides are read",
        {"a": "3", "b": "4"},
        "file.csv, line 6 is a conflict marker of Git; the rows of both sides are read",
        {"a": "5", "b": "6"},
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("x" * 100_001, "has a cell of more than 100000 characters"),
        (",".join("x" * 1_001), "has more than 1000 columns"),
        ("x" * 200_000, "is not a row of a table (field larger than field limit (131072))"),
    ],
)
def test_a_row_beyond_the_limits_is_reported_and_the_rest_is_read(row: str, reason: str) -> None:
    assert rows(f"a,b\n{row}\n1,2\n") == [f"file.csv, line 2 {reason}", {"a": "1", "b": "2"}]


def test_a_line_without_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "MAX_LINE_LENGTH", 50)
    assert rows("a,b\n" + "x" * 175 + "\n1,2\n") == ["file.csv, line 2 is too long", {"a": "1", "b": "2"}]


def test_a_row_that_a_quote_keeps_open_ends_at_a_limit_and_the_rest_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_ROW_LENGTH", 30)
    endless = '"' + 'ab\n","' * 5
    assert rows(f"a,b\n{endless}\n1,2\n") == ["file.csv, line 2 is too long", {"a": "1", "b": "2"}]


def test_the_header_may_stand_below_other_rows() -> None:
    content = "About\nName,Tags\nBest,top\n\nPosition,Name\n1,Heat\n"
    assert columns_of(member(content)) == ("about",)
    assert columns_of(member(content), ("name", "position")) == ("position", "name")
    assert leading_rows(member(content), ("position",)) == [["About"], ["Name", "Tags"], ["Best", "top"], []]
    assert rows(content, ("position",)) == [{"position": "1", "name": "Heat"}]


def test_the_first_of_several_columns_that_is_not_empty_counts() -> None:
    (row,) = read_table(member("a,b,c\n,2,3\n"))
    assert isinstance(row, TableRow)
    assert (row.get("a", "b"), row.get("x"), row.get("x", "c")) == ("2", "", "3")


def test_the_order_of_dates_is_that_of_the_whole_table() -> None:
    table = member("Watched,Added\n03/04/2020,\n,25/12/2020\n")
    assert TableOrder(table, "watched", "added").read("03/04/2020") == "2020-04-03"
    assert not TableOrder(table, "watched").order.is_certain


def test_dates_that_a_spreadsheet_rewrote_have_the_year_first_again() -> None:
    table = member("Watched;Added\n03/04/2020;2020-04-05\n24/12/2020 20:15;\nunknown;\n99/99/2020;\n")
    rows = [row.cells for row in read_dated_table(table, "watched", "added") if isinstance(row, TableRow)]
    assert [row["watched"] for row in rows] == ["2020-04-03", "2020-12-24", "unknown", "99/99/2020"]
    assert rows[0]["added"] == "2020-04-05"


def test_a_row_is_doubtful_whose_day_depends_on_an_order_that_the_table_does_not_show() -> None:
    table = member("Watched,Added,Release date\n03/04/2020,,\n,03/04/2020,\n2020-03-04,,01/02/2003\n04/04/2020,,\n")
    rows = [row for row in read_dated_table(table, "watched", "added", "release date") if isinstance(row, TableRow)]
    assert [row.doubt is not None for row in rows] == [True, True, False, False]


@given(st.binary(max_size=300))
def test_any_bytes_are_rows_or_broken(content: bytes) -> None:
    columns_of(member(content))
    list(read_table(member(content)))


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r")), min_size=2, max_size=2)))
def test_what_is_quoted_is_read_as_it_was(cells: list[list[str]]) -> None:
    quoted = "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in cells)
    expected = [[cell.strip() for cell in row] for row in cells if any(cell.strip() for cell in row)]
    read = [row for row in rows("a,b\n" + quoted) if isinstance(row, dict)]
    assert [list(row.values()) for row in read if row["a"][:7] not in ("<" * 7, "=" * 7, ">" * 7)] == [
        row for row in expected if row[0][:7] not in ("<" * 7, "=" * 7, ">" * 7)
    ]
