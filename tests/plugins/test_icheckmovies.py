"""iCheckMovies's table."""

import pytest
from movietracker_plugins.icheckmovies.importer import ICheckMoviesImporter
from support.uploads import rows_of

from movietracker.plugin.importers import Importer
from movietracker.testing.importers import ImporterContract

ICHECKMOVIES = ICheckMoviesImporter()
TABLE = (
    "title,year,url,checkedcount,favouritecount,officialtoplistcount,usertoplistcount,akatitle,imdburl,checked,favorite,"
    "disliked,watchlist,owned\n"
    "Amélie,2001,u,9,9,9,9,Le fabuleux destin,http://www.imdb.com/title/tt0211915/,2014-06-21 10:00:00,yes,no,yes,no\n"
    "Ran,1985,u,9,9,9,9,,http://www.imdb.com/title/tt0089881/,yes,no,yes,no,no\n"
    "Heat,1995,u,9,9,9,9,,http://www.imdb.com/title/tt0113277/,no,no,no,yes,no\n"
)


def test_a_film_both_checked_and_wanted_is_both() -> None:
    wish, check, _, _ = rows_of(ICHECKMOVIES, {"x": TABLE})
    assert (wish.imdb_id, wish.status) == ("tt0211915", "toWatch")
    assert (check.status, check.liked, check.added_on, check.is_viewing) == ("watched", True, "2014-06-21", False)


def test_a_wish_is_not_seen_and_dislikes_are_kept() -> None:
    *_, ran, heat = rows_of(ICHECKMOVIES, {"x": TABLE})
    assert (ran.liked, ran.status) == (False, "watched")
    assert (heat.status, heat.liked) == ("toWatch", None)


@pytest.mark.parametrize("checked", ["10/24/2012 20:15", "24.10.2012 20:15", "2012-10-24", "Oct 24, 2012"])
def test_a_film_is_checked_however_a_spreadsheet_wrote_the_date(checked: str) -> None:
    _, check, _, _ = rows_of(ICHECKMOVIES, {"x": TABLE.replace("2014-06-21 10:00:00", f'"{checked}"')})
    assert (check.status, check.added_on) == ("watched", "2012-10-24")


def test_a_film_is_checked_by_whatever_does_not_say_no() -> None:
    _, check, _, _ = rows_of(ICHECKMOVIES, {"x": TABLE.replace("2014-06-21 10:00:00", "last summer")})
    assert (check.status, check.added_on) == ("watched", None)


def test_text_of_windows_is_read() -> None:
    rows = rows_of(ICHECKMOVIES, {"x": TABLE.encode("cp1252")})
    assert (rows[0].title, rows[0].original_title) == ("Amélie", "Le fabuleux destin")


class TestContract(ImporterContract):
    samples = ({"x.csv": TABLE},)

    @pytest.fixture
    def importer(self) -> Importer:
        return ICHECKMOVIES
