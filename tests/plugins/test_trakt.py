"""Trakt's export, in all the forms that people have published."""

import json
from typing import Any

import pytest
from movietracker_plugins.trakt.importer import TraktImporter
from support.uploads import counts_of, rows_and_broken, rows_of, upload

from movietracker.plugin.importers import Importer, ImportRow, ListPlace
from movietracker.testing.importers import ImporterContract

TRAKT = TraktImporter()
FILM: dict[str, Any] = {
    "title": "Heat",
    "year": 1995,
    "ids": {
        "trakt": 669,
        "slug": "heat-1995",
        "imdb": "tt0113277",
        "tmdb": 949,
        "plex": {"guid": "5d", "slug": "heat"},
    },
}
SHOW: dict[str, Any] = {"title": "Lost", "year": 2004, "ids": {"trakt": 73, "imdb": "tt0411008", "tmdb": 4607}}
ABOUT_FILM = {"type": "movie", "movie": FILM}
ABOUT_SHOW = {"type": "show", "show": SHOW}
ABOUT_SEASON = {"type": "season", "season": {"number": 1, "ids": {"trakt": 8}}, "show": SHOW}
ABOUT_EPISODE = {"type": "episode", "episode": {"season": 1, "number": 2, "ids": {"trakt": 9}}, "show": SHOW}
HEADER = "type,action,title,year,trakt,imdb,tmdb,tvdb,watched_at,listed_at,rating,rated_at,season,episode\n"


def element(about: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return fields | about


def viewing(number: int = 1, watched_at: str | None = "2024-05-06T19:30:00.000Z", **about: Any) -> dict[str, Any]:
    return element(about or ABOUT_FILM, id=9_000_000_000 + number, watched_at=watched_at, action="scrobble")


def listed(number: int = 1, about: dict[str, Any] = ABOUT_FILM, notes: str | None = None) -> dict[str, Any]:
    listed_at = "2024-01-02T03:04:05.000Z"
    return element(about, rank=number, id=500 + number, listed_at=listed_at, notes=notes, my_rating=None)


def rated(about: dict[str, Any] = ABOUT_FILM, rating: int = 9) -> dict[str, Any]:
    return element(about, rated_at="2024-05-06T20:00:00.000Z", rating=rating)


def comment(number: int = 1, about: dict[str, Any] = ABOUT_FILM, **fields: Any) -> dict[str, Any]:
    said = {"id": number, "comment": "Loud", "parent_id": 0, "created_at": "2024-05-07T00:00:00.000Z"}
    return about | {"comment": said | fields}


def a_list(number: int, name: str, description: str | None = None) -> dict[str, Any]:
    return {"name": name, "description": description, "privacy": "private", "item_count": 1, "ids": {"trakt": number}}


def files(**parts: Any) -> dict[str, str | bytes]:
    return {f"{name.replace('_', '-')}.json": json.dumps(content) for name, content in parts.items()}


def only(name: str, *elements: Any) -> ImportRow:
    (row,) = rows_of(TRAKT, {name: json.dumps(elements)})
    return row


EXPORT = files(
    watched_history=[viewing(1), viewing(2), viewing(3, **ABOUT_EPISODE)],
    ratings_movies=[rated()],
    ratings_shows=[rated(ABOUT_SHOW)],
    ratings_seasons=[rated(ABOUT_SEASON)],
    comments_movies=[comment()],
    collection_movies=[{"collected_at": "2024-01-02T03:04:05.000Z", "movie": FILM}],
    hidden_recommendations=[element(ABOUT_FILM, hidden_at="2024-01-02T03:04:05.000Z")],
    watched_playback=[element(ABOUT_FILM, progress=12.5, paused_at="2024-01-02T03:04:05.000Z", id=1)],
    watched_movies=[{"plays": 7, "last_watched_at": "2024-05-06T19:30:00.000Z", "movie": FILM}],
    lists_lists=[a_list(4242, "Movies Frank wants me to watch", "His best")],
    lists_watchlist=[listed(1, ABOUT_SHOW)],
    lists_favorites=[listed(1)],
    lists_list_4242_frank=[listed(1), listed(2, ABOUT_SHOW), listed(3, ABOUT_SEASON)],
    user_profile={"username": "anna", "name": "Anna", "location": "Vienna"},
)


def test_a_whole_export_is_counted_without_collections_hidden_titles_and_counts_of_plays() -> None:
    assert counts_of(TRAKT, EXPORT) == {
        "titles": 2,
        "viewings": 2,
        "ratings": 2,
        "watchlist": 1,
        "lists": 1,
        "list_items": 2,
        "likes": 1,
        "reviews": 1,
        "people": 1,
        "episodes": 3,
    }


def test_the_profile_comes_into_no_row() -> None:
    assert "anna" not in repr(rows_of(TRAKT, EXPORT)).lower()


def test_folders_make_no_difference() -> None:
    folders = {f"{name.partition('-')[0]}/{name}": content for name, content in EXPORT.items()}
    assert counts_of(TRAKT, folders) == counts_of(TRAKT, EXPORT)


@pytest.mark.parametrize("name", ["collection-movies.json", "hidden-recommendations.json", "user-profile.json"])
def test_parts_that_say_nothing_of_a_library_are_no_export_of_trakt(name: str) -> None:
    assert not TRAKT.recognizes(upload({name: EXPORT[name]}))


def test_a_viewing_has_its_moment_its_own_id_and_the_ids_of_the_title() -> None:
    row = only("watched-history.json", viewing())
    assert (row.row_id, row.viewing_id, row.is_viewing) == ("history:9000000001", "9000000001", True)
    assert (row.watched_at, row.watched_on, row.status) == (1715023800.0, None, "watched")
    assert (row.kind, row.title, row.year, row.imdb_id, row.tmdb_id) == ("movie", "Heat", 1995, "tt0113277", 949)
    assert row.other_ids == (("trakt", "movie/669"),)


@pytest.mark.parametrize("watched_at", [None, "", "unknown", "1970-01-01T00:00:00.000Z"])
def test_a_viewing_without_a_moment_is_undated(watched_at: str | None) -> None:
    row = only("watched-history.json", viewing(1, watched_at))
    assert (row.is_viewing, row.watched_at, row.watched_on) == (True, None, None)


def test_a_history_without_moments_at_all_is_read() -> None:
    element = viewing()
    del element["watched_at"]
    assert only("watched-history.json", element).is_viewing


def test_midnight_stands_for_a_day_which_stays_that_day() -> None:
    row = only("watched-history.json", viewing(1, "2024-05-06T00:00:00.000Z"))
    assert (row.watched_on, row.watched_at) == ("2024-05-06", None)


def test_numbered_parts_are_read_in_the_order_of_their_numbers() -> None:
    parts = {f"watched-history-{number}.json": json.dumps([viewing(number)]) for number in (10, 9, 1)}
    assert [row.viewing_id for row in rows_of(TRAKT, parts)] == ["9000000001", "9000000009", "9000000010"]


def test_a_viewing_in_two_parts_is_a_duplicate() -> None:
    parts = files(watched_history_1=[viewing(1), viewing(2)], watched_history_2=[viewing(2), viewing(3)])
    assert counts_of(TRAKT, parts) == {"titles": 1, "viewings": 3, "duplicates": 1}


@pytest.mark.parametrize("missing", [{"tmdb": None}, {"imdb": None}, {"tmdb": None, "imdb": None}])
def test_missing_ids_and_years_stay_missing(missing: dict[str, None]) -> None:
    film = FILM | {"year": None, "ids": FILM["ids"] | missing}
    row = only("lists-watchlist.json", listed(1, {"type": "movie", "movie": film}))
    assert (row.title, row.year) == ("Heat", None)
    assert {"tmdb": row.tmdb_id, "imdb": row.imdb_id} | missing == {"tmdb": 949, "imdb": "tt0113277"} | missing


def test_without_a_history_the_count_of_plays_gives_one_dated_viewing_and_undated_ones() -> None:
    film = {"plays": 3, "last_watched_at": "2024-05-06T19:30:00.000Z", "movie": FILM}
    rows = rows_of(TRAKT, files(watched_movies=[film]))
    assert [(row.watched_at, row.is_counted) for row in rows] == [(1715023800.0, False), (None, True), (None, True)]
    assert {row.viewing_id for row in rows} == {None}


def test_plays_of_episodes_are_counted_and_no_viewings_of_the_series() -> None:
    seasons = [{"number": 1, "episodes": [{"number": 1, "plays": 2}, {"number": 2, "plays": 1}]}]
    show = {"plays": 3, "last_watched_at": "2024-05-06T19:30:00.000Z", "show": SHOW, "seasons": seasons}
    assert counts_of(TRAKT, files(watched_shows=[show])) == {"episodes": 2}


def test_a_rating_is_the_present_one_and_no_viewing() -> None:
    row = only("ratings-movies.json", rated())
    assert (row.rating, row.viewing_rating, row.is_viewing, row.status) == (9.0, None, False, "watched")
    assert (row.added_on, row.watched_on) == ("2024-05-06", None)


def test_a_wish_has_the_users_rating_where_no_other_file_does() -> None:
    row = only("lists-watchlist.json", listed() | {"my_rating": 7})
    assert (row.status, row.rating) == ("toWatch", 7.0)


def test_a_wish_is_not_watched_and_its_note_can_name_who_recommended_it() -> None:
    row = only("lists-watchlist.json", listed(1, notes="recommended by Anna"))
    assert (row.status, row.is_viewing, row.added_on) == ("toWatch", False, "2024-01-02")
    assert [(person.name, person.written_as) for person in row.recommended_by] == [("Anna", "recommended by Anna")]


def test_a_title_both_seen_and_wanted_keeps_both() -> None:
    rows = rows_of(TRAKT, files(watched_history=[viewing()], lists_watchlist=[listed()]))
    assert [row.status for row in rows] == ["watched", "toWatch"]


def test_a_list_has_its_name_description_and_order() -> None:
    names = [a_list(4242, "Best, ever", "Of all")]
    items = [listed(1), listed(2, ABOUT_SHOW)]
    first, second = rows_of(TRAKT, files(lists_lists=names, lists_list_4242_best_ever=items))
    assert (first.list_place, first.status) == (ListPlace("Best, ever", 1, "Of all"), None)
    assert second.list_place == ListPlace("Best, ever", 2, "Of all")
    assert (second.kind, second.title) == ("tv", "Lost")


def test_a_list_that_others_share_has_its_name_too() -> None:
    parts = files(lists_collaborations=[a_list(53, "Shared picks")], lists_list_53_shared_picks=[listed(1)])
    (row,) = rows_of(TRAKT, parts)
    assert row.list_place == ListPlace("Shared picks", 1)


def test_a_list_without_the_file_of_names_is_called_as_its_own_file() -> None:
    assert only("lists-list-4242-rewatch-soon.json", listed()).list_place == ListPlace("rewatch soon", 1)


def test_a_file_that_does_not_say_which_list_it_is_is_for_the_user_to_decide() -> None:
    row = only("download (3).json", listed())
    assert (row.status, row.list_place) == (None, None)
    assert row.needs_review == "the file does not say whether this is a list, the watchlist or favorites"


def test_a_comment_is_a_review_and_an_answer_is_none() -> None:
    first, seen = rows_of(
        TRAKT, files(comments_movies=[comment(1), comment(2, parent_id=1), comment(3, user_stats={"play_count": 1})])
    )
    assert (first.review, first.is_viewing, first.status) == ("Loud", False, None)
    assert seen.status == "watched"


def test_episodes_and_seasons_are_named_and_are_no_titles() -> None:
    parts = files(watched_history=[viewing(1, **ABOUT_EPISODE)], ratings_seasons=[rated(ABOUT_SEASON)])
    rows = rows_of(TRAKT, parts)
    assert [(row.kind, row.title) for row in rows] == [
        ("episode", "Lost, season 1 episode 2"),
        ("episode", "Lost, season 1"),
    ]


def test_a_person_in_a_list_is_no_title() -> None:
    person = {"type": "person", "person": {"name": "Al Pacino", "ids": {"trakt": 1}}}
    assert only("lists-list-1-stars.json", listed(1, person)).kind == "other"


def test_an_element_without_a_title_and_a_damaged_file_are_named_and_the_rest_is_read() -> None:
    broken_off = json.dumps([viewing(1), {"id": 2, "action": "watch", "type": "movie"}])[:-1]
    rows, broken = rows_and_broken(TRAKT, {"watched-history.json": broken_off})
    assert [row.title for row in rows] == ["Heat"]
    assert [each.where for each in broken] == ["watched-history.json, item 2", "watched-history.json"]


@pytest.mark.parametrize(
    "value", [None, 7, "x", [], ["x"], {"ids": []}, {"ids": {"imdb": 7, "tmdb": "x"}, "title": []}]
)
def test_a_title_of_any_shape_does_no_harm(value: Any) -> None:
    rows, broken = rows_and_broken(TRAKT, files(watched_history=[viewing(), viewing(2) | {"movie": value}]))
    assert len(rows) + len(broken) == 2


def test_the_table_states_one_fact_a_line() -> None:
    named = "Heat,1995,669,tt0113277,949,"
    seen, unknown, wanted, rated_row, episode = rows_of(
        TRAKT,
        {
            "trakt.csv": HEADER
            + f"movie,history,{named},2024-05-06T19:30:00Z,,,,,\n"
            + f"movie,history,{named},unknown,,,,,\n"
            + f"movie,watchlist,{named},,2024-01-02T03:04:05Z,,,,\n"
            + f"movie,rating,{named},,,9,2024-05-06T20:00:00Z,,\n"
            + "episode,history,Lost,2004,73,,,,2024-05-06T19:30:00Z,,,,1,2\n"
        },
    )
    assert (seen.watched_at, seen.imdb_id, seen.tmdb_id, seen.kind) == (1715023800.0, "tt0113277", 949, "movie")
    assert (unknown.is_viewing, unknown.watched_at, unknown.watched_on) == (True, None, None)
    assert (wanted.status, wanted.added_on, wanted.is_viewing) == ("toWatch", "2024-01-02", False)
    assert (rated_row.rating, rated_row.status, rated_row.added_on) == (9.0, "watched", "2024-05-06")
    assert episode.kind == "episode"


def test_a_day_in_the_table_that_a_spreadsheet_rewrote_is_the_same_day() -> None:
    (row,) = rows_of(TRAKT, {"x": HEADER + "movie,history,Heat,1995,669,tt0113277,949,,5/26/2024 19:30,,,,,\n"})
    assert row.watched_on == "2024-05-26"


def test_two_viewings_of_the_same_moment_are_two_and_two_undated_ones_are_one() -> None:
    line = "movie,history,Heat,1995,669,tt0113277,949,,{},,,,,\n"
    table = HEADER + line.format("2024-05-06") * 2 + line.format("unknown") * 2
    assert counts_of(TRAKT, {"trakt.csv": table}) == {"titles": 1, "viewings": 3, "duplicates": 1}


def test_what_was_only_collected_is_left_out_of_the_table_too() -> None:
    named = "Heat,1995,669,tt0113277,949,"
    lines = [f"movie,{action},{named},,2024-01-02T03:04:05Z,,,,\n" for action in ("collection", "watchlist")]
    assert [row.status for row in rows_of(TRAKT, {"trakt.csv": HEADER + "".join(lines)})] == ["toWatch"]


def test_the_table_for_trakts_importer_is_read_too() -> None:
    table = "imdb_id,type,watched_at,watchlisted_at,rating,rated_at\ntt0113277,movie,,2024-01-02T03:04:05Z,9,\n"
    (row,) = rows_of(TRAKT, {"file.csv": table})
    assert (row.imdb_id, row.status, row.rating) == ("tt0113277", "toWatch", 9.0)


class TestContract(ImporterContract):
    samples = (EXPORT, {"trakt.csv": HEADER + "movie,history,Heat,1995,669,tt0113277,949,,2024-05-06,,,,,\n" * 2})

    @pytest.fixture
    def importer(self) -> Importer:
        return TRAKT
