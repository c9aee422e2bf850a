"""Documents of version 1, which hold whole Movies and People and lack some fields, can be imported."""

import json
from typing import Any

import pytest
from flask import Flask
from support.client import Client
from support.library import movie_of, stubs_of
from support.shapes import assert_problem

from movietracker.services.accounts import Account

from .documents import ALIEN, FAR_AHEAD, HEAT, LONG_AGO, MATRIX, RAINY, Json, bring, by_key, counts, export, send

SOMEBODY = "0f1e2d3c-0000-4000-8000-000000000001"
DETAILS = {"tmdbId": 603, "title": "The Matrix", "year": "1999", "mediaType": "movie", "genres": ["Action"], "cast": []}
RATINGS = {"imdbId": MATRIX, "title": "The Matrix", "year": 1999, "imdbRating": 8.7, "director": "Lana Wachowski"}


def old_vote(**who: Any) -> Json:
    """A recommendation as version 1 has it."""
    return {"id": 1, "imdb_id": MATRIX, "user_id": SOMEBODY, "date_recommended": LONG_AGO, "vote_type": True, **who}


def old_movie(imdb_id: str, *votes: Json, **other: Any) -> Json:
    """A title as version 1 has it: the contract's whole Movie."""
    usual = {
        "imdb_id": imdb_id,
        "user_id": SOMEBODY,
        "media_type": "movie",
        "tmdb_data": None,
        "omdb_data": None,
        "last_modified": LONG_AGO,
        "status": "toWatch",
        "custom_list_id": None,
        "recommendations": list(votes),
        "watch_history": None,
    }
    return usual | other


def old_person(person_id: int | str, name: str) -> Json:
    """A person as version 1 has them."""
    return {
        "id": person_id,
        "name": name,
        "user_id": SOMEBODY,
        "is_trusted": 1,
        "color": None,
        "emoji": None,
        "last_modified": LONG_AGO,
        "movie_count": 3,
    }


def old_document(*movies: Json, people: Any = (), **other: Any) -> Json:
    """A document of version 1."""
    told = {"version": 1, "exported_at": LONG_AGO, "user_id": SOMEBODY, "movies": list(movies), "people": list(people)}
    return told | other


WATCHED = {"imdb_id": MATRIX, "user_id": SOMEBODY, "date_watched": LONG_AGO, "my_rating": 9}


def test_a_whole_document_of_version_1_is_imported(app: Flask, anna: Account, client: Client) -> None:
    result = bring(
        client,
        old_document(
            old_movie(
                MATRIX,
                old_vote(person_id=7, person_name="Anna", person="Anna"),
                old_vote(person_id=8, person="Ben", vote_type="downvote"),
                old_vote(person_id=9),
                tmdb_data=DETAILS,
                omdb_data=RATINGS,
                status="watched",
                watch_history=WATCHED,
            ),
            old_movie(HEAT, status="custom", custom_list_id=RAINY),
            people=[old_person(7, "Anna"), old_person(8, "Ben"), old_person(9, "Cleo")],
            lists=[{"id": RAINY, "user_id": SOMEBODY, "name": "Rainy", "created_at": LONG_AGO}],
        ),
    )
    assert result["imported_counts"] == counts(movies=2, people=3, lists=1)
    assert result["imdb_ids_needing_enrichment"] == [HEAT]
    assert "ignored_fields" not in result
    with app.app_context():
        matrix = movie_of(anna, MATRIX)
        assert stubs_of(anna) == {HEAT}
    assert (matrix["tmdb_data"], matrix["omdb_data"]) == (DETAILS, RATINGS)
    assert {each["person_name"]: each["vote_type"] for each in matrix["recommendations"]} == {
        "Anna": True,
        "Ben": False,
        "Cleo": True,
    }
    assert (matrix["watch_history"]["my_rating"], matrix["watch_history"]["user_id"]) == (9.0, anna.id)
    exported = export(client)
    anna_then = by_key(exported, "people", "Anna")
    assert (anna_then["is_trusted"], anna_then["color"]) == (True, "#0a84ff")
    assert by_key(exported, "movies", HEAT)["custom_list_id"] == RAINY


def test_imported_details_are_searched_like_any_other(client: Client) -> None:
    bring(client, old_document(old_movie(MATRIX, tmdb_data=DETAILS, omdb_data=RATINGS), old_movie(HEAT)))
    for words in ("matrix", "wachowski", "action"):
        assert [each["imdb_id"] for each in client.get("/api/movies", query_string={"q": words}).json] == [MATRIX]


def test_stored_details_are_kept_and_missing_ones_filled_in(app: Flask, anna: Account, client: Client) -> None:
    stored = {"title": "Matrix, as stored"}
    client.post(f"/api/movies/{MATRIX}/recommendations", json={"person": "Anna", "tmdb_data": stored})
    newer = old_movie(MATRIX, old_vote(person="Anna"), tmdb_data=DETAILS, omdb_data=RATINGS, last_modified=FAR_AHEAD)
    assert bring(client, old_document(newer))["movies_imported"] == 1
    with app.app_context():
        shown = movie_of(anna, MATRIX)
    assert (shown["tmdb_data"], shown["omdb_data"]) == (stored, RATINGS)
    assert bring(client, old_document(newer))["movies_imported"] == 0


def test_a_stub_gets_the_details_of_the_file(app: Flask, anna: Account, client: Client) -> None:
    bring(client, old_document(old_movie(MATRIX)))
    same_but_detailed = old_movie(MATRIX, tmdb_data=DETAILS, last_modified=FAR_AHEAD)
    result = bring(client, old_document(same_but_detailed))
    assert (result["movies_imported"], result["imdb_ids_needing_enrichment"]) == (1, [])
    with app.app_context():
        assert movie_of(anna, MATRIX)["tmdb_data"] == DETAILS


@pytest.mark.parametrize("version", [{"version": 1}, {"version": "1.0"}, {"version": None}, {}])
def test_a_file_without_a_version_is_of_the_first(client: Client, version: Json) -> None:
    told = {key: value for key, value in old_document(old_movie(MATRIX)).items() if key != "version"} | version
    assert bring(client, told)["movies_imported"] == 1


def test_what_old_files_lack_is_made_up_for(client: Client) -> None:
    bare = {"movies": [{"imdb_id": MATRIX}, {"imdb_id": HEAT, "watch_history": {"my_rating": 7}}]}
    assert bring(client, bare)["imported_counts"] == counts(movies=2)
    exported = export(client)
    assert by_key(exported, "movies", MATRIX)["status"] == "toWatch"
    heat = by_key(exported, "movies", HEAT)
    assert (heat["status"], heat["watch_history"]["my_rating"]) == ("watched", 7)
    assert heat["watch_history"]["date_watched"] == heat["last_modified"]


def test_missing_dates_are_the_record_s_own(client: Client) -> None:
    told = old_movie(MATRIX, {"person": "Anna"}, watch_history={"rating": 6}, status="watched")
    bring(client, old_document(told))
    matrix = by_key(export(client), "movies", MATRIX)
    assert matrix["recommendations"] == [{"person_name": "Anna", "date_recommended": LONG_AGO, "vote_type": True}]
    assert matrix["watch_history"] == {"date_watched": LONG_AGO, "my_rating": 6.0}


def test_what_a_file_does_not_tell_is_left_as_it_is_here(client: Client) -> None:
    bring(client, old_document(old_movie(MATRIX, old_vote(person="Anna"), status="watched", watch_history=WATCHED)))
    client.put("/api/people/Anna", json={"emoji": "🎬", "color": "#111111"})
    before = export(client)
    told = {"imdb_id": MATRIX, "last_modified": FAR_AHEAD}
    silent = old_document(told, people=[{"name": "Anna", "last_modified": FAR_AHEAD, "is_trusted": True}])
    assert bring(client, silent)["imported_counts"] == counts(people=1)
    after = export(client)
    assert after["movies"] == before["movies"]
    anna = by_key(after, "people", "Anna")
    assert (anna["emoji"], anna["color"], anna["is_trusted"]) == ("🎬", "#111111", True)


def test_milliseconds_become_seconds(client: Client) -> None:
    then = 1_700_000_000_000
    told = old_movie(
        MATRIX,
        old_vote(person="Anna", date_recommended=then),
        watch_history={"date_watched": then, "my_rating": 5},
        last_modified=then,
    )
    bring(client, old_document(told, exported_at=then))
    matrix = by_key(export(client), "movies", MATRIX)
    assert matrix["recommendations"][0]["date_recommended"] == matrix["watch_history"]["date_watched"] == 1.7e9


@pytest.mark.parametrize("ids", [(7, "7"), ("7", 7), ("a-uuid", "a-uuid")])
def test_people_are_found_by_the_file_s_own_ids(client: Client, ids: tuple[Any, Any]) -> None:
    theirs, named = ids
    bring(client, old_document(old_movie(MATRIX, old_vote(person_id=named)), people=[old_person(theirs, "Anna")]))
    (voter,) = by_key(export(client), "movies", MATRIX)["recommendations"]
    assert voter["person_name"] == "Anna"


def test_ids_of_people_here_mean_nothing(client: Client, bens_client: Client) -> None:
    ours = bens_client.post("/api/people", json={"name": "Ours"}).json["id"]
    told = old_document(old_movie(MATRIX, old_vote(person_id=ours)), people=[old_person(ours, "Theirs")])
    bring(bens_client, told)
    (voter,) = by_key(export(bens_client), "movies", MATRIX)["recommendations"]
    assert voter["person_name"] == "Theirs"


def test_an_id_that_no_person_in_the_file_has_is_a_fault(client: Client) -> None:
    ours = client.post("/api/people", json={"name": "Ours"}).json["id"]
    told = old_document(old_movie(MATRIX, old_vote(person="Anna"), old_vote(person_id=ours)))
    body = assert_problem(send(client, told), 422, "invalid_document")
    assert list(body["errors"]) == ["movies[0].recommendations[1].person_id"]
    assert export(client)["movies"] == []


def test_a_recommendation_without_a_person_is_a_fault(client: Client) -> None:
    told = old_document(old_movie(MATRIX, old_vote(person=None, person_id=None), old_vote(person="")))
    body = assert_problem(send(client, told), 422, "invalid_document")
    assert body["errors"] == {
        "movies[0].recommendations[0].person_name": ["is missing"],
        "movies[0].recommendations[1].person_name": ["is missing"],
    }


def test_names_that_differ_in_white_space_only_are_one_person(client: Client) -> None:
    told = old_document(
        old_movie(MATRIX, old_vote(person_id=1), old_vote(person_id=2, vote_type=False)),
        people=[old_person(1, "Anna"), old_person(2, "Anna ")],
    )
    assert bring(client, told)["people_imported"] == 1
    (voter,) = by_key(export(client), "movies", MATRIX)["recommendations"]
    assert voter == {"person_name": "Anna", "date_recommended": LONG_AGO, "vote_type": False}


def test_lists_that_the_file_forgot_are_looked_for_here(client: Client) -> None:
    rainy = client.post("/api/lists", json={"name": "Rainy"}).json["id"]
    result = bring(
        client,
        old_document(
            old_movie(MATRIX, status="custom", custom_list_id=rainy),
            old_movie(HEAT, status="custom", custom_list_id=RAINY),
            old_movie(ALIEN, status="custom"),
        ),
    )
    (warning,) = result["warnings"]
    assert "2" in warning
    exported = export(client)
    told = {each["imdb_id"]: (each["status"], each["custom_list_id"]) for each in exported["movies"]}
    assert told == {MATRIX: ("custom", rainy), HEAT: ("toWatch", None), ALIEN: ("toWatch", None)}


@pytest.mark.parametrize(
    ("told", "meant"),
    [(True, True), (1, True), ("upvote", True), ("UPVOTE", True), (False, False), (0, False), ("downvote", False)],
)
def test_votes_are_understood_in_every_spelling(client: Client, told: Any, meant: bool) -> None:
    bring(client, old_document(old_movie(MATRIX, old_vote(person="Anna", vote_type=told))))
    assert by_key(export(client), "movies", MATRIX)["recommendations"][0]["vote_type"] is meant


def test_series_are_known_by_their_details(client: Client) -> None:
    told = {"imdb_id": MATRIX, "tmdb_data": DETAILS | {"mediaType": "tv"}}
    bring(client, {"movies": [told]})
    assert by_key(export(client), "movies", MATRIX)["media_type"] == "tv"


def test_details_that_no_client_could_store_are_faults(client: Client) -> None:
    huge = {"title": "x" * 300_000}
    told = old_document(old_movie(MATRIX, tmdb_data=huge), old_movie(HEAT, omdb_data=[1]))
    body = assert_problem(send(client, told), 422, "invalid_document")
    assert list(body["errors"]) == ["movies[0].tmdb_data", "movies[1].omdb_data"]


def test_the_same_old_file_changes_nothing_the_second_time(client: Client) -> None:
    told = old_document(
        old_movie(MATRIX, old_vote(person_id=1), tmdb_data=DETAILS, status="watched", watch_history=WATCHED),
        people=[old_person(1, "Anna")],
    )
    bring(client, told)
    before = export(client)
    assert bring(client, told)["imported_counts"] == counts()
    after = export(client)
    assert [after[kind] for kind in ("movies", "people")] == [before[kind] for kind in ("movies", "people")]


def test_a_document_of_40_mib_is_taken(client: Client) -> None:
    movies = [old_movie(f"tt{number:07}", tmdb_data={"title": "x", "plot": "x" * 62_500}) for number in range(640)]
    sent = json.dumps(old_document(*movies)).encode()
    assert len(sent) > 40_000_000
    assert bring(client, sent)["movies_imported"] == 640
