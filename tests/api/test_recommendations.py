"""Who recommended what: votes by name or id, several at once, and taking them back."""

import time
from typing import Any

import pytest
from support.client import Client
from support.shapes import MOVIE, RECOMMENDATION, assert_invalid, assert_problem, assert_shape

from movietracker.services.accounts import Account

MATRIX = "tt0133093"
ADDRESS = f"/api/movies/{MATRIX}/recommendations"

# One e with an acute accent, once as one character, once as two.
COMPOSED, DECOMPOSED = "Ren\u00e9", "Rene\u0301"


def recommend(client: Client, **body: Any) -> Any:
    return client.post(ADDRESS, json=body)


def movie_of(client: Client) -> Any:
    return client.get(f"/api/movies/{MATRIX}").json


def names(client: Client) -> list[str]:
    return [vote["person_name"] for vote in movie_of(client)["recommendations"]]


def person_id(client: Client, name: str) -> int:
    return int(client.post("/api/people", json={"name": name}).json["id"])


class TestRecommending:
    def test_makes_movie_and_person_as_needed(self, client: Client, anna: Account) -> None:
        answer = recommend(client, person_name="Mum")

        assert answer.status_code == 201
        assert_shape(answer.json, RECOMMENDATION)
        assert answer.json["imdb_id"] == MATRIX
        assert answer.json["user_id"] == anna.id
        assert answer.json["person_name"] == answer.json["person"] == "Mum"
        assert answer.json["vote_type"] is True
        assert answer.json["date_recommended"] == pytest.approx(time.time(), abs=60)
        movie = movie_of(client)
        assert_shape(movie, MOVIE)
        assert (movie["status"], movie["media_type"]) == ("toWatch", "movie")
        assert movie["recommendations"] == [answer.json]
        mum = client.get("/api/people").json[-1]
        assert (mum["id"], mum["name"], mum["movie_count"]) == (answer.json["person_id"], "Mum", 1)

    def test_by_id(self, client: Client) -> None:
        mum = person_id(client, "Mum")

        assert recommend(client, person_id=mum).json["person_name"] == "Mum"

    def test_by_the_older_spelling(self, client: Client) -> None:
        assert recommend(client, person="Mum").json["person_name"] == "Mum"

    def test_nulls_stand_for_fields_left_out(self, client: Client) -> None:
        answer = recommend(
            client,
            person_id=None,
            person_name=None,
            person="Mum",
            date_recommended=None,
            tmdb_data=None,
            omdb_data=None,
        )
        assert (answer.status_code, answer.json["person_name"]) == (201, "Mum")

    def test_the_id_counts_when_a_name_comes_with_it(self, client: Client) -> None:
        mum = person_id(client, "Mum")

        assert recommend(client, person_id=mum, person_name="Dad").json["person_id"] == mum
        assert recommend(client, person_name="Mum", person="Dad").json["person_id"] == mum

    def test_the_same_person_again_updates_the_vote(self, client: Client) -> None:
        first = recommend(client, person_name="Mum", date_recommended=1.6e9).json
        again = recommend(client, person_name="Mum", vote_type=False)

        assert again.status_code == 201
        assert again.json == first | {"vote_type": False}
        assert movie_of(client)["recommendations"] == [again.json]
        dated = recommend(client, person_name="Mum", vote_type=False, date_recommended=1.7e9).json
        assert dated == again.json | {"date_recommended": 1.7e9}

    def test_names_are_trimmed(self, client: Client) -> None:
        for name in ["  Mum ", "Mum\n", "\u2003Mum"]:
            recommend(client, person_name="Mum")
            assert recommend(client, person_name=name).json["person_name"] == "Mum"
            assert names(client) == ["Mum"]

    def test_names_that_look_the_same_are_the_same(self, client: Client) -> None:
        first = recommend(client, person_name=DECOMPOSED).json
        assert first["person_name"] == COMPOSED
        assert recommend(client, person_name=COMPOSED).json["id"] == first["id"]

    def test_votes_are_taken_in_all_spellings(self, client: Client) -> None:
        for sent, stored in [
            (True, True),
            (False, False),
            (1, True),
            (0, False),
            ("upvote", True),
            ("downvote", False),
            ("UpVote", True),
        ]:
            assert recommend(client, person_name="Mum", vote_type=sent).json["vote_type"] is stored

    def test_dates_come_in_seconds_or_milliseconds(self, client: Client) -> None:
        for sent, stored in [
            (1.7e9, 1.7e9),
            (1_700_000_000_123, 1_700_000_000.123),
            (0, 0),
            (10_000_000_000, 1e10),
            (1.5, 1.5),
        ]:
            answer = recommend(client, person_name="Mum", date_recommended=sent)
            assert answer.json["date_recommended"] == pytest.approx(stored)

    def test_details_that_the_client_knows_fill_a_new_movie(self, client: Client) -> None:
        details = {"title": "Offline Film", "tmdbId": 7, "nested": {"a": [1, None, "ü"]}}
        recommend(client, person_name="Mum", tmdb_data=details, omdb_data={"imdbRating": 7.5}, media_type="tv")

        movie = movie_of(client)
        assert movie["tmdb_data"] == details
        assert movie["omdb_data"] == {"imdbRating": 7.5}
        assert movie["media_type"] == "tv"

    def test_details_fill_a_stub_but_replace_nothing(self, client: Client) -> None:
        recommend(client, person_name="Mum")
        recommend(client, person_name="Mum", tmdb_data={"title": "First"}, omdb_data={})
        recommend(client, person_name="Dad", tmdb_data={"title": "Second"}, omdb_data={"title": "Late"})

        movie = movie_of(client)
        assert movie["tmdb_data"] == {"title": "First"}
        assert movie["omdb_data"] == {"title": "Late"}

    def test_an_unknown_or_foreign_id_is_404_and_stores_nothing(self, client: Client, bens_client: Client) -> None:
        bens = person_id(bens_client, "Mum")

        for unknown in (bens, 1, 2**53 - 1):
            assert_problem(recommend(client, person_id=unknown), 404, "person_not_found")
        assert client.get("/api/movies").json == []

    def test_what_is_not_valid_is_422_and_stores_nothing(self, client: Client) -> None:
        for body, field in [
            ({}, "person_name"),
            ({"person": None}, "person_name"),
            ({"person_name": ""}, "person_name"),
            ({"person": ""}, "person"),
            ({"person_id": "7"}, "person_id"),
            ({"person_name": "Mum", "vote_type": 2}, "vote_type"),
            ({"person_name": "Mum", "date_recommended": "yesterday"}, "date_recommended"),
            ({"person_name": "Mum", "tmdb_data": []}, "tmdb_data"),
            ({"person_name": "Mum", "omdb_data": 7}, "omdb_data"),
            ({"person_name": "Mum", "tmdb_data": {"x": "y" * 300_000}}, "tmdb_data"),
            ({"person_name": "Mum", "media_type": "person"}, "media_type"),
        ]:
            assert_invalid(client.post(ADDRESS, json=body), field)
            assert client.get("/api/movies").json == []
            assert len(client.get("/api/people").json) == 4

    def test_votes_come_in_the_order_in_which_they_were_given(self, client: Client) -> None:
        for name in ("Zoe", "Mum", "Anton"):
            recommend(client, person_name=name)
        recommend(client, person_name="Mum", vote_type=False)

        assert names(client) == ["Zoe", "Mum", "Anton"]


class TestNotes:
    def test_what_a_person_said_is_kept_trimmed(self, client: Client) -> None:
        assert recommend(client, person_name="Mum").json["note"] is None
        assert recommend(client, person_name="Dad", note=" with the sound up\n").json["note"] == "with the sound up"
        assert [vote["note"] for vote in movie_of(client)["recommendations"]] == [None, "with the sound up"]

    def test_the_same_person_again_changes_the_note_only_when_one_is_given(self, client: Client) -> None:
        recommend(client, person_name="Mum", note="loud")
        for body, note in (({}, "loud"), ({"note": None}, "loud"), ({"note": "quiet"}, "quiet"), ({"note": ""}, None)):
            told = recommend(client, person_name="Mum", vote_type=False, **body).json
            assert (told["note"], told["vote_type"]) == (note, False), body

    def test_several_people_say_the_same(self, client: Client) -> None:
        told = client.post(f"{ADDRESS}/bulk", json={"people": ["Mum", "Dad"], "note": "loud"}).json
        assert [vote["note"] for vote in told] == ["loud", "loud"]

    def test_a_title_is_added_with_what_was_said_of_it(self, client: Client) -> None:
        told = client.post("/api/movies", json={"imdb_id": MATRIX, "recommender": "Mum", "note": "loud"})
        assert [vote["note"] for vote in told.json["recommendations"]] == ["loud"]

    def test_a_note_has_2000_characters_at_most(self, client: Client) -> None:
        assert recommend(client, person_name="Mum", note="🎬" * 2000).json["note"] == "🎬" * 2000
        for note in ("x" * 2001, "x" * 1_000_000, 7, True, ["x"], "a\0b"):
            assert_invalid(client.post(ADDRESS, json={"person_name": "Mum", "note": note}), "note")
        assert movie_of(client)["recommendations"][0]["note"] == "🎬" * 2000

    def test_a_note_goes_with_its_recommendation(self, client: Client) -> None:
        recommend(client, person_name="Mum", note="loud")
        client.delete(f"{ADDRESS}/Mum")
        assert recommend(client, person_name="Mum").json["note"] is None


class TestRecommendingInBulk:
    BULK = f"{ADDRESS}/bulk"

    def test_several_people_by_name_and_by_id(self, client: Client) -> None:
        dad = person_id(client, "Dad")

        body = {"people": ["Mum", "Zoe"], "person_ids": [dad], "vote_type": "downvote", "date_recommended": 1.6e9}
        answer = client.post(self.BULK, json=body)

        assert answer.status_code == 201
        assert_shape(answer.json, [RECOMMENDATION])
        assert [vote["person_name"] for vote in answer.json] == ["Mum", "Zoe", "Dad"]
        assert {(vote["vote_type"], vote["date_recommended"]) for vote in answer.json} == {(False, 1.6e9)}
        assert movie_of(client)["recommendations"] == answer.json

    def test_a_person_named_twice_votes_once(self, client: Client) -> None:
        dad = person_id(client, "Dad")

        body = {"people": ["Mum", " Mum ", DECOMPOSED, COMPOSED, "Dad"], "person_ids": [dad, dad]}
        answer = client.post(self.BULK, json=body)
        assert [vote["person_name"] for vote in answer.json] == ["Mum", COMPOSED, "Dad"]

    def test_details_that_the_client_knows_fill_a_new_movie(self, client: Client) -> None:
        client.post(self.BULK, json={"people": ["Mum"], "tmdb_data": {"title": "X"}, "media_type": "tv"})

        movie = movie_of(client)
        assert (movie["tmdb_data"], movie["media_type"]) == ({"title": "X"}, "tv")

    def test_one_unknown_id_undoes_all(self, client: Client) -> None:
        assert_problem(client.post(self.BULK, json={"people": ["Mum"], "person_ids": [1]}), 404, "person_not_found")
        assert client.get("/api/movies").json == []
        assert len(client.get("/api/people").json) == 4

    def test_what_is_not_valid_is_422_and_names_the_place(self, client: Client) -> None:
        for body, field in [
            ({}, "people"),
            ({"people": []}, "people"),
            ({"people": [], "person_ids": []}, "people"),
            ({"people": "Mum"}, "people"),
            ({"people": ["Mum", ""]}, "people[1]"),
            ({"people": ["Mum", None]}, "people[1]"),
            ({"people": [["Mum"]]}, "people[0]"),
            ({"people": {"0": "Mum"}}, "people"),
            ({"person_ids": ["1"]}, "person_ids[0]"),
            ({"person_ids": [1, 1.5]}, "person_ids[1]"),
            ({"people": ["Mum"] * 501}, "people"),
        ]:
            assert_invalid(client.post(self.BULK, json=body), field)
            assert client.get("/api/movies").json == []


class TestTakingARecommendationBack:
    def test_by_name(self, client: Client) -> None:
        recommend(client, person_name="Mum")
        recommend(client, person_name="Dad")

        answer = client.delete(f"{ADDRESS}/Mum")

        assert (answer.status_code, answer.data) == (204, b"")
        assert names(client) == ["Dad"]
        counts = {person["name"]: person["movie_count"] for person in client.get("/api/people").json}
        assert (counts["Mum"], counts["Dad"]) == (0, 1)

    def test_by_id(self, client: Client) -> None:
        mum = recommend(client, person_name="Mum").json["person_id"]

        assert client.delete(f"{ADDRESS}/{mum}").status_code == 204
        assert names(client) == []

    def test_a_name_of_digits_goes_before_an_id(self, client: Client) -> None:
        mum = recommend(client, person_name="Mum").json["person_id"]
        person_id(client, str(mum))
        recommend(client, person_name=str(mum))

        assert client.delete(f"{ADDRESS}/{mum}").status_code == 204
        assert names(client) == ["Mum"]
        assert_problem(client.delete(f"{ADDRESS}/{mum}"), 404, "recommendation_not_found")
        assert names(client) == ["Mum"]

    def test_a_name_of_digits_is_a_name(self, client: Client) -> None:
        for name in ["007", "0", "1" * 60, "٣٤"]:
            recommend(client, person_name=name)
            assert client.delete(f"{ADDRESS}/{name}").status_code == 204
            assert names(client) == []

    def test_an_unknown_person_is_404(self, client: Client) -> None:
        for person in ["Unknown", "1", "9" * 18, "9" * 19, "9" * 5000, "-1", "1.0", "%20", "x" * 300]:
            recommend(client, person_name="Mum")
            assert_problem(client.delete(f"{ADDRESS}/{person}"), 404, "person_not_found")

    def test_a_person_without_a_vote_for_it_is_404(self, client: Client) -> None:
        recommend(client, person_name="Mum")
        person_id(client, "Dad")
        assert_problem(client.delete(f"{ADDRESS}/Dad"), 404, "recommendation_not_found")

    def test_a_movie_that_is_not_there_is_404(self, client: Client) -> None:
        person_id(client, "Mum")
        for imdb_id in ("tt9999999", "nonsense"):
            assert_problem(client.delete(f"/api/movies/{imdb_id}/recommendations/Mum"), 404, "movie_not_found")

    def test_a_person_called_bulk(self, client: Client) -> None:
        recommend(client, person_name="bulk")
        assert client.delete(f"{ADDRESS}/bulk").status_code == 204
