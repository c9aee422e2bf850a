"""The rows of a job in the database: what is kept of them, and how many are read together."""

from collections.abc import Sequence

import orjson
import pytest
from sqlalchemy import Connection, Table
from support.imports import Row, choose, preview, tools, upload, work

from movietracker.imports import jobs
from movietracker.imports import preview as reading
from movietracker.imports import rows as stored
from movietracker.imports.rows import MAX_PARTS, MAX_TEXT_LENGTH, dumped, leading_rows, loaded, page_of_rows
from movietracker.imports.running import work_on
from movietracker.phrases import phrase
from movietracker.plugin.importers import ImportRow, Recommender
from movietracker.services.accounts import Account
from movietracker.services.movies.viewings import MAX_VIEWINGS


def seen(number: int, times: int, **more: object) -> list[Row]:
    """Rows of one title, each a viewing of its own."""
    said = {"imdb_id": f"tt{number:07}", "title": f"Film {number}", "is_viewing": True, **more}
    return [{"row_id": f"{number}:{at}", "viewing_id": f"{number}:{at}", **said} for at in range(times)]


def test_a_row_is_what_it_was() -> None:
    row = ImportRow(
        source="x",
        row_id="1",
        where="here",
        title="Ran",
        tags=("a", "b"),
        recommended_by=(Recommender("Ann", "by Ann"),),
    )
    assert loaded(dumped(row)) == row


def test_a_row_with_a_coded_phrase_is_what_it_was() -> None:
    row = ImportRow(source="x", row_id="1", where="here", title="Ran", needs_review=phrase("begun"))
    assert loaded(dumped(row)) == row


def test_of_a_text_is_kept_what_a_library_takes_and_a_character_more() -> None:
    said = Recommender("Ann", "x" * 99_999)
    row = ImportRow(source="x", row_id="1", where="", review="x" * 99_999, tags=("y",) * 999, recommended_by=(said,))
    kept = loaded(dumped(row))
    assert kept.review is not None
    assert (len(kept.review), len(kept.tags)) == (MAX_TEXT_LENGTH, MAX_PARTS)
    assert len(kept.recommended_by[0].written_as) == MAX_TEXT_LENGTH


def test_titles_are_read_together_as_far_as_their_rows_fit(anna: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    job = preview(anna, *seen(1, 2), *seen(2, 2), *seen(3, 2))
    size = sum(1024 + len(orjson.dumps(row.said)) for row in page_of_rows(job, (), -1, 6)) // 3
    monkeypatch.setattr(stored, "BYTES_AT_ONCE", size * 2 + 100)
    found = leading_rows(job, {"a": [1], "b": [0], "c": [2]}).rows
    assert {key: len(rows) for key, rows in found.items()} == {"a": 2, "b": 2}


def test_of_a_title_of_too_many_rows_the_first_count(anna: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    job = preview(anna, *seen(1, 1), *seen(2, 9), *seen(3, 1))
    monkeypatch.setattr(stored, "BYTES_AT_ONCE", 5_000)
    report = work(jobs.confirm(anna.id, choose(job).id)).report
    assert (report["titles_added"], report["viewings"] + report["rows_left_out"]) == (3, 11)
    assert 0 < report["rows_left_out"] < 9


def test_as_many_rows_of_a_title_are_read_as_it_can_have_viewings(anna: Account) -> None:
    job = preview(anna, *seen(1, MAX_VIEWINGS, review="x" * MAX_TEXT_LENGTH))
    rows, left_out = leading_rows(job, {1: [0]})
    assert (len(rows[1]), left_out) == (MAX_VIEWINGS, 0)


def test_rows_are_written_before_they_take_much_memory(anna: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "CHARACTERS_AT_ONCE", 1)
    written = []
    insert = reading.insert_rows

    def watched(
        connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[object, ...]]
    ) -> None:
        written.append((table.name, len(rows)))
        insert(connection, table, columns, rows)

    monkeypatch.setattr(reading, "insert_rows", watched)
    preview(anna, *seen(1, 3))
    assert [count for name, count in written if name == "import_rows"] == [1, 1, 1, 0]


def test_titles_with_ids_are_matched_as_they_are_read(anna: Account) -> None:
    job = upload(anna, [*seen(1, 2), {"row_id": "x", "title": "Ran", "imdb_id": None}])
    work_on(job, tools(), lambda now: now.state == "reading")
    read = jobs.get_job(anna.id, job.id)
    assert (read.state, read.done, read.total) == ("matching", 1, 2)
