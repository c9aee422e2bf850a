"""Simkl's backup."""

import json
from typing import Any

import pytest
from movietracker_plugins.simkl.importer import SimklImporter
from support.uploads import counts_of, rows_and_broken, rows_of, upload

from movietracker.plugin.importers import Importer, ImportRow
from movietracker.testing.importers import ImporterContract
from movietracker.uploads.statuses import BEGUN

SIMKL = SimklImporter()
HEAT = {"title": "Heat", "year": 1995, "ids": {"simkl": 53079, "slug": "heat", "imdb": "tt0113277", "tmdb": "949"}}
LOST = {"title": "Lost", "year": 2004, "ids": {"simkl": 15, "imdb": "tt0411008", "tmdb": "4607", "tvdb": "73739"}}
AKIRA = {"title": "Akira", "year": 1988, "ids": {"simkl": 38, "imdb": "tt0094625", "mal": "47"}}


def film(status: str = "completed", **fields: Any) -> dict[str, Any]:
    seen = {
        "last_watched_at": "2024-05-06T19:30:00Z",
        "user_rating": 9,
        "added_to_watchlist_at": "2024-01-02T03:04:05Z",
    }
    return {"status": status} | seen | fields | {"movie": HEAT}


def backup(movies: Any = None, shows: Any = None, anime: Any = None) -> dict[str, str | bytes]:
    return {"SimklBackup.json": json.dumps({"movies": movies or [], "shows": shows or [], "anime": anime or []})}


def only(**sections: Any) -> ImportRow:
    (row,) = rows_of(SIMKL, backup(**sections))
    return row


SEASONS = [{"number": 1, "episodes": [{"number": 1, "watched_at": "2024-05-06T19:30:00Z"}, {"number": 2}]}]
TABLE = (
    "SIMKL_ID,Title,Type,Year,Watchlist,LastEpWatched,WatchedDate,Rating,Memo,TVDB,TMDB,IMDB\n"
    "53079,Heat,movie,1995,completed,,2024-05-06,9,Loud,,949,tt0113277\n"
    "15,Lost,tv,2004,watching,s1e2,2024-05-07,,,73739,4607,tt0411008\n"
    "38,Akira,anime,1988,plantowatch,,,,,,,tt0094625\n"
)
IMPORTABLE = (
    "simkl_id,TVDB_ID,TMDB,IMDB_ID,MAL_ID,Type,Title,Year,LastEpWatched,Watchlist,WatchedDate,Rating,Memo\n"
    ",,949,tt0113277,,movie,Heat,1995,,,31/12/2024,9,\n"
    ",,,tt0089881,,movie,Ran,1985,,,,,\n"
)
WHOLE = backup(
    movies=[film(), film("plantowatch", last_watched_at=None, user_rating=None) | {"movie": AKIRA}],
    shows=[{"status": "watching", "user_rating": None, "show": LOST, "seasons": SEASONS}],
    anime=[{"status": "completed", "anime_type": "movie", "last_watched_at": None, "show": AKIRA}],
)


def test_a_whole_backup_is_counted() -> None:
    assert counts_of(SIMKL, WHOLE) == {"titles": 3, "viewings": 1, "ratings": 1, "watchlist": 1, "episodes": 2}


def test_a_film_has_its_ids_its_viewing_and_its_present_rating() -> None:
    row = only(movies=[film()])
    assert (row.kind, row.title, row.year) == ("movie", "Heat", 1995)
    assert (row.imdb_id, row.tmdb_id, row.other_ids) == ("tt0113277", 949, (("simkl", "53079"),))
    assert (row.is_viewing, row.watched_at, row.status) == (True, 1715023800.0, "watched")
    assert (row.rating, row.viewing_rating, row.added_on) == (9.0, None, "2024-01-02")


def test_a_film_that_was_watched_at_an_unknown_time_is_watched() -> None:
    row = only(movies=[film(last_watched_at=None)])
    assert (row.is_viewing, row.status) == (False, "watched")


def test_a_wish_is_not_watched_even_with_a_time_and_its_memo_can_name_who_recommended_it() -> None:
    row = only(movies=[film("plantowatch", memo={"text": "recommended by Anna", "is_private": True})])
    assert (row.status, row.is_viewing, row.watched_at) == ("toWatch", False, None)
    assert [person.name for person in row.recommended_by] == ["Anna"]


@pytest.mark.parametrize("status", ["watching", "hold", "dropped"])
def test_what_was_begun_is_for_the_user_to_decide(status: str) -> None:
    row = only(movies=[film(status)])
    assert (row.status, row.is_viewing, row.needs_review) == (None, False, "it was begun and not finished")


def test_a_rewatch_is_another_viewing() -> None:
    again = film(is_rewatch=True, rewatch_id=1, last_watched_at="2025-05-06T19:30:00Z")
    assert counts_of(SIMKL, backup(movies=[film(), again])) == {"titles": 1, "viewings": 2, "ratings": 1}


def test_a_completed_series_is_watched_without_a_viewing() -> None:
    row = only(shows=[{"status": "completed", "last_watched_at": "2024-05-06T19:30:00Z", "show": LOST}])
    assert (row.kind, row.tvdb_id, row.status, row.is_viewing) == ("tv", 73739, "watched", False)


@pytest.mark.parametrize(
    ("anime_type", "kind"), [("movie", "movie"), ("tv", "tv"), ("ova", "tv"), ("music video", "other")]
)
def test_an_anime_of_type_movie_is_a_film(anime_type: str, kind: str) -> None:
    anime = {"status": "completed", "anime_type": anime_type, "last_watched_at": "2024-05-06T19:30:00Z", "show": AKIRA}
    row = only(anime=[anime])
    assert (row.kind, row.is_viewing) == (kind, kind == "movie")


def test_a_backup_of_one_kind_alone_is_recognized() -> None:
    assert SIMKL.recognizes(upload({"x": json.dumps({"anime": [{"status": "completed", "show": AKIRA}]})}))


@pytest.mark.parametrize("value", [None, 7, [], {"title": ["x"]}, {"ids": "x"}])
def test_a_title_of_any_shape_does_no_harm(value: Any) -> None:
    rows, broken = rows_and_broken(SIMKL, backup(movies=[film(), film() | {"movie": value}]))
    assert (len(rows), len(broken)) == (1, 1)


def test_a_table_has_ids_state_rating_and_memo_of_each_title() -> None:
    heat, lost, akira = rows_of(SIMKL, {"x.csv": TABLE})
    assert (heat.kind, heat.title, heat.year, heat.imdb_id, heat.tmdb_id) == ("movie", "Heat", 1995, "tt0113277", 949)
    assert (heat.is_viewing, heat.watched_on, heat.rating, heat.note) == (True, "2024-05-06", 9.0, "Loud")
    assert (lost.kind, lost.tvdb_id, lost.is_viewing, lost.needs_review) == ("tv", 73739, False, BEGUN)
    assert (akira.kind, akira.status, akira.other_ids) == (None, "toWatch", (("simkl", "38"),))


def test_a_table_for_simkls_importer_says_the_state_by_the_date_or_not_at_all() -> None:
    heat, ran = rows_of(SIMKL, {"x.csv": IMPORTABLE})
    assert (heat.imdb_id, heat.watched_on, heat.status) == ("tt0113277", "2024-12-31", "watched")
    assert (ran.status, ran.needs_review) == (
        None,
        "the file does not say whether this title was watched or is wanted",
    )


class TestContract(ImporterContract):
    samples = (WHOLE, {"b.csv": TABLE}, {"i.csv": IMPORTABLE})

    @pytest.fixture
    def importer(self) -> Importer:
        return SIMKL
