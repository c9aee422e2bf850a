"""The viewing history of Netflix in the forms of its countries, and the full archive."""

import pytest
from movietracker_plugins.netflix.importer import NetflixImporter
from support.uploads import counts_of, rows_and_broken, rows_of, upload

from movietracker.phrases import phrase
from movietracker.plugin.importers import Importer
from movietracker.testing.importers import ImporterContract

NETFLIX = NetflixImporter()
HISTORY = "Title,Date\nHeat,12/31/20\nRan,12/30/20\n"
ACTIVITY = (
    "Profile Name,Start Time,Duration,Attributes,Title,Supplemental Video Type,Device Type,Bookmark,Latest Bookmark,"
    "Country\nAnna,2020-12-31 23:30:00,01:00:00,,Heat,,TV,01:00:00,01:00:00,DE\n"
    "Anna,2020-12-30 20:00:00,00:00:30,,Ran_hook_primary,HOOK,TV,00:00:30,00:00:30,DE\n"
)
RATINGS = (
    "Profile Name,Title Name,Rating Type,Star Value,Thumbs Value,Event Utc Ts\nAnna,Heat,thumb,,2,2020-01-01 00:00:00\n"
)
WISHES = "Profile Name,Title Name,Country,Utc Title Add Date\nAnna,Ran,DE,2020-01-01\n"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("12/31/20", "1/2/20"),
        ("31/12/20", "02/01/20"),
        ("31/12/2020", "02/01/2020"),
        ("31.12.2020", "02.01.2020"),
        ("31.12.2020", "2.1.2020"),
        ("31-12-20", "02-01-20"),
        ("2020-12-31", "2020-01-02"),
        ("2020/12/31", "2020/01/02"),
        ("12/31/2020", "1/2/2020"),
    ],
)
def test_the_order_of_days_and_months_is_decided_by_the_whole_file(first: str, second: str) -> None:
    rows = rows_of(NETFLIX, {"x": f"Title,Date\nHeat,{first}\nRan,{second}\n"})
    assert [row.watched_on for row in rows] == ["2020-12-31", "2020-01-02"]


def test_a_day_whose_order_the_file_does_not_show_needs_review_for_one_reason() -> None:
    rows = rows_of(NETFLIX, {"x": "Title,Date\nHeat,03/04/2021\nRan,05/05/2021\nIris,05/06/2021\n"})
    assert [row.watched_on for row in rows] == ["2021-03-04", "2021-05-05", "2021-05-06"]
    assert [row.needs_review for row in rows] == [phrase("taken_for_month_first"), None, rows[0].needs_review]


def test_that_the_newest_comes_first_decides_where_both_orders_fit() -> None:
    rows = rows_of(NETFLIX, {"x": "Title,Date\nA,5/1/20\nB,4/9/20\nC,4/2/20\n"})
    assert [row.watched_on for row in rows] == ["2020-05-01", "2020-04-09", "2020-04-02"]


@pytest.mark.parametrize(
    "text",
    ["Date,Title\n2020-01-02,Heat\n", "Title;Date\nHeat;2020-01-02\n", "Title;;Date;;\nHeat;;2020-01-02;;\n;;;;\n"],
)
def test_columns_can_stand_in_any_order_and_come_from_a_spreadsheet(text: str) -> None:
    (row,) = rows_of(NETFLIX, {"x": text})
    assert (row.title, row.watched_on, row.is_viewing, row.status) == ("Heat", "2020-01-02", True, "watched")


@pytest.mark.parametrize(
    "title",
    [
        "Dark: Staffel 1: Geheimnisse",
        "Dark: Season 1: Secrets",
        "Lupin: Partie 2: Chapitre 6",
        "Elite: Temporada 1: Uno",
        "Dark: Geheimnisse (Episode 1)",
    ],
)
def test_episodes_are_counted_and_are_no_titles(title: str) -> None:
    assert counts_of(NETFLIX, {"x": f'Title,Date\n"{title}",2020-01-02\n'}) == {"episodes": 1}


@pytest.mark.parametrize("title", ["Thor: Ragnarok", "Heat", "Mission: Impossible - Fallout"])
def test_a_film_with_a_colon_is_no_episode(title: str) -> None:
    (row,) = rows_of(NETFLIX, {"x": f"Title,Date\n{title},2020-01-02\n"})
    assert (row.kind, row.needs_review) == (None, None)


def test_what_may_be_an_episode_is_for_the_user_to_look_at() -> None:
    (row,) = rows_of(NETFLIX, {"x": "Title,Date\nThe Crown: Gloriana: Part,2020-01-02\n"})
    assert row.needs_review == "may be an episode"


def test_equal_rows_are_several_viewings_and_a_row_without_a_title_is_named() -> None:
    rows, broken = rows_and_broken(NETFLIX, {"x": "Title,Date\nHeat,2020-01-02\nHeat,2020-01-02\n,2020-01-03\n"})
    assert len({row.row_id for row in rows}) == 2
    assert [each.where for each in broken] == ["x, line 4"]


def test_rows_behind_an_open_quotation_mark_do_not_vanish_without_a_word() -> None:
    rows, broken = rows_and_broken(NETFLIX, {"x": 'Title,Date\nHeat,2020-01-02\n"Ran,2020-01-02\nAlien,2020-01-03\n'})
    assert [row.title for row in rows] == ["Heat"]
    assert [each.where for each in broken] == ["x, line 3"]


def test_the_archive_holds_viewings_ratings_and_wishes() -> None:
    seen, hook, rated, wished = rows_of(NETFLIX, {"a/V.csv": ACTIVITY, "a/R.csv": RATINGS, "a/M.csv": WISHES})
    assert (seen.title, seen.watched_on, seen.needs_review) == ("Heat", "2020-12-31", None)
    assert hook.kind == "other"
    assert (rated.liked, rated.rating, rated.is_viewing) == (True, None, False)
    assert (wished.title, wished.status) == ("Ran", "toWatch")


@pytest.mark.parametrize(
    ("stars", "thumbs", "rating", "liked"),
    [("4", "2", 8.0, None), ("", "1", None, False), ("", "2", None, True), ("", "3", None, True)],
)
def test_stars_count_before_the_thumbs_that_netflix_made_of_them(
    stars: str, thumbs: str, rating: float | None, liked: bool | None
) -> None:
    (row,) = rows_of(NETFLIX, {"r": RATINGS.replace("thumb,,2", f"x,{stars},{thumbs}")})
    assert (row.rating, row.liked, row.status) == (rating, liked, "watched")


@pytest.mark.parametrize(("stars", "thumbs"), [("0", ""), ("-1", "1"), ("-2", ""), ("", "0"), ("", "")])
def test_what_was_taken_back_or_is_no_opinion_is_left_out(stars: str, thumbs: str) -> None:
    assert rows_of(NETFLIX, {"r": RATINGS.replace("thumb,,2", f"x,{stars},{thumbs}")}) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (",Heat,,TV,01:00:00,01:00:00", ",Heat,,TV,01:00:00,Not latest view"),
        (",,Heat,", ",Autoplayed: user action: None; ,Heat,"),
        (",Heat,", ",Clip: Heat,"),
        (",Heat,", ",Heat (Official Trailer),"),
        (",Heat,", ",Heat_hook_primary,"),
    ],
)
def test_what_began_by_itself_or_was_continued_later_is_no_viewing(before: str, after: str) -> None:
    row, _ = rows_of(NETFLIX, {"v": ACTIVITY.replace(before, after, 1)})
    assert row.kind == "other"


def test_an_archive_can_name_the_column_of_the_start_otherwise() -> None:
    seen, _ = rows_of(NETFLIX, {"x": ACTIVITY.replace("Start Time", "StartTime")})
    assert seen.watched_on == "2020-12-31"


@pytest.mark.parametrize("day", ["10/24/2012", "24.10.2012", "24-10-12"])
def test_days_of_an_archive_that_a_spreadsheet_rewrote_are_the_same_days(day: str) -> None:
    seen, _ = rows_of(NETFLIX, {"v": ACTIVITY.replace("2020-12-31 23:30:00", f"{day} 20:15")})
    renamed, _ = rows_of(NETFLIX, {"v": ACTIVITY.replace("2020-12-31", day).replace("Start Time", "StartTime")})
    rated, wished = rows_of(
        NETFLIX,
        {"r": RATINGS.replace("2020-01-01 00:00:00", f"{day} 0:00"), "m": WISHES.replace("2020-01-01", day)},
    )
    assert (seen.watched_on, renamed.watched_on) == ("2012-10-24", "2012-10-24")
    assert (rated.added_on, wished.added_on) == ("2012-10-24", "2012-10-24")


def test_an_archive_without_titles_is_not_recognized() -> None:
    assert not NETFLIX.recognizes(upload({"x": ACTIVITY.replace(",Title,", ",Name,")}))


def test_rows_of_several_profiles_are_for_the_user_to_look_at() -> None:
    seen, _, wished = rows_of(NETFLIX, {"v": ACTIVITY, "m": WISHES.replace("Anna", "Ben")})
    assert (seen.needs_review, wished.needs_review) == ("is of the profile Anna", "is of the profile Ben")


class TestContract(ImporterContract):
    samples = ({"x.csv": HISTORY}, {"v": ACTIVITY, "r": RATINGS, "m": WISHES})

    @pytest.fixture
    def importer(self) -> Importer:
        return NETFLIX
