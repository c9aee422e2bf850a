"""TV Time's export in both forms, and what programs saved of it."""

import json
from typing import Any

import pytest
from movietracker_plugins.tvtime.importer import TVTimeImporter
from support.uploads import counts_of, rows_and_broken, rows_of, upload

from movietracker.plugin.importers import Importer, ImportRow, ListPlace
from movietracker.testing.importers import ImporterContract

TV_TIME = TVTimeImporter()
FILMS = (
    "watch_count,user_id,type-uuid-n,uuid,release_date,type,created_at,alpha_range_key,entity_type,movie_name,"
    "rewatch_count,watch_date,watch_date_range_key\n"
)
HEAT = "1995-12-15 00:00:00"
WATCHED = f",1,watch-u1-0,u1,{HEAT},watch,2023-05-10 09:25:35,,movie,Heat,,,\n"
REWATCHED = f",1,rewatch-u1-1,u1,{HEAT},rewatch,2024-10-20 19:38:05,,movie,Heat,1,,\n"
FOLLOWED = f",1,follow-u1-0,u1,{HEAT},follow,2023-05-10 09:25:35,,movie,Heat,,,\n"
WANTED = ",1,towatch-u2,u2,1985-06-01 00:00:00,towatch,2023-03-17 14:10:43,,movie,Ran,,,\n"
OLD_FILMS = (
    "uuid,user_id,type,series_name,series_id,season_number,episode_number,episode_id,movie_name,movie_id,"
    "release_date,runtime,created_at,updated_at\n"
)
SERIES = (
    "created_at,user_id,key,s_id,ep_watch_count,is_followed,is_for_later,season_number,episode_number,series_name\n"
)
EPISODE = "2019-01-01 10:00:00,1,watch-episode-73-1-2,73739,,,,1,2,Lost\n"
AGAIN = "2020-01-01 10:00:00,1,rewatch-episode-73-1-2,73739,,,,1,2,Lost\n"
LISTS = "lists,s_key,user_id,created_at,objects,type,name,description\n"
SAVED = "uuid,tvdb_id,imdb_id,title,year,created_at,watched_at,is_watched,rewatch_count\n"
LIBERATED_LESS = "imdb_id,tvdb_id,type,title,is_watched,watched_at,is_watchlisted\n"
LIBERATED = "imdb_id,tvdb_id,type,title,season,episode,is_special,is_watched,watched_at,status,is_watchlisted\n"


def followed(name: str = "Lost", episodes: str = "5", is_followed: str = "true", for_later: str = "false") -> str:
    return f"2023-03-17 13:33:46,1,user-series-x,73739,{episodes},{is_followed},{for_later},,,{name}\n"


def only(files: dict[str, str | bytes]) -> ImportRow:
    (row,) = rows_of(TV_TIME, files)
    return row


def saved(*elements: Any) -> dict[str, str | bytes]:
    return {"saved.json": json.dumps(elements)}


EXPORT: dict[str, str | bytes] = {
    "tracking-prod-records.csv": FILMS + WATCHED + REWATCHED + FOLLOWED + WANTED,
    "tracking-prod-records-v2.csv": SERIES + EPISODE + AGAIN + followed() + "2020-01-01 00:00:00,1,tracking-stats,,9\n",
    "lists-prod-lists.csv": LISTS
    + ",own,1,2023-09-23 17:15:07,[map[type:movie uuid:u2] map[id:73739 type:series created_at:1.69e+09]],list,Best,\n"
    + ",favorite-movies,1,2023-09-23 17:15:07,[map[created_at:1.69e+09 type:movie uuid:u1]],list,Favorite Movies,\n",
    "user_tv_show_data.csv": "tv_show_id,is_followed,is_favorited,nb_episodes_seen,tv_show_name\n1,1,0,0,Elsewhere\n",
    "user.csv": "id,mail,name\n1,anna@example.org,Anna\n",
}


def test_a_whole_export_is_counted() -> None:
    assert counts_of(TV_TIME, EXPORT) == {
        "titles": 3,
        "viewings": 2,
        "watchlist": 1,
        "lists": 1,
        "list_items": 2,
        "likes": 1,
        "episodes": 2,
    }


def test_personal_files_come_into_no_row() -> None:
    assert "anna" not in repr(rows_of(TV_TIME, EXPORT)).lower()


@pytest.mark.parametrize("name", ["tracking-prod-records.csv", "tracking-prod-records-v2.csv", "lists-prod-lists.csv"])
def test_each_part_alone_is_recognized(name: str) -> None:
    assert TV_TIME.recognizes(upload({"x.csv": EXPORT[name]}))


def test_columns_may_come_in_any_order() -> None:
    table = "movie_name,created_at,entity_type,type,release_date,uuid\nHeat,2023-05-10 09:25:35,movie,watch,1995,u1\n"
    row = only({"x.csv": table})
    assert (row.title, row.year, row.kind, row.watched_on, row.is_viewing) == (
        "Heat",
        1995,
        "movie",
        "2023-05-10",
        True,
    )


def test_a_film_seen_again_has_another_viewing() -> None:
    first, again = rows_of(TV_TIME, {"x.csv": FILMS + WATCHED + REWATCHED})
    assert (first.viewing_id, first.watched_on) == ("watch-u1-0", "2023-05-10")
    assert (again.viewing_id, again.watched_on) == ("rewatch-u1-1", "2024-10-20")


def test_a_count_of_rewatches_adds_undated_viewings_for_those_without_a_record() -> None:
    counted = WATCHED.replace("Heat,,", "Heat,3,")
    rows = rows_of(TV_TIME, {"x.csv": FILMS + counted + REWATCHED})
    assert [(row.viewing_id, row.watched_on) for row in rows] == [
        ("watch-u1-0", "2023-05-10"),
        ("rewatch-u1-2", None),
        ("rewatch-u1-3", None),
        ("rewatch-u1-1", "2024-10-20"),
    ]


@pytest.mark.parametrize(
    ("cells", "watched_on", "watched_at"),
    [
        ("2022-04-01 00:00:00,", "2022-04-01", None),
        ("2022-04-01,watch-date-1740862800", "2022-04-01", None),
        (",watch-date-1740862800", None, 1740862800.0),
        ("0001-01-01 00:00:00,watch-date-x", "2023-05-10", None),
    ],
)
def test_the_date_of_watching_comes_before_that_of_the_record(
    cells: str, watched_on: str | None, watched_at: float | None
) -> None:
    row = only({"x.csv": FILMS + WATCHED.replace("Heat,,,", f"Heat,,{cells}")})
    assert (row.watched_on, row.watched_at) == (watched_on, watched_at)


def test_a_wish_is_not_watched() -> None:
    row = only({"x.csv": FILMS + WANTED})
    assert (row.status, row.is_viewing, row.added_on, row.year) == ("toWatch", False, "2023-03-17", 1985)


def test_a_film_both_seen_and_wanted_keeps_both() -> None:
    rows = rows_of(TV_TIME, {"x.csv": FILMS + WATCHED + WANTED.replace("u2", "u1").replace("Ran", "Heat")})
    assert [row.status for row in rows] == ["watched", "toWatch"]


def test_a_film_of_which_only_a_short_form_is_left_needs_review() -> None:
    row = only({"x.csv": FILMS + WATCHED.replace(",,movie,Heat", ",watch-alpha-any-number-can-win,movie,")})
    assert (row.title, row.needs_review) == ("any number can win", "TV Time kept only a short form of the title")


def test_an_unknown_release_is_no_year() -> None:
    assert only({"x.csv": FILMS + WATCHED.replace("1995-12-15", "0001-01-01")}).year is None


def test_counts_and_what_is_only_followed_are_no_rows() -> None:
    counts = ",1,count-movies,,,count-movies,2023-05-10 09:25:35,,,,,,\n"
    rewatches = FOLLOWED.replace(",follow,", ",rewatch_count,")
    assert rows_of(TV_TIME, {"x.csv": FILMS + FOLLOWED + counts + rewatches}) == []


def test_older_records_have_films_and_episodes_without_saying_which() -> None:
    film = "u1,1,watch,,,,,,Heat,5,1995-12-15 00:00:00,10200,2018-05-10 09:25:35,\n"
    episode = ",1,watch,Lost,73739,1,2,127131,,,,2520,2019-01-01 10:00:00,\n"
    first, second = rows_of(TV_TIME, {"x.csv": OLD_FILMS + film + episode})
    assert (first.kind, first.title, second.kind) == ("movie", "Heat", "episode")


def test_an_episode_in_both_forms_counts_once() -> None:
    old = OLD_FILMS + ",1,watch,Lost,73739,1,2,127131,,,,2520,2019-01-01 10:00:00,\n"
    assert counts_of(TV_TIME, {"a.csv": old, "b.csv": SERIES + EPISODE}) == {"episodes": 1, "duplicates": 1}


@pytest.mark.parametrize(
    ("row", "status", "needs_review"),
    [
        (followed(episodes="0"), "toWatch", None),
        (followed(episodes="5", for_later="true"), "toWatch", None),
        (followed(episodes="5"), None, "it was begun and not finished"),
    ],
)
def test_a_followed_series_is_wanted_or_was_begun(row: str, status: str | None, needs_review: str | None) -> None:
    found = only({"x.csv": SERIES + row})
    assert (found.kind, found.title, found.tvdb_id) == ("tv", "Lost", 73739)
    assert (found.status, found.needs_review, found.is_viewing) == (status, needs_review, False)


def test_a_series_that_is_no_longer_followed_and_was_not_begun_is_left_out() -> None:
    assert rows_of(TV_TIME, {"x.csv": SERIES + followed(episodes="0", is_followed="false")}) == []


def test_the_year_in_the_name_of_a_series_is_its_year() -> None:
    row = only({"x.csv": SERIES + followed("Doctor Who (2005)")})
    assert (row.title, row.year) == ("Doctor Who", 2005)


def test_the_table_of_series_counts_where_the_second_form_is_missing() -> None:
    row = only(
        {"x.csv": "tv_show_id,is_followed,is_favorited,nb_episodes_seen,tv_show_name\n73739,1,1,0,Lost\n"} | FIRST
    )
    assert (row.tvdb_id, row.status, row.liked) == (73739, "toWatch", True)


def test_lists_of_printed_maps_have_the_titles_of_the_other_files() -> None:
    places = [row for row in rows_of(TV_TIME, EXPORT) if row.list_place]
    assert [(row.title, row.year, row.kind, row.list_place) for row in places] == [
        ("Ran", 1985, "movie", ListPlace("Best", 1)),
        ("Lost", None, "tv", ListPlace("Best", 2)),
    ]


def test_favorites_are_likes_and_no_list() -> None:
    liked = [row for row in rows_of(TV_TIME, EXPORT) if row.liked]
    assert [(row.title, row.list_place) for row in liked] == [("Heat", None)]


def test_a_place_of_an_unknown_film_keeps_its_id() -> None:
    row = only({"x.csv": LISTS + ",own,1,2023-09-23 17:15:07,[map[type:movie uuid:u2]],list,Best,\n"})
    assert (row.title, row.other_ids) == (None, (("tvtime", "u2"),))


def test_a_saved_table_has_ids_and_counts_of_rewatches() -> None:
    lines = (
        "u1,345,tt0113277,Heat,1995,2020-01-01T00:00:00Z,2021-05-06T19:30:00Z,true,1\n"
        "u2,346,tt0089881,Ran,1985,2020-01-01T00:00:00Z,,false,0\n"
    )
    seen, again, wanted = rows_of(TV_TIME, {"x.csv": SAVED + lines})
    assert (seen.imdb_id, seen.tvdb_id, seen.watched_at, seen.viewing_id) == (
        "tt0113277",
        345,
        1620329400.0,
        "watch-u1-0",
    )
    assert (again.viewing_id, again.watched_at, again.is_viewing) == ("rewatch-u1-1", None, True)
    assert (wanted.status, wanted.is_viewing) == ("toWatch", False)


def test_a_saved_film_that_was_watched_at_an_unknown_time_is_watched() -> None:
    row = only({"x.csv": SAVED + "u1,345,tt0113277,Heat,1995,,,true,0\n"})
    assert (row.status, row.is_viewing) == ("watched", False)


def test_a_day_in_a_saved_table_that_a_spreadsheet_rewrote_is_the_same_day() -> None:
    row = only({"x.csv": SAVED + "u1,345,tt0113277,Heat,1995,,5/26/2021,TRUE,0\n"})
    assert (row.is_viewing, row.watched_on) == (True, "2021-05-26")


@pytest.mark.parametrize("day", ["5/26/2021", "26.05.2021"])
def test_days_of_records_that_a_spreadsheet_rewrote_are_the_same_days(day: str) -> None:
    first = {"x.csv": FILMS + WATCHED.replace("2023-05-10", day).replace("1995-12-15", "12/15/1995")}
    dated = {"x.csv": FILMS + WATCHED.replace("Heat,,", f"Heat,,{day} 10:00")}
    wanted = {"x.csv": FILMS + WANTED.replace("2023-03-17", day)}
    second = {"x.csv": SERIES + EPISODE.replace("2019-01-01", day)}
    assert [only(files).watched_on for files in (first, dated, second)] == ["2021-05-26"] * 3
    assert only(wanted).added_on == "2021-05-26"
    assert only({"x.csv": SERIES + followed().replace("2023-03-17", day)}).added_on == "2021-05-26"


def test_a_year_of_records_that_a_spreadsheet_rewrote_is_the_same_year() -> None:
    assert only({"x.csv": FILMS + WATCHED.replace("1995-12-15", "12/15/1995")}).year == 1995


def test_a_liberated_table_has_films_and_episodes_and_ids_that_mean_none() -> None:
    lines = (
        "-1,345,movie,Heat,,,false,true,2021-05-06T19:30:00Z,,false\n"
        "tt0089881,346,movie,Ran,,,false,false,,,true\n"
        "tt0636289,127131,show,Lost,1,2,false,true,2019-01-01T10:00:00Z,up_to_date,false\n"
        "tt0636290,127132,show,Lost,1,3,false,false,,up_to_date,true\n"
    )
    seen, wanted, episode = rows_of(TV_TIME, {"x.csv": LIBERATED + lines})
    assert (seen.imdb_id, seen.tvdb_id, seen.is_viewing) == (None, 345, True)
    assert (wanted.status, wanted.imdb_id) == ("toWatch", "tt0089881")
    assert (episode.kind, episode.title) == ("episode", "Lost, season 1 episode 2")


@pytest.mark.parametrize(
    ("kind", "watched", "wanted", "said"),
    [
        ("movie", "true", "true", ["watched", "toWatch"]),
        ("movie", "true", "false", ["watched"]),
        ("movie", "false", "true", ["toWatch"]),
        ("movie", "false", "false", []),
        ("series", "true", "true", ["watched", "toWatch"]),
        ("series", "false", "false", []),
    ],
)
def test_a_liberated_title_is_seen_or_wanted_or_both_or_neither(
    kind: str, watched: str, wanted: str, said: list[str | None]
) -> None:
    line = f"tt0113277,345,{kind},Heat,{watched},2020-01-02,{wanted}\n"
    assert [row.status for row in rows_of(TV_TIME, {"x.csv": LIBERATED_LESS + line})] == said


def test_a_liberated_film_that_is_liked_and_nothing_else_is_no_wish() -> None:
    line = "tt0113277,345,movie,Heat,false,,false,true\n"
    row = only({"x.csv": LIBERATED_LESS.replace("\n", ",is_favorite\n") + line})
    assert (row.status, row.liked) == (None, True)


def test_a_liberated_episode_without_its_number_is_no_film() -> None:
    row = only({"x.csv": LIBERATED_LESS + "tt0636289,1,episode,Lost S01E02,true,2020-01-02,false\n"})
    assert (row.kind, row.title) == ("episode", "Lost S01E02")


@pytest.mark.parametrize(
    ("cells", "status"),
    [
        ("true,,,false", "watched"),
        ("false,,up_to_date,false", "watched"),
        ("false,,,true", "toWatch"),
    ],
)
def test_a_liberated_series_is_watched_or_wanted_as_it_says(cells: str, status: str) -> None:
    row = only({"x.csv": LIBERATED + f"tt0411008,73739,show,Lost,,,false,{cells}\n"})
    assert (row.kind, row.title, row.status, row.is_viewing) == ("tv", "Lost", status, False)


def test_saved_films_are_read() -> None:
    film = {"id": {"tvdb": 345, "imdb": "tt0113277"}, "title": "Heat", "year": 1995}
    seen, wanted = rows_of(
        TV_TIME,
        saved(
            film | {"is_watched": True, "watched_at": "2021-05-06T19:30:00Z"},
            film | {"id": {"tvdb": 346, "imdb": None}, "title": "Ran", "is_watched": False, "watched_at": None},
        ),
    )
    assert (seen.imdb_id, seen.tvdb_id, seen.is_viewing, seen.watched_at) == ("tt0113277", 345, True, 1620329400.0)
    assert (wanted.title, wanted.status) == ("Ran", "toWatch")


def test_saved_series_are_titles_and_their_episodes_are_not() -> None:
    seasons = [{"number": 1, "episodes": [{"number": 1, "is_watched": True}, {"number": 2, "is_watched": False}]}]
    series = {"id": {"tvdb": 73739, "imdb": "tt0411008"}, "title": "Lost", "status": "up_to_date", "seasons": seasons}
    title, episode = rows_of(TV_TIME, saved(series))
    assert (title.kind, title.tvdb_id, title.status) == ("tv", 73739, "watched")
    assert episode.kind == "episode"


def test_saved_lists_and_favorites_are_read() -> None:
    item = {"uuid": "u1", "title": "Heat", "created_at": "2020-01-01", "type": "movie"}
    place = only(saved({"name": "Best", "description": "", "is_public": False, "items": [item]}))
    assert (place.title, place.list_place) == ("Heat", ListPlace("Best", 1))
    liked = only(saved(item | {"type": "series", "title": "Lost", "tvdb": 73739}))
    assert (liked.kind, liked.tvdb_id, liked.liked) == ("tv", 73739, True)


def test_a_film_without_a_name_is_named_and_the_rest_is_read() -> None:
    nameless = {"id": {}, "title": None, "is_watched": True, "watched_at": None}
    rows, broken = rows_and_broken(TV_TIME, saved({"id": {}, "title": "Heat", "is_watched": True}, nameless))
    assert [row.title for row in rows] == ["Heat"]
    assert [(each.where, each.reason) for each in broken] == [("saved.json, item 2", "has neither a title nor an id")]


FIRST: dict[str, str | bytes] = {"films.csv": FILMS}


class TestContract(ImporterContract):
    samples = (
        EXPORT,
        {"x.csv": LIBERATED + "tt0113277,345,movie,Heat,,,false,true,2021-05-06T19:30:00Z,,false\n"},
        saved({"id": {"imdb": "tt0113277"}, "title": "Heat", "is_watched": True, "watched_at": "2021-05-06"}),
    )

    @pytest.fixture
    def importer(self) -> Importer:
        return TV_TIME
