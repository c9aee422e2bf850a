"""Yamtrack's CSV of any age, and Floppy's."""

import pytest
from movietracker_plugins.yamtrack.importer import YamtrackImporter
from support.uploads import counts_of, rows_and_broken, rows_of, upload

from movietracker.plugin.importers import Importer, ImportRow, ListPlace
from movietracker.testing.importers import ImporterContract

YAMTRACK = YamtrackImporter()
HEADER = (
    "media_id,source,media_type,title,image,season_number,episode_number,score,status,notes,start_date,end_date,"
    "progress,created_at,progressed_at\n"
)
OLDER = "media_id,source,media_type,title,image,season_number,episode_number,score,status,start_date,end_date,notes\n"
OLDEST = "media_id,media_type,title,image,score,progress,status,repeats,start_date,end_date,notes,watch_date\n"
FLOPPY = "row_type,media_id,source,media_type,title,score,status,notes,end_date,list_uid,list_name,list_description\n"


def line(
    media_type: str = "movie",
    status: str = "Completed",
    end: str = "2024-02-09",
    score: str = "9.5",
    notes: str = "",
    source: str = "tmdb",
    number: str = ",",
) -> str:
    return f"949,{source},{media_type},Heat,http://x/y.jpg,{number},{score},{status},{notes},,{end},1,2024-02-08,\n"


def only(row: str, header: str = HEADER) -> ImportRow:
    (found,) = rows_of(YAMTRACK, {"x.csv": header + row})
    return found


def test_a_whole_table_is_counted() -> None:
    table = HEADER + line() + line(end="2025-02-09") + line("tv", "Planning", "") + line("episode", "", number="1,2")
    assert counts_of(YAMTRACK, {"x.csv": table}) == {
        "titles": 2,
        "viewings": 2,
        "ratings": 2,
        "watchlist": 1,
        "episodes": 1,
    }


@pytest.mark.parametrize("header", [HEADER, OLDER, OLDEST, FLOPPY])
def test_tables_of_every_age_are_recognized(header: str) -> None:
    assert YAMTRACK.recognizes(upload({"x": header}))


def test_quoted_cells_and_columns_in_another_order_are_read() -> None:
    row = only(
        '"9.0","Heat","movie","tmdb","949","Completed"\n', '"score","title","media_type","source","media_id","status"\n'
    )
    assert (row.title, row.tmdb_id, row.rating) == ("Heat", 949, 9.0)


def test_a_completed_film_is_a_viewing_with_its_score() -> None:
    row = only(line())
    assert (row.kind, row.title, row.tmdb_id, row.year) == ("movie", "Heat", 949, None)
    assert (row.is_viewing, row.watched_on, row.viewing_rating, row.rating) == (True, "2024-02-09", 9.5, None)
    assert (row.status, row.added_on) == ("watched", "2024-02-08")


def test_each_row_is_a_viewing_twice_on_one_day_included() -> None:
    assert counts_of(YAMTRACK, {"x": HEADER + line() * 2}) == {"titles": 1, "viewings": 2, "ratings": 1}


@pytest.mark.parametrize(
    ("end", "watched_on", "watched_at"),
    [
        ("2024-02-09T00:00:00Z", "2024-02-09", None),
        ("2/29/2024 20:15", "2024-02-29", None),
        ("2024-02-09 20:15:00+00:00", None, 1707509700.0),
        ("2024-02-09T20:15:00Z", None, 1707509700.0),
    ],
)
def test_moments_are_moments_and_midnight_is_a_day(end: str, watched_on: str | None, watched_at: float | None) -> None:
    row = only(line(end=end))
    assert (row.watched_on, row.watched_at) == (watched_on, watched_at)


def test_a_film_completed_at_an_unknown_time_is_watched() -> None:
    row = only(line(end=""))
    assert (row.status, row.is_viewing, row.viewing_rating, row.rating) == ("watched", False, None, 9.5)


def test_a_plan_is_a_wish_and_its_notes_can_name_who_recommended_it() -> None:
    row = only(line(status="Planning", notes="recommended by Anna"))
    assert (row.status, row.is_viewing) == ("toWatch", False)
    assert [person.name for person in row.recommended_by] == ["Anna"]


@pytest.mark.parametrize("status", ["In progress", "Paused", "Dropped"])
def test_what_was_begun_is_for_the_user_to_decide(status: str) -> None:
    row = only(line(status=status))
    assert (row.status, row.is_viewing, row.needs_review) == (None, False, "it was begun and not finished")


def test_anime_of_another_database_keeps_its_id_there_and_may_be_a_film_or_a_series() -> None:
    row = only(line("anime", source="mal"))
    assert (row.kind, row.tmdb_id, row.other_ids) == (None, None, (("mal", "949"),))


@pytest.mark.parametrize(("media_type", "kind"), [("season", "episode"), ("game", "other"), ("manga", "other")])
def test_seasons_games_and_books_are_no_titles(media_type: str, kind: str) -> None:
    assert only(line(media_type)).kind == kind


def test_tables_without_a_source_have_ids_of_tmdb_repeats_and_a_day_of_watching() -> None:
    rows = rows_of(YAMTRACK, {"x": OLDEST + "949,movie,Heat,,9,1,Completed,2,,,,2023-02-09\n"})
    assert [(row.tmdb_id, row.is_viewing, row.watched_on) for row in rows] == [
        (949, True, "2023-02-09"),
        (949, True, None),
        (949, True, None),
    ]
    assert len({row.row_id for row in rows}) == 3


def test_a_row_with_a_title_alone_is_read() -> None:
    row = only(",,movie,Heat,,,,,,,,,,,\n")
    assert (row.title, row.tmdb_id, row.kind, row.status) == ("Heat", None, "movie", None)


def test_lists_of_floppy_have_names_and_order() -> None:
    rows = rows_of(
        YAMTRACK,
        {
            "x": FLOPPY
            + "list,,,,,,,,,l1,Movies Frank wants me to watch,His best\n"
            + "media,949,tmdb,movie,Heat,9,Completed,,2024-02-09,,,\n"
            + "list_item,949,tmdb,movie,Heat,,,,,l1,,\n"
            + "list_item,11645,tmdb,movie,Ran,,,,,l1,,\n"
            + "collection,949,tmdb,movie,Heat,,,,,,,\n"
        },
    )
    assert [row.list_place for row in rows] == [
        None,
        ListPlace("Movies Frank wants me to watch", 1, "His best"),
        ListPlace("Movies Frank wants me to watch", 2, "His best"),
    ]
    assert [person.name for person in rows[2].recommended_by] == ["Frank"]


def test_a_row_without_a_title_is_named_and_the_rest_is_read() -> None:
    rows, broken = rows_and_broken(YAMTRACK, {"x": HEADER + ",,movie,,,,,9,Completed,,,,,,\n" + line()})
    assert ([row.title for row in rows], [each.where for each in broken]) == (["Heat"], ["x, line 2"])


class TestContract(ImporterContract):
    samples = (
        {"x.csv": HEADER + line() + line("tv", "Planning", "")},
        {"y.csv": OLDER + "949,tmdb,movie,Heat,,,,,Completed,,,\n"},
    )

    @pytest.fixture
    def importer(self) -> Importer:
        return YAMTRACK
