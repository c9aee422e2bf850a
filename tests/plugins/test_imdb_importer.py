"""IMDb's exports, with the headers of all years."""

import pytest
from movietracker_plugins.imdb.importer import ImdbImporter
from support.uploads import counts_of, rows_and_broken, rows_of, upload

from movietracker.plugin.importers import Importer, ImportRow, ListPlace
from movietracker.testing.importers import ImporterContract

IMDB = ImdbImporter()

TAIL = "Title Type,IMDb Rating,Runtime (mins),Year,Genres,Num Votes,Release Date,Directors"
HEAT = 'https://www.imdb.com/title/tt0113277,Movie,8.3,170,1995,"Crime, Drama",700000,1995-12-15,Michael Mann'
RATINGS = f"Const,Your Rating,Date Rated,Title,Original Title,URL,{TAIL}\ntt0113277,9,2021-02-27,Heat,Heat,{HEAT}\n"
RATINGS_BEFORE = f"Const,Your Rating,Date Rated,Title,URL,{TAIL}\ntt0113277,9,2021-02-27,Heat,{HEAT}\n"
LIST_HEADER = f"Position,Const,Created,Modified,Description,Title,Original Title,URL,{TAIL},Your Rating,Date Rated\n"
LIST = f"{LIST_HEADER}1,tt0113277,2020-01-01,2020-01-02,,Heat,Heat,{HEAT},,\n"
LIST_OF_2022 = (
    f"Position,Const,Created,Modified,Description,Title,URL,{TAIL}\n"
    + f"1,tt0113277,2020-01-01,2020-01-02,,Heat,{HEAT}\n"
)
OF_2017 = "Const,Your Rating,Date Added,Title,Title Type,Year\ntt0113277,9,2017-10-01,Heat,movie,1995\n"
OLDEST = (
    '"position","const","created","modified","description","Title","Title type","Directors","You rated","IMDb Rating",'
    '"Runtime (mins)","Year","Genres","Num. Votes","Release Date (month/day/year)","URL"\n'
    '"1","tt0113277","Wed Oct 24 10:33:43 2012","","","Heat","Feature Film","Michael Mann","9","8.3","170","1995",'
    '"crime","300000","1995-12-15","http://www.imdb.com/title/tt0113277/"\n'
)


def only(content: str, name: str = "watchlist.csv") -> ImportRow:
    (row,) = rows_of(IMDB, {name: content})
    return row


@pytest.mark.parametrize("content", [RATINGS, RATINGS_BEFORE, LIST, LIST_OF_2022, OF_2017, OLDEST])
def test_every_header_is_recognized_and_read_by_name(content: str) -> None:
    assert IMDB.recognizes(upload({"x": content}))
    row = only(content)
    assert (row.imdb_id, row.title, row.year, row.kind) == ("tt0113277", "Heat", 1995, "movie")


def test_a_rating_says_that_a_title_was_seen_and_not_when() -> None:
    row = only(RATINGS)
    assert (row.rating, row.status, row.added_on) == (9.0, "watched", "2021-02-27")
    assert (row.is_viewing, row.watched_on) == (False, None)


def test_ratings_and_lists_are_told_apart_by_position_whatever_they_are_called() -> None:
    assert only(RATINGS, "watchlist.csv").status == "watched"
    assert only(LIST, "ratings.csv").status == "toWatch"


def test_a_wish_that_is_rated_keeps_both() -> None:
    row = only(LIST.replace(",,\n", ",7,2021-01-01\n"))
    assert (row.status, row.rating) == ("toWatch", 7.0)


def test_a_list_with_its_number_is_a_list_with_an_order() -> None:
    row = only(LIST.replace(",,\n", ",7,2021-01-01\n"), "ls012345678.csv")
    assert (row.list_place, row.status) == (ListPlace("ls012345678", 1), "watched")
    assert only(LIST, "ls012345678.csv").status is None


@pytest.mark.parametrize("name", ["Rainy Sundays", "Top 10 - 2020", "ls0000001 - Best"])
def test_a_list_has_the_name_behind_its_number(name: str) -> None:
    assert only(LIST, f"lists/ls000001 - {name}.csv").list_place == ListPlace(name, 1)


def test_a_list_that_could_be_any_is_taken_for_the_watchlist_and_needs_review() -> None:
    assert only(LIST, "0a1b2c3d.csv").needs_review is not None
    assert only(LIST, "WATCHLIST.csv").needs_review is None


@pytest.mark.parametrize("const", ["0113277", "113277", "tt113277"])
def test_an_id_may_lack_its_letters_or_noughts(const: str) -> None:
    assert only(LIST.replace("1,tt0113277", f"1,{const}")).imdb_id == "tt0113277"


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("tvMovie", "movie"),
        ("TV Mini Series", "tv"),
        ("Mini serie TV", "tv"),
        ("Corto", "movie"),
        ("Documentary", "movie"),
    ],
)
def test_kinds_are_read_in_the_words_of_all_years_and_in_italian(word: str, kind: str) -> None:
    assert only(RATINGS.replace(",Movie,", f",{word},")).kind == kind


def test_episodes_and_games_are_no_titles_of_a_library() -> None:
    content = RATINGS + RATINGS.splitlines()[1].replace("Movie", "Episodio de TV").replace("tt0113277", "tt0959621")
    content += "\n" + RATINGS.splitlines()[1].replace("Movie", "Video Game").replace("tt0113277", "tt2103188")
    assert counts_of(IMDB, {"ratings.csv": content}) == {"titles": 1, "ratings": 1, "episodes": 1}


def test_a_kind_in_an_unknown_word_is_for_the_user_to_look_at() -> None:
    assert only(RATINGS.replace(",Movie,", ",Bölüm,")).needs_review == "its kind, Bölüm, is not known"
    assert only(LIST.replace(",Movie,", ",Bölüm,")).needs_review == "its kind, Bölüm, is not known"
    assert only(RATINGS.replace(",Movie,", ",,")).needs_review is None


def test_the_oldest_dates_have_names_of_days_and_months() -> None:
    assert only(OLDEST).added_on == "2012-10-24"


def test_american_dates_of_a_spreadsheet_are_read_by_the_whole_file() -> None:
    line = RATINGS.splitlines()[1]
    content = RATINGS.replace("2021-02-27", "10/11/2012") + line.replace("tt0113277", "tt0089881").replace(
        "2021-02-27", "10/24/2012"
    )
    assert [row.added_on for row in rows_of(IMDB, {"ratings.csv": content})] == ["2012-10-11", "2012-10-24"]


def test_a_file_in_windows_1252_is_read() -> None:
    content = RATINGS.replace("Heat,Heat", "Amélie,Amélie").encode("cp1252")
    (row,) = rows_of(IMDB, {"ratings.csv": content})
    assert row.title == "Amélie"


def test_the_description_may_say_who_recommended_it() -> None:
    row = only(LIST.replace("2020-01-02,,", "2020-01-02,recommended by Uncle Bob,"))
    assert [person.name for person in row.recommended_by] == ["Uncle Bob"]


def test_the_same_title_twice_in_a_list_is_a_duplicate() -> None:
    assert counts_of(IMDB, {"watchlist.csv": LIST + LIST.splitlines()[1]}) == {
        "titles": 1,
        "watchlist": 1,
        "duplicates": 1,
    }


def test_ratings_and_the_watchlist_are_one_import() -> None:
    assert counts_of(IMDB, {"a.csv": LIST, "b.csv": RATINGS}) == {"titles": 1, "ratings": 1, "watchlist": 1}


def test_a_row_without_id_and_title_is_broken() -> None:
    _, broken = rows_and_broken(IMDB, {"ratings.csv": RATINGS + ",7,2021-01-01,,,,Movie\n"})
    assert [(each.where, each.reason) for each in broken] == [("ratings.csv, line 3", "has neither a title nor an id")]


class TestContract(ImporterContract):
    samples = ({"x.csv": RATINGS}, {"x.csv": RATINGS_BEFORE}, {"x.csv": LIST}, {"x.csv": OF_2017}, {"x.csv": OLDEST})

    @pytest.fixture
    def importer(self) -> Importer:
        return IMDB
