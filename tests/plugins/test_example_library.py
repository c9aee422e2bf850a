"""The example library."""

from datetime import date, timedelta

import pytest
from movietracker_plugins.example_library.importer import ExampleImporter
from support.uploads import counts_of, rows_and_broken, rows_of

from movietracker.plugin.importers import Importer, ImportRow
from movietracker.services.people import QUICK_RECOMMENDERS
from movietracker.testing.importers import ImporterContract

EXAMPLE = ExampleImporter()
QUICK = {each["name"] for each in QUICK_RECOMMENDERS}
TODAY = "example until\n2026-01-31\n"


def test_it_has_something_of_everything_that_the_page_shows() -> None:
    counts = counts_of(EXAMPLE, {"x": TODAY})
    assert counts["people"] == 6 + 4, "friends and the quick recommenders"
    assert counts["titles"] == 48
    assert {"viewings", "ratings", "watchlist", "likes", "reviews", "lists"} <= counts.keys()
    assert "broken" not in counts


def test_it_is_of_the_two_years_before_the_day() -> None:
    viewed = sorted(row.watched_on for row in rows_of(EXAMPLE, {"x": TODAY}) if row.watched_on)
    assert "2024-02-01" <= viewed[0] < "2024-03-31"
    assert "2025-12-01" < viewed[-1] <= "2026-01-31"


def test_each_title_was_recommended_before_it_was_watched() -> None:
    for title in (row for row in rows_of(EXAMPLE, {"x": TODAY}) if not row.is_viewing):
        days = [row.watched_on for row in rows_of(EXAMPLE, {"x": TODAY}) if row.is_viewing and row.title == title.title]
        told = [date.fromtimestamp(each.told_at or 0).isoformat() for each in title.recommended_by]
        assert not days or min(told) <= min(filter(None, days)), title.title


def test_it_moves_with_the_day_and_its_rows_keep_their_ids() -> None:
    then, now = rows_of(EXAMPLE, {"x": TODAY}), rows_of(EXAMPLE, {"x": TODAY.replace("01-31", "02-07")})
    assert [row.row_id for row in then] == [row.row_id for row in now]
    moved = {date.fromisoformat(b.watched_on) - date.fromisoformat(a.watched_on) for a, b in zip(then, now, strict=True)
             if a.watched_on and b.watched_on}  # fmt: skip
    assert moved == {timedelta(7)}


def test_it_is_told_in_german_with_the_titles_that_the_catalog_knows() -> None:
    english, german = (rows_of(EXAMPLE, {"x": f"example until,language\n2026-01-31,{code}\n"}) for code in ("en", "de"))
    assert [row.title for row in english] == [row.title for row in german]
    assert counts_of(EXAMPLE, {"x": TODAY}) == counts_of(EXAMPLE, {"x": "example until,language\n2026-01-31,de\n"})
    same = {"Kurosawa", "Berlin", "Paris", "Anna", "Ben", "Clara", "Jonas", *QUICK}
    for row, other in zip(english, german, strict=True):
        for text, translated in zip(texts_of(row), texts_of(other), strict=True):
            assert (text == translated) is (text in same), text


@pytest.mark.parametrize("language", ["", "fr", "../secrets"])
def test_in_any_other_language_it_is_english(language: str) -> None:
    assert rows_of(EXAMPLE, {"x": f"example until,language\n2026-01-31,{language}\n"}) == rows_of(EXAMPLE, {"x": TODAY})


@pytest.mark.parametrize("day", ["tomorrow", "2026-02-30", "0001-01-01"])
def test_a_day_that_cannot_be_is_told(day: str) -> None:
    rows, broken = rows_and_broken(EXAMPLE, {"x": f"example until\n{day}\n"})
    assert [rows, [each.reason for each in broken]] == [[], ["example until is not a day like 2026-01-31"]]


def texts_of(row: ImportRow) -> list[str]:
    said = [text for each in row.recommended_by for text in (each.name, each.note)]
    place = row.list_place.name if row.list_place else None
    return [text for text in (*said, *row.tags, row.review, place) if text]


class TestContract(ImporterContract):
    samples = ({"example.csv": TODAY}, {"example.csv": "example until,language\n2026-01-31,de\n"})

    @pytest.fixture
    def importer(self) -> Importer:
        return ExampleImporter()
