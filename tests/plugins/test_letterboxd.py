"""Letterboxd's export, in all the forms that people have published."""

import pytest
from movietracker_plugins.letterboxd.importer import LetterboxdImporter
from support.uploads import counts_of, rows_and_broken, rows_of, upload

from movietracker.plugin.importers import Importer, ImportRow, ListPlace
from movietracker.testing.importers import ImporterContract

LETTERBOXD = LetterboxdImporter()
FILMS = "Date,Name,Year,Letterboxd URI\n"
RATINGS = "Date,Name,Year,Letterboxd URI,Rating\n"
DIARY = "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n"
REVIEWS = "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Review,Tags,Watched Date\n"
HEAT = "2021-03-01,Heat,1995,https://boxd.it/29jS"


def only(files: dict[str, str | bytes]) -> ImportRow:
    (row,) = rows_of(LETTERBOXD, files)
    return row


def a_list(first_line: str = "Letterboxd list export v7", about: str = "", rows: str = "") -> str:
    return (
        f"{first_line}\nDate,Name,Tags,URL,Description\n{about or '2020-01-01,Best,,https://boxd.it/L,'}\n\n"
        f"Position,Name,Year,URL,Description\n{rows or '1,Heat,1995,https://boxd.it/29jS,'}\n"
    )


EXPORT: dict[str, str | bytes] = {
    "profile.csv": "Date Joined,Username,Given Name,Email Address\n2015-01-01,anna,Anna,anna@example.org\n",
    "comments.csv": "Date,Content,Comment\n2020-01-01,https://boxd.it/x,Indeed\n",
    "likes/reviews.csv": "Date,Content\n2020-01-01,https://boxd.it/x\n",
    "likes/lists.csv": "Date,Content\n2020-01-01,https://boxd.it/x\n",
    "likes/films.csv": FILMS + HEAT,
    "watched.csv": FILMS + HEAT + "\n2021-03-02,Ran,1985,https://boxd.it/2a9q\n",
    "watchlist.csv": FILMS + HEAT + "\n2021-03-03,Solaris,,https://boxd.it/28bY\n",
    "ratings.csv": RATINGS + HEAT + ",0.5\n",
    "diary.csv": DIARY + "2021-03-01,Heat,1995,https://boxd.it/d1,4.5,,with mom,2021-02-27\n"
    "2021-03-01,Heat,1995,https://boxd.it/d2,,Yes,,2021-02-27\n",
    "reviews.csv": REVIEWS + '2021-03-01,Heat,1995,https://boxd.it/d1,4.5,,"<b>Great</b>",,2021-02-27\n'
    "2021-03-01,Ran,1985,https://boxd.it/d9,,,Colors,,\n",
    "lists/best.csv": a_list(),
    "deleted/diary.csv": DIARY + "2021-03-01,Heat,1995,https://boxd.it/d3,4.5,,,2020-02-27\n",
    "deleted/lists/old.csv": a_list(),
    "orphaned/diary.csv": "Date,Name,Year,Rating,Rewatch,Tags,Watched Date\n2021-03-01,A lost film,,3,,,2021-02-26\n",
}


def test_a_whole_export_is_counted_without_what_was_deleted() -> None:
    assert counts_of(LETTERBOXD, EXPORT) == {
        "titles": 4,
        "viewings": 3,
        "ratings": 2,
        "watchlist": 2,
        "lists": 1,
        "list_items": 1,
        "likes": 1,
        "reviews": 2,
    }


def test_the_profile_comes_into_no_row() -> None:
    assert "anna" not in repr(rows_of(LETTERBOXD, EXPORT)).lower()


@pytest.mark.parametrize("name", [name for name in EXPORT if name.split("/")[0] not in ("profile.csv", "comments.csv")])
def test_a_film_file_is_recognized_by_its_columns_whatever_its_name(name: str) -> None:
    is_of_films = name not in ("likes/reviews.csv", "likes/lists.csv", "orphaned/diary.csv")
    assert LETTERBOXD.recognizes(upload({"other.txt": EXPORT[name]})) is is_of_films


@pytest.mark.parametrize("header", ["Date;Name;Year;Letterboxd URI", "\ufeffDate,Name,Year,Letterboxd URI"])
def test_a_file_from_a_spreadsheet_is_read(header: str) -> None:
    separator = ";" if ";" in header else ","
    row = only({"watched.csv": f"{header}\r\n{HEAT.replace(',', separator)}\r\n{separator * 3}\r\n"})
    assert (row.title, row.year, row.status) == ("Heat", 1995, "watched")


def test_days_that_a_spreadsheet_rewrote_are_the_same_days() -> None:
    diary = "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n"
    entries = (
        "10/25/2012,Heat,1995,https://boxd.it/d1,,,,10/24/2012\n11/12/2012,Ran,1985,https://boxd.it/d2,,,,11/10/2012\n"
    )
    assert [row.watched_on for row in rows_of(LETTERBOXD, {"x": diary + entries})] == ["2012-10-24", "2012-11-10"]
    assert only({"watched.csv": "Date,Name,Year,Letterboxd URI\n24.10.2012,Heat,1995,x\n"}).added_on == "2012-10-24"
    assert only({"x": "imdbID,Title,Year,WatchedDate\ntt0113277,Heat,1995,10/24/2012\n"}).watched_on == "2012-10-24"


def test_a_title_both_seen_and_wanted_keeps_both() -> None:
    rows = rows_of(LETTERBOXD, {"watched.csv": FILMS + HEAT, "watchlist.csv": FILMS + HEAT})
    assert [row.status for row in rows] == ["watched", "toWatch"]
    assert rows[0].other_ids == rows[1].other_ids == (("letterboxd", "https://boxd.it/29jS"),)


def test_a_file_of_films_that_does_not_say_which_is_for_the_user_to_decide() -> None:
    row = only({"my films.csv": FILMS + HEAT})
    assert row.status is None
    assert row.needs_review == "the file does not say whether this title was watched or is wanted"


def test_a_watchlist_that_was_exported_alone_is_a_watchlist() -> None:
    assert only({"watchlist-anna-2024-01-02-03-04-utc.csv": FILMS + HEAT}).status == "toWatch"


@pytest.mark.parametrize(("stars", "rating"), [("0.5", 1.0), ("1", 2.0), ("3.5", 7.0), ("5", 10.0), ("", None)])
def test_half_stars_stay_exact(stars: str, rating: float | None) -> None:
    assert only({"ratings.csv": RATINGS + f"{HEAT},{stars}"}).rating == rating


def test_the_present_rating_stays_apart_from_that_of_a_viewing() -> None:
    files: dict[str, str | bytes] = {"ratings.csv": EXPORT["ratings.csv"], "diary.csv": EXPORT["diary.csv"]}
    rated, first, second = rows_of(LETTERBOXD, files)
    assert (rated.rating, rated.viewing_rating) == (1.0, None)
    assert (first.rating, first.viewing_rating) == (None, 9.0)
    assert (second.rating, second.viewing_rating) == (None, None)


def test_the_day_of_watching_counts_and_not_that_of_logging() -> None:
    row = only({"diary.csv": DIARY + "2021-03-01,Heat,1995,https://boxd.it/d1,,,,2021-02-27"})
    assert (row.watched_on, row.added_on, row.watched_at) == ("2021-02-27", "2021-03-01", None)


def test_a_film_seen_twice_on_one_day_has_two_viewings() -> None:
    rows = rows_of(LETTERBOXD, {"diary.csv": EXPORT["diary.csv"]})
    assert [(row.viewing_id, row.watched_on) for row in rows] == [
        ("https://boxd.it/d1", "2021-02-27"),
        ("https://boxd.it/d2", "2021-02-27"),
    ]


def test_the_address_of_an_entry_is_no_id_of_the_film() -> None:
    assert only({"diary.csv": DIARY + "2021-03-01,Heat,1995,https://boxd.it/d1,,,,2021-02-27"}).other_ids == ()


def test_a_diary_of_2017_has_no_rewatch_and_addresses_of_films() -> None:
    line = "2017-03-01,Heat,1995,https://letterboxd.com/film/heat-1995/,4,,2017-02-27\n"
    header = "Date,Name,Year,Letterboxd URI,Rating,Tags,Watched Date\n"
    first, second = rows_of(LETTERBOXD, {"diary.csv": header + line * 2})
    assert first.other_ids == (("letterboxd", "https://letterboxd.com/film/heat-1995/"),)
    assert first.viewing_id != second.viewing_id
    assert first.watched_on == second.watched_on == "2017-02-27"


def test_a_review_belongs_to_the_viewing_of_its_entry() -> None:
    files: dict[str, str | bytes] = {"diary.csv": EXPORT["diary.csv"], "reviews.csv": EXPORT["reviews.csv"]}
    diary, _, review, undated = rows_of(LETTERBOXD, files)
    assert review.review == "Great"
    assert review.viewing_id == diary.viewing_id
    assert (undated.review, undated.is_viewing, undated.status) == ("Colors", False, "watched")


def test_orphans_are_viewings_that_need_review() -> None:
    row = only({"orphaned/diary.csv": EXPORT["orphaned/diary.csv"]})
    assert (row.title, row.year, row.watched_on, row.is_viewing) == ("A lost film", None, "2021-02-26", True)
    assert row.needs_review == "Letterboxd has removed this title"


def test_an_orphan_within_an_older_diary_needs_review() -> None:
    row = only({"diary.csv": DIARY + "2021-03-01,A lost film,,,,,,2021-02-26"})
    assert row.needs_review == "Letterboxd has removed this title"


@pytest.mark.parametrize("first_line", ["", "Letterboxd list export v7"])
def test_a_list_is_found_below_its_own_lines(first_line: str) -> None:
    about = '2020-01-01,"Best, ever",top,https://boxd.it/L,"<p>Seen\nand loved.</p><p>Often.</p>"'
    rows = '1,Heat,1995,https://boxd.it/29jS,"<p>Loud</p>"\n2,Ran,,https://boxd.it/2a9q,'
    first, second = rows_of(LETTERBOXD, {"lists/best.csv": a_list(first_line, about, rows)})
    assert first.list_place == ListPlace("Best, ever", 1, "Seen\nand loved.\nOften.")
    assert first.note == "Loud"
    assert (second.title, second.list_place and second.list_place.position, second.status) == ("Ran", 2, None)


def test_a_long_description_does_not_hide_the_titles_of_a_list() -> None:
    about = f'2020-01-01,Best,,https://boxd.it/L,"{"a long story" * 2000}"'
    files: dict[str, str | bytes] = {"lists/best.csv": a_list("", about)}
    assert LETTERBOXD.recognizes(upload(files))
    assert only(files).title == "Heat"


def test_a_member_of_nul_bytes_and_a_row_without_a_title_are_named_and_the_rest_is_read() -> None:
    files: dict[str, str | bytes] = {"watched.csv": FILMS + HEAT + "\n2021-01-01,,,\n", "diary.csv": bytes(300)}
    rows, broken = rows_and_broken(LETTERBOXD, files)
    assert [row.title for row in rows] == ["Heat"]
    assert [(each.where, each.reason) for each in broken] == [
        ("diary.csv", "holds nothing but NUL bytes"),
        ("watched.csv, line 3", "has neither a title nor an id"),
    ]


def test_a_repeated_row_is_a_duplicate() -> None:
    assert counts_of(LETTERBOXD, {"watched.csv": FILMS + HEAT + "\n" + HEAT}) == {"titles": 1, "duplicates": 1}


def test_films_that_share_name_and_year_are_two_titles() -> None:
    assert counts_of(LETTERBOXD, {"watched.csv": FILMS + HEAT + "\n" + HEAT + "x"}) == {"titles": 2}


def test_recommenders_are_found_in_lists_and_tags_and_company_is_not() -> None:
    about = "2020-01-01,Movies Frank wants me to watch,,https://boxd.it/L,"
    items = "1,Heat,1995,https://boxd.it/29jS,<p>Joe (UpClear)</p>"
    tags = '"kaitlyns reccomendation, rec-by-anna, with mom"'
    diary = f"{DIARY}2021-03-01,Ran,1985,https://boxd.it/d1,,,{tags},2021-02-27"
    seen, listed = rows_of(LETTERBOXD, {"diary.csv": diary, "lists/f.csv": a_list("", about, items)})
    assert [person.name for person in listed.recommended_by] == ["Joe (UpClear)", "Frank"]
    assert [(person.name, person.written_as) for person in seen.recommended_by] == [
        ("kaitlyn", "kaitlyns reccomendation"),
        ("anna", "rec-by-anna"),
    ]


class TestContract(ImporterContract):
    samples = (EXPORT, *({"films.csv": str(EXPORT[name])} for name in ("watched.csv", "diary.csv", "lists/best.csv")))

    @pytest.fixture
    def importer(self) -> Importer:
        return LETTERBOXD


class TestImportable:
    """The format that Letterboxd imports, which other trackers write."""

    def test_a_row_with_a_day_is_a_viewing_and_one_without_a_present_rating(self) -> None:
        table = (
            "tmdbID,imdbID,Title,Year,Directors,Rating10,WatchedDate,Rewatch,Tags,Review\n"
            '949,tt0113277,Heat,1995,Michael Mann,9,2021-02-27,false,"with mom, cinema",\'=) great\n'
            "949,tt0113277,Heat,1995,Michael Mann,7,,,,\n"
        )
        viewing, present = rows_of(LETTERBOXD, {"watched-1.csv": table})
        assert (viewing.imdb_id, viewing.tmdb_id, viewing.title, viewing.year) == ("tt0113277", 949, "Heat", 1995)
        assert (viewing.watched_on, viewing.viewing_rating, viewing.rating) == ("2021-02-27", 9.0, None)
        assert (viewing.tags, viewing.review) == (("with mom", "cinema"), "=) great")
        assert (present.is_viewing, present.status, present.rating) == (False, "watched", 7.0)

    def test_a_review_without_a_day_is_of_a_viewing_at_an_unknown_time(self) -> None:
        table = "imdbID,Rating10,WatchedDate,Review\ntt0113277,9,,A &lt;3\ntt0113277,8,,B\n"
        first, second = rows_of(LETTERBOXD, {"x.csv": table})
        assert (first.is_viewing, first.watched_on, first.viewing_rating, first.rating) == (True, None, 9.0, None)
        assert (first.review, second.review, first.viewing_id != second.viewing_id) == ("A <3", "B", True)

    def test_a_viewing_is_the_same_in_a_later_file_that_says_more_of_the_film(self) -> None:
        early = "imdbID,Title,WatchedDate,Rewatch,Review\ntt0113277,,,,On a plane\ntt0113277,,2021-02-27,false,\n"
        late = early.replace("tt0113277,,", "tt0113277,Heat,").replace("false", "true")
        ids = [
            [(row.viewing_id, row.watched_on) for row in rows_of(LETTERBOXD, {name: table})]
            for name, table in (("watched-1.csv", early), ("watched-2.csv", late))
        ]
        assert ids[0] == ids[1]

    def test_the_films_of_a_list_have_its_order(self) -> None:
        rows = rows_of(LETTERBOXD, {"lists/1 - Rainy.csv": "imdbID,Title\ntt0113277,Heat\ntt0000001,Carmencita\n"})
        places = [row.list_place.position or 0 for row in rows if row.list_place]
        assert places == sorted(set(places))

    def test_two_equal_rows_are_two_viewings(self) -> None:
        table = "tmdbID,Title,WatchedDate\n949,Heat,2021-02-27\n949,Heat,2021-02-27\n"
        assert counts_of(LETTERBOXD, {"x.csv": table}) == {"titles": 1, "viewings": 2}

    @pytest.mark.parametrize(("header", "cell"), [("Rating", "4.5"), ("Rating10", "9")])
    def test_stars_and_tens_are_ratings(self, header: str, cell: str) -> None:
        row = only({"x.csv": f"Title,Year,{header},WatchedDate\nHeat,1995,{cell},2021-02-27\n"})
        assert row.viewing_rating == 9.0

    @pytest.mark.parametrize(
        ("name", "status", "in_list", "doubtful"),
        [
            ("watchlist-2.csv", "toWatch", None, False),
            ("lists/1-rainy.csv", None, "1-rainy", False),
            ("lists/1 - Rainy Sundays.csv", None, "Rainy Sundays", False),
            ("lists/1-2 - Rainy Sundays.csv", None, "Rainy Sundays", False),
            ("lists/1 - Top 10 - 2020.csv", None, "Top 10 - 2020", False),
            ("lists/2 - 2 - Best.csv", None, "2 - Best", False),
            ("films.csv", None, None, True),
        ],
    )
    def test_films_alone_are_wanted_listed_or_for_the_user_to_look_at(
        self, name: str, status: str | None, in_list: str | None, doubtful: bool
    ) -> None:
        row = only({name: "tmdbID,imdbID,Title,Year,Directors\n949,tt0113277,Heat,1995,Michael Mann\n"})
        place = None if row.list_place is None else row.list_place.name
        assert (row.status, place, row.needs_review is not None) == (status, in_list, doubtful)

    @pytest.mark.parametrize(
        "header",
        ["title,year,rating", "title,year,tmdbId,imdbId,watchedAt,comment", "imdb_id,tmdb_id,title", "Title,Year"],
    )
    def test_tables_of_others_are_not_taken_for_it(self, header: str) -> None:
        assert not LETTERBOXD.recognizes(upload({"x.csv": f"{header}\n1,2,3\n"}))
