"""Movary's three tables."""

import pytest
from movietracker_plugins.movary.importer import MovaryImporter
from support.uploads import counts_of, rows_and_broken, rows_of, upload

from movietracker.plugin.importers import Importer
from movietracker.testing.importers import ImporterContract

MOVARY = MovaryImporter()
HISTORY = "title,year,tmdbId,imdbId,watchedAt,comment,location\n"
OLD_HISTORY = "title,year,tmdbId,imdbId,watchedAt,comment\n"
RATINGS = "title,year,tmdbId,imdbId,userRating\n"
WATCHLIST = "title,year,tmdbId,imdbId,addedAt\n"
HEAT = "Heat,1995,949,tt0113277"
RAN = "Ran,,11645,tt0089881"

EXPORT: dict[str, str | bytes] = {
    "history.csv": f"{HISTORY}{HEAT},2024-05-06,Loud,Cinema\n{RAN},,,\n",
    "ratings.csv": f"{RATINGS}{HEAT},9\n",
    "watchlist.csv": f"{WATCHLIST}{HEAT},2024-01-02 03:04:05\n",
}


def test_a_whole_export_is_counted() -> None:
    counts = {"titles": 2, "viewings": 2, "ratings": 1, "watchlist": 1, "reviews": 1}
    assert counts_of(MOVARY, EXPORT) == counts


@pytest.mark.parametrize("name", ["export-history-1-1717000000.csv", "x"])
@pytest.mark.parametrize("part", EXPORT)
def test_each_table_is_recognized_whatever_its_name(name: str, part: str) -> None:
    assert MOVARY.recognizes(upload({name: EXPORT[part]}))


def test_a_play_has_its_day_its_comment_and_ids() -> None:
    row, _ = rows_of(MOVARY, {"x": EXPORT["history.csv"]})
    assert (row.kind, row.title, row.year, row.tmdb_id, row.imdb_id) == ("movie", "Heat", 1995, 949, "tt0113277")
    assert (row.is_viewing, row.watched_on, row.watched_at, row.review) == (True, "2024-05-06", None, "Loud")


def test_a_play_without_a_day_is_undated_and_a_missing_year_stays_missing() -> None:
    _, row = rows_of(MOVARY, {"x": EXPORT["history.csv"]})
    assert (row.is_viewing, row.watched_on, row.year) == (True, None, None)


def test_a_play_is_the_same_after_a_spreadsheet_rewrote_its_day() -> None:
    plays = [rows_of(MOVARY, {"x": f"{HISTORY}{HEAT},{day},,\n"})[0] for day in ("2024-05-26", "5/26/2024", "26-05-24")]
    assert {(row.row_id, row.watched_on) for row in plays} == {(plays[0].row_id, "2024-05-26")}


def test_plays_of_one_day_are_several_and_undated_ones_are_one() -> None:
    table = OLD_HISTORY + f"{HEAT},2024-05-06,\n" * 2 + f"{RAN},,\n" * 2
    assert counts_of(MOVARY, {"x": table}) == {"titles": 2, "viewings": 3, "duplicates": 1}


def test_a_rating_is_the_present_one_and_no_viewing() -> None:
    (row,) = rows_of(MOVARY, {"x": EXPORT["ratings.csv"]})
    assert (row.rating, row.viewing_rating, row.is_viewing, row.status) == (9.0, None, False, "watched")


def test_a_title_both_seen_and_wanted_keeps_both() -> None:
    rows = [row for row in rows_of(MOVARY, EXPORT) if row.title == "Heat"]
    assert [row.status for row in rows] == ["watched", "watched", "toWatch"]
    assert rows[2].added_on == "2024-01-02"


def test_a_row_without_a_film_is_named_and_the_rest_is_read() -> None:
    rows, broken = rows_and_broken(MOVARY, {"x": f"{RATINGS},,,,9\n{HEAT},9\n"})
    assert ([row.title for row in rows], [each.where for each in broken]) == (["Heat"], ["x, line 2"])


class TestContract(ImporterContract):
    samples = (EXPORT, {"x": f"{OLD_HISTORY}{HEAT},2024-05-06,\n{HEAT},2024-05-06,\n"})

    @pytest.fixture
    def importer(self) -> Importer:
        return MOVARY
