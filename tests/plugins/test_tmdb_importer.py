"""TMDB's CSV of ratings and of the watchlist."""

import pytest
from movietracker_plugins.tmdb.importer import TmdbImporter
from support.uploads import counts_of, rows_and_broken, rows_of

from movietracker.plugin.importers import Importer, ImportRow
from movietracker.testing.importers import ImporterContract

TMDB = TmdbImporter()
HEADER = "TMDb ID,IMDb ID,Type,Name,Release Date,Season Number,Episode Number,Rating,Your Rating,Date Rated\n"
RATED = "949,tt0113277,movie,Heat,1995-12-15T00:00:00Z,,,7.9,9,2023-05-02T09:29:50Z\n"
HALF = "4607,tt0411008,tv,Lost,2004-09-22T00:00:00Z,,,7.9,8.5,2023-05-02T09:29:50Z\n"
EPISODE = "62085,tt0636289,tv,Lost S1E1,2004-09-22T00:00:00Z,1,1,8.1,8,2023-01-07T16:35:52Z\n"
WANTED = "11645,tt0089881,movie,Ran,1985-06-01T00:00:00Z,,,8.1,,\n"


def only(line: str) -> ImportRow:
    (row,) = rows_of(TMDB, {"x.csv": HEADER + line})
    return row


def test_ratings_and_a_watchlist_are_counted() -> None:
    files: dict[str, str | bytes] = {"ratings.csv": HEADER + RATED + HALF + EPISODE, "watchlist.csv": HEADER + WANTED}
    assert counts_of(TMDB, files) == {"titles": 3, "ratings": 2, "watchlist": 1, "episodes": 1}


def test_a_rating_says_that_a_title_was_seen_and_not_when() -> None:
    row = only(RATED)
    assert (row.kind, row.title, row.year, row.tmdb_id, row.imdb_id) == ("movie", "Heat", 1995, 949, "tt0113277")
    assert (row.rating, row.status, row.is_viewing) == (9.0, "watched", False)
    assert (row.added_on, row.watched_on, row.watched_at) == ("2023-05-02", None, None)


def test_dates_that_a_spreadsheet_rewrote_are_the_same_dates() -> None:
    row = only("949,tt0113277,movie,Heat,12/15/1995,,,8.2,9,5/2/2023\n")
    assert (row.year, row.added_on) == (1995, "2023-05-02")


def test_half_ratings_of_series_stay_exact() -> None:
    row = only(HALF)
    assert (row.kind, row.rating) == ("tv", 8.5)


def test_a_title_without_a_rating_is_wanted() -> None:
    row = only(WANTED)
    assert (row.status, row.rating, row.is_viewing) == ("toWatch", None, False)


def test_an_episode_is_no_title() -> None:
    assert only(EPISODE).kind == "episode"


def test_a_title_both_rated_and_wanted_keeps_both() -> None:
    wanted = RATED.replace(",9,2023-05-02T09:29:50Z", ",,")
    assert counts_of(TMDB, {"a": HEADER + RATED, "b": HEADER + wanted}) == {"titles": 1, "ratings": 1, "watchlist": 1}


def test_a_line_without_a_title_is_named_and_the_rest_is_read() -> None:
    rows, broken = rows_and_broken(TMDB, {"x": HEADER + ",,movie,,,,,,9,\n" + RATED})
    assert ([row.title for row in rows], [each.where for each in broken]) == (["Heat"], ["x, line 2"])


class TestContract(ImporterContract):
    samples = ({"ratings.csv": HEADER + RATED + HALF}, {"watchlist.csv": HEADER + WANTED})

    @pytest.fixture
    def importer(self) -> Importer:
        return TMDB
