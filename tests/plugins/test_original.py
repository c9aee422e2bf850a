"""Documents of versions 1 and 2, and the table of the original's script."""

import json
from typing import Any

import pytest
from movietracker_plugins.original.importer import OriginalImporter
from support.uploads import counts_of, rows_and_broken, rows_of

from movietracker.plugin.importers import Importer, ListPlace
from movietracker.testing.importers import ImporterContract

ORIGINAL = OriginalImporter()
TABLE = 'Name,Watched,Recommended By\nHeat (1995),yes,"Anna; Ben, Mum"\nRan,,\nAlien,2020-01-02,\n'
VOTE = {"person_name": "Anna", "date_recommended": 1.5, "vote_type": True}
HEAT = {"imdb_id": "tt0113277", "media_type": "movie", "status": "watched", "custom_list_id": None}


def document(*movies: Any, version: int = 2, **other: Any) -> dict[str, str | bytes]:
    return {"x.json": json.dumps({"version": version, "movies": movies, "people": [], "lists": [], **other})}


V2 = document({**HEAT, "recommendations": [VOTE], "watch_history": {"date_watched": 1.6e9, "my_rating": 8.5}})
V1 = document(
    {
        **HEAT,
        "tmdb_data": {"id": 949, "title": "Heat", "release_date": "1995-12-15"},
        "recommendations": [{"person_id": 7}],
    },
    version=1,
    people=[{"id": 7, "name": "Ben"}],
)
OURS = document({**HEAT, "liked": True, "tags": ["noir"], "viewings": [{"id": "a", "created_at": 1.6e9}]})


def test_a_document_of_version_2_is_read_with_votes_and_the_viewing() -> None:
    title, viewing = rows_of(ORIGINAL, V2)
    assert (title.imdb_id, title.kind, title.status, title.rating) == ("tt0113277", "movie", "watched", 8.5)
    assert [(each.name, each.vote, each.told_at) for each in title.recommended_by] == [("Anna", True, 1.5)]
    assert (viewing.is_viewing, viewing.watched_at) == (True, 1.6e9)


def test_a_document_of_version_1_names_people_by_ids_that_stand_behind_the_titles() -> None:
    (title,) = rows_of(ORIGINAL, V1)
    assert (title.title, title.year, title.tmdb_id) == ("Heat", 1995, 949)
    assert [each.name for each in title.recommended_by] == ["Ben"]


def test_each_viewing_of_a_newer_document_is_one_and_they_replace_the_watch_record() -> None:
    viewings = [{"id": "a", "watched_on": "2020-01", "rating": 7}, {"id": "b", "watched_at": 1.6e9, "note": "loud"}]
    files = document({**HEAT, "watch_history": {"date_watched": 1.6e9}, "viewings": viewings, "my_rating": 9})
    title, first, second = rows_of(ORIGINAL, files)
    assert title.rating == 9.0
    assert (first.watched_on, first.viewing_rating) == ("2020-01", 7.0)
    assert (second.watched_at, second.review) == (1.6e9, "loud")


def test_what_our_own_document_says_of_a_title_and_its_viewings_is_read_as_exactly_as_it_is_written() -> None:
    later = {"id": "b", "watched_on": "1969-07-20", "watched_at": -14182940, "rating": 8.25, "created_at": 1.7e9}
    earlier = {"id": "a", "watched_at": 0.0, "created_at": 1.6e9}
    ours = {"my_rating": 7.75, "liked": True, "tags": ["noir", "a, b"], "last_modified": 1.75e9}
    title, first, second = rows_of(ORIGINAL, document({**HEAT, **ours, "viewings": [later, earlier]}))
    assert (title.rating, title.liked, title.tags, title.added_at) == (7.75, True, ("noir", "a, b"), 1.75e9)
    assert (first.viewing_id, first.watched_at, first.added_at) == ("a", 0.0, 1.6e9)
    assert (second.viewing_id, second.watched_on, second.watched_at) == ("b", "1969-07-20", -14182940.0)
    assert second.viewing_rating == 8.25


def test_times_in_milliseconds_are_read_as_such() -> None:
    _, viewing = rows_of(ORIGINAL, document({**HEAT, "watch_history": {"date_watched": 1_600_000_000_000}}))
    assert viewing.watched_at == 1.6e9


@pytest.mark.parametrize("vote", [False, "downvote", 0])
def test_a_vote_against_a_title_stays_one(vote: Any) -> None:
    (title,) = rows_of(ORIGINAL, document({**HEAT, "recommendations": [{**VOTE, "vote_type": vote}]}))
    assert [each.vote for each in title.recommended_by] == [False]


def test_lists_are_named_and_what_was_deleted_is_left_out() -> None:
    listed = {**HEAT, "status": "custom", "custom_list_id": "L1"}
    deleted = {**HEAT, "imdb_id": "tt0078748", "status": "deleted"}
    (title,) = rows_of(ORIGINAL, document(listed, deleted, lists=[{"id": "L1", "name": "Noir"}]))
    assert (title.list_place, title.status) == (ListPlace("Noir", is_status=True), None)


@pytest.mark.parametrize(("watch", "status"), [(None, "toWatch"), ({"date_watched": 1.6e9}, None)])
def test_a_title_without_a_status_is_wanted_unless_it_was_watched(watch: Any, status: str | None) -> None:
    title, *_ = rows_of(ORIGINAL, document({**HEAT, "status": "custom", "custom_list_id": "?", "watch_history": watch}))
    assert title.status == status


def test_values_of_any_shape_break_only_their_title() -> None:
    odd = {
        **HEAT,
        "recommendations": 5,
        "watch_history": [],
        "tmdb_data": "x",
        "my_rating": {},
        "viewings": [None],
        "liked": "x",
        "tags": 5,
    }
    rows, broken = rows_and_broken(ORIGINAL, document(odd, {"imdb_id": "x"}, 7))
    assert len(rows) == 1
    assert [each.reason for each in broken] == ["has no IMDb id", "has no IMDb id"]


def test_the_table_of_the_script_divides_names_by_semicolons_and_commas() -> None:
    heat, ran, alien = rows_of(ORIGINAL, {"x.csv": TABLE})
    assert (heat.title, heat.year, heat.status) == ("Heat", 1995, "watched")
    assert [each.name for each in heat.recommended_by] == ["Anna", "Ben", "Mum"]
    assert ran.status == "toWatch"
    assert alien.watched_on == "2020-01-02"
    assert counts_of(ORIGINAL, {"x.csv": TABLE})["people"] == 3


class TestContract(ImporterContract):
    samples = (V1, V2, OURS, {"x.csv": TABLE})

    @pytest.fixture
    def importer(self) -> Importer:
        return ORIGINAL
