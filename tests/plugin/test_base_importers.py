"""What importers inherit."""

from functools import partial

from support.uploads import upload

from movietracker.plugin.base_importers import Rows, TableImporter, row_of_each, rows_of_each
from movietracker.plugin.importers import ImportRow
from movietracker.uploads.tables import TableRow, read_table
from movietracker.uploads.upload import BrokenRow, Member

BROKEN = BrokenRow("line 2", "is too long")


class Diary(TableImporter):
    name = "diary"
    label = "My film diary"
    columns = frozenset({"film", "seen on"})

    def rows_of(self, member: Member) -> Rows:
        return row_of_each(read_table(member), partial(self.viewing, member))

    def viewing(self, member: Member, row: TableRow) -> ImportRow:
        return row_called(row.get("film"), member.at(row.line))


def row_called(title: str, where: str = "somewhere") -> ImportRow:
    return ImportRow(source="diary", row_id=title, where=where, title=title)


def test_a_table_is_recognized_by_its_columns_among_others() -> None:
    assert Diary().recognizes(upload({"other.csv": "Title\nRan\n", "x.csv": "Stars,Seen on,Film\n5,2024-05-06,Heat\n"}))
    assert not Diary().recognizes(upload({"x.csv": "Film\nHeat\n"}))


def test_rows_are_of_recognized_members_in_their_order() -> None:
    files = {"b.csv": "Film,Seen on\nRan,\n", "other.csv": "Title\nBrazil\n", "a.csv": "Film,Seen on\nHeat,\n"}
    rows = [row.where for row in Diary().rows(upload(files))]
    assert rows == ["b.csv, line 2", "a.csv, line 2"]


def test_one_row_is_made_of_each_record_that_could_be_read() -> None:
    assert list(row_of_each(["Heat", BROKEN, "Ran"], row_called)) == [row_called("Heat"), BROKEN, row_called("Ran")]


def test_any_number_of_rows_is_made_of_each_record_that_could_be_read() -> None:
    made = rows_of_each([["Heat", "Ran"], BROKEN, []], partial(map, row_called))
    assert list(made) == [row_called("Heat"), row_called("Ran"), BROKEN]
