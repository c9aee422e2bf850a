"""Turning rows into files and archives."""

import io
import zipfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.exports import files_in

from movietracker.exports.cells import Sheet, csv_line
from movietracker.exports.writing import BUFFER_BYTES, Limits, SheetWriter, write_archive

FILMS, PEOPLE = Sheet("films-1", ("name", "number")), Sheet("people", ("name",))


def contents(sheets: SheetWriter) -> dict[str, bytes]:
    """The content of each file, whose size is the one that is given."""
    found = {}
    for name, size, content in sheets.files():
        found[name] = b"".join(content)
        assert len(found[name]) == size
    return found


@given(st.lists(st.tuples(st.booleans(), st.text(st.characters(exclude_categories=["Cs"]), max_size=3))))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rows_of_sheets_that_take_turns_stay_in_order(tmp_path: Path, rows: list[tuple[bool, str]]) -> None:
    with SheetWriter(tmp_path, Limits(rows=2, size=10**6)) as sheets:
        for is_film, name in rows:
            sheets.write(FILMS, (name, 1)) if is_film else sheets.write(PEOPLE, (name,))
        found = contents(sheets)
    for sheet, is_film, more in ((FILMS, True, (1,)), (PEOPLE, False, ())):
        lines = [csv_line((name, *more)) for of_film, name in rows if of_film is is_film]
        pairs = [b"".join(lines[at : at + 2]) for at in range(0, len(lines), 2)]
        files = [content for name, content in found.items() if name.startswith(sheet.name[:5])]
        assert files == [csv_line(sheet.columns) + pair for pair in pairs]


def test_many_rows_come_out_as_they_went_in(tmp_path: Path) -> None:
    names = [f"{number:09}" * 20 for number in range(BUFFER_BYTES // 20)]
    with SheetWriter(tmp_path) as sheets:
        for name in names:
            sheets.write(PEOPLE, (name,))
            sheets.write(FILMS, (name, 1))
        found = contents(sheets)
    assert found["people.csv"].decode().splitlines() == ["name", *names]
    assert found["films-1.csv"].decode().splitlines() == ["name,number", *(f"{name},1" for name in names)]


def test_a_file_has_so_many_rows_and_bytes_at_most_and_further_ones_have_numbers(tmp_path: Path) -> None:
    with SheetWriter(tmp_path, Limits(rows=3, size=100)) as sheets:
        for number in range(7):
            sheets.write(FILMS, ("x", number))
        for name in ("a" * 40, "b" * 50, "c" * 200, "d"):
            sheets.write(PEOPLE, (name,))
        found = contents(sheets)
    names = ("films-1", "films-2", "films-3", "people", "people-2", "people-3")
    assert list(found) == [f"{name}.csv" for name in names]
    assert found["films-3.csv"] == b"name,number\r\nx,6\r\n"
    assert [len(found[name]) for name in ("people.csv", "people-2.csv", "people-3.csv")] == [100, 208, 9]


def test_a_sheet_without_rows_has_its_header(tmp_path: Path) -> None:
    with SheetWriter(tmp_path) as sheets:
        sheets.begin(FILMS)
        assert contents(sheets) == {"films-1.csv": b"name,number\r\n"}


def test_an_archive_of_the_same_rows_is_the_same_and_its_files_are_readable_by_others_alone(tmp_path: Path) -> None:
    archives = []
    for _ in range(2):
        out = io.BytesIO()
        with SheetWriter(tmp_path) as sheets:
            sheets.write(FILMS, ("Heat", 1))
            write_archive(sheets, "Read me.\n", out)
        archives.append(out.getvalue())
    assert archives[0] == archives[1]
    assert files_in(archives[0]) == {"README.txt": b"Read me.\r\n", "films-1.csv": b"name,number\r\nHeat,1\r\n"}
    with zipfile.ZipFile(io.BytesIO(archives[0])) as archive:
        assert {each.date_time for each in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {each.external_attr >> 16 for each in archive.infolist()} == {0o644}
