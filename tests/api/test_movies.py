"""The library: adding titles, reading them, status, watch record, stored metadata."""

import time

import pytest
from flask import Flask
from standin import Standin
from support.applications import MakeApp
from support.client import Client, client_of
from support.shapes import (
    DETAILS,
    MOVIE,
    RATINGS,
    STATUS,
    TV_DETAILS,
    WATCH_RECORD,
    assert_invalid,
    assert_problem,
    assert_shape,
)

from movietracker.services.accounts import Account

MATRIX = "tt0133093"
MATRIX_TMDB = 603
BREAKING_BAD = "tt0903747"
BREAKING_BAD_TMDB = 1396
UNKNOWN = "tt9999999"


@pytest.fixture
def app(make_app: MakeApp, standin: Standin) -> Flask:
    """An application whose providers are the stand-ins of TMDB and OMDb."""
    return make_app(METADATA_PROVIDERS="tmdb,omdb", **standin.settings)


def stub(client: Client, imdb_id: str = MATRIX, status: str = "toWatch") -> None:
    assert client.put(f"/api/movies/{imdb_id}/status", json={"status": status}).status_code == 200


class TestAdding:
    def test_a_title_by_imdb_id_has_details_ratings_and_recommendation(self, client: Client, anna: Account) -> None:
        answer = client.post("/api/movies", json={"imdb_id": MATRIX, "recommender": "Mum", "vote_type": False})

        assert answer.status_code == 201
        movie = answer.json
        assert_shape(movie, MOVIE)
        assert_shape(movie["tmdb_data"], DETAILS)
        assert_shape(movie["omdb_data"], RATINGS)
        assert (movie["imdb_id"], movie["user_id"], movie["media_type"]) == (MATRIX, anna.id, "movie")
        assert (movie["status"], movie["custom_list_id"], movie["watch_history"]) == ("toWatch", None, None)
        assert movie["tmdb_data"]["title"] == movie["omdb_data"]["title"] == "The Matrix"
        assert movie["last_modified"] == pytest.approx(time.time(), abs=60)
        (recommendation,) = movie["recommendations"]
        assert recommendation["person_name"] == recommendation["person"] == "Mum"
        assert recommendation["vote_type"] is False
        assert client.get(f"/api/movies/{MATRIX}").json == movie

    def test_a_title_by_tmdb_id_is_stored_under_its_imdb_id(self, client: Client) -> None:
        answer = client.post("/api/movies", json={"tmdb_id": MATRIX_TMDB})

        assert answer.status_code == 201
        assert answer.json["imdb_id"] == MATRIX
        assert answer.json["recommendations"] == []

    def test_a_series_is_tv(self, client: Client) -> None:
        for body in ({"imdb_id": BREAKING_BAD}, {"tmdb_id": BREAKING_BAD_TMDB, "media_type": "tv"}):
            movie = client.post("/api/movies", json=body).json
            assert movie["media_type"] == "tv"
            assert_shape(movie["tmdb_data"], TV_DETAILS)

    def test_adding_it_again_is_200_and_updates_the_vote(self, client: Client) -> None:
        body = {"imdb_id": MATRIX, "recommender": "Mum"}
        first = client.post("/api/movies", json=body)
        again = client.post("/api/movies", json=body)
        changed = client.post("/api/movies", json=body | {"vote_type": "downvote"})

        assert (first.status_code, again.status_code, changed.status_code) == (201, 200, 200)
        assert again.json == first.json
        assert [vote["vote_type"] for vote in changed.json["recommendations"]] == [False]
        assert len(client.get("/api/movies").json) == 1

    def test_adding_a_deleted_title_brings_it_back(self, client: Client) -> None:
        client.post("/api/movies", json={"imdb_id": MATRIX})
        stub(client, status="deleted")

        answer = client.post("/api/movies", json={"imdb_id": MATRIX})
        assert (answer.status_code, answer.json["status"]) == (200, "toWatch")

    def test_adding_a_watched_title_leaves_its_status_alone(self, client: Client) -> None:
        stub(client, status="watched")

        assert client.post("/api/movies", json={"imdb_id": MATRIX}).json["status"] == "watched"

    def test_the_title_is_stored_as_a_stub_when_the_providers_are_down(self, client: Client, standin: Standin) -> None:
        standin.fail_with(500)

        answer = client.post("/api/movies", json={"imdb_id": MATRIX, "recommender": "Mum", "media_type": "tv"})

        assert answer.status_code == 201
        assert_shape(answer.json, MOVIE)
        assert (answer.json["tmdb_data"], answer.json["omdb_data"]) == (None, None)
        assert answer.json["media_type"] == "tv"
        assert [vote["person_name"] for vote in answer.json["recommendations"]] == ["Mum"]

    def test_a_stub_is_filled_by_adding_it_again_with_providers_back(self, client: Client, standin: Standin) -> None:
        standin.fail_with(500)
        client.post("/api/movies", json={"imdb_id": MATRIX})
        standin.recover()

        movie = client.post("/api/movies", json={"imdb_id": MATRIX}).json
        assert movie["tmdb_data"]["title"] == "The Matrix"
        assert movie["omdb_data"]["imdbRating"] == pytest.approx(8.7)

    def test_what_one_provider_knows_is_stored_when_the_other_is_down(self, client: Client, standin: Standin) -> None:
        standin.fail_with(500, service="omdb")

        movie = client.post("/api/movies", json={"imdb_id": MATRIX}).json
        assert movie["tmdb_data"]["title"] == "The Matrix"
        assert movie["omdb_data"] is None

    def test_a_title_that_no_provider_knows_is_a_stub(self, client: Client) -> None:
        answer = client.post("/api/movies", json={"imdb_id": UNKNOWN})

        assert (answer.status_code, answer.json["tmdb_data"]) == (201, None)

    def test_a_series_is_found_by_its_tmdb_id_alone(self, client: Client) -> None:
        answer = client.post("/api/movies", json={"tmdb_id": BREAKING_BAD_TMDB})

        assert (answer.status_code, answer.json["media_type"]) == (201, "tv")
        wrong = client.post("/api/movies", json={"tmdb_id": BREAKING_BAD_TMDB, "media_type": "movie"})
        assert_problem(wrong, 404, "title_unknown")

    def test_an_unknown_tmdb_id_is_404_and_stores_nothing(self, client: Client) -> None:
        answer = client.post("/api/movies", json={"tmdb_id": 999_999_999, "recommender": "Unknown yet"})

        assert_problem(answer, 404, "title_unknown")
        assert client.get("/api/movies").json == []
        assert len(client.get("/api/people").json) == 4

    def test_a_tmdb_id_alone_needs_the_provider(self, client: Client, standin: Standin) -> None:
        standin.fail_with(500)

        assert_problem(client.post("/api/movies", json={"tmdb_id": MATRIX_TMDB}), 502, "provider_error")

    def test_what_is_not_valid_is_422_and_stores_nothing(self, client: Client) -> None:
        for body, field in [
            ({}, "imdb_id"),
            ({"imdb_id": None, "tmdb_id": None}, "imdb_id"),
            ({"imdb_id": "603"}, "imdb_id"),
            ({"tmdb_id": 0}, "tmdb_id"),
            ({"imdb_id": MATRIX, "media_type": "book"}, "media_type"),
            ({"imdb_id": MATRIX, "recommender": "  "}, "recommender"),
            ({"imdb_id": MATRIX, "recommender": "Mum", "vote_type": "maybe"}, "vote_type"),
        ]:
            assert_invalid(client.post("/api/movies", json=body), field)
            assert client.get("/api/movies").json == []

    def test_unknown_fields_are_ignored(self, client: Client) -> None:
        answer = client.post("/api/movies", json={"imdb_id": MATRIX, "from_the_future": {"a": [1]}, "user_id": "x"})
        assert answer.status_code == 201


class TestReading:
    def test_an_empty_library_is_an_empty_array(self, client: Client) -> None:
        answer = client.get("/api/movies")
        assert (answer.status_code, answer.json) == (200, [])

    def test_the_whole_library_is_an_array_of_movies(self, client: Client) -> None:
        for imdb_id in (MATRIX, BREAKING_BAD, UNKNOWN):
            client.post("/api/movies", json={"imdb_id": imdb_id, "recommender": "Mum"})
        stub(client, "tt1375666", "deleted")
        client.put(f"/api/movies/{MATRIX}/watch", json={"date_watched": 1.7e9, "my_rating": 8.5})

        movies = client.get("/api/movies").json

        assert_shape(movies, [MOVIE])
        assert [movie["imdb_id"] for movie in movies] == sorted([MATRIX, BREAKING_BAD, UNKNOWN, "tt1375666"])
        for movie in movies:
            assert client.get(f"/api/movies/{movie['imdb_id']}").json == movie

    def test_a_title_that_is_not_in_the_library_is_404(self, client: Client) -> None:
        for imdb_id in [UNKNOWN, "nonsense", "tt1", "%00", "tt0133093%0A", "%F0%9F%8E%AC", "." * 500]:
            answer = client.get(f"/api/movies/{imdb_id}")
            assert answer.status_code == 404
            assert answer.json["code"] in ("movie_not_found", "not_found")


class TestStatus:
    @pytest.mark.parametrize("status", ["toWatch", "watched", "deleted"])
    def test_a_status_is_set_and_answered(self, client: Client, status: str) -> None:
        client.post("/api/movies", json={"imdb_id": MATRIX})

        answer = client.put(f"/api/movies/{MATRIX}/status", json={"status": status})

        assert answer.status_code == 200
        assert_shape(answer.json, STATUS)
        movie = client.get(f"/api/movies/{MATRIX}").json
        assert answer.json == {
            "imdb_id": MATRIX,
            "status": status,
            "custom_list_id": None,
            "last_modified": movie["last_modified"],
        }
        assert movie["status"] == status

    def test_the_movie_is_made_as_a_stub_if_needed(self, client: Client) -> None:
        stub(client, UNKNOWN, "watched")

        movie = client.get(f"/api/movies/{UNKNOWN}").json
        assert (movie["status"], movie["tmdb_data"], movie["media_type"]) == ("watched", None, "movie")

    def test_custom_puts_it_on_a_list_and_any_other_status_takes_it_off(self, client: Client) -> None:
        a_list = client.post("/api/lists", json={"name": "Rainy"}).json["id"]
        custom = {"status": "custom", "custom_list_id": a_list}

        answer = client.put(f"/api/movies/{MATRIX}/status", json=custom)
        assert (answer.json["status"], answer.json["custom_list_id"]) == ("custom", a_list)

        answer = client.put(f"/api/movies/{MATRIX}/status", json={"status": "toWatch", "custom_list_id": a_list})
        assert (answer.json["status"], answer.json["custom_list_id"]) == ("toWatch", None)

    def test_custom_without_a_list_is_422_and_makes_no_movie(self, client: Client) -> None:
        for body in ({"status": "custom"}, {"status": "custom", "custom_list_id": None}):
            assert_invalid(client.put(f"/api/movies/{MATRIX}/status", json=body), "custom_list_id")
        assert client.get("/api/movies").json == []

    def test_custom_needs_a_list_of_this_user(self, client: Client, bens_client: Client) -> None:
        bens = bens_client.post("/api/lists", json={"name": "Rainy"}).json["id"]

        for list_id in (bens, "00000000-0000-0000-0000-000000000000", ""):
            body = {"status": "custom", "custom_list_id": list_id}
            assert_problem(client.put(f"/api/movies/{MATRIX}/status", json=body), 404, "list_not_found")
        assert client.get("/api/movies").json == []

    def test_any_other_status_is_422(self, client: Client) -> None:
        for status in [None, "", "towatch", "WATCHED", "unknown", 1, True, ["watched"], {}]:
            answer = client.put(f"/api/movies/{MATRIX}/status", json={"status": status})
            assert_invalid(answer, "status")

    def test_only_imdb_ids_can_be_written_to(self, client: Client) -> None:
        for imdb_id in ["603", "tt123456", "TT0133093", "tt0133093%20", "tt" + "1" * 18]:
            for method, address in (("PUT", "status"), ("PUT", "watch"), ("POST", "recommendations")):
                answer = client.open(f"/api/movies/{imdb_id}/{address}", method=method, json={"status": "watched"})
                assert_invalid(answer, "imdb_id")

    def test_the_same_status_again_changes_nothing(self, client: Client) -> None:
        stub(client)
        before = client.get(f"/api/movies/{MATRIX}").json
        stub(client)
        assert client.get(f"/api/movies/{MATRIX}").json == before

    def test_last_modified_grows_with_every_change(self, client: Client) -> None:
        times = []
        for status in ("toWatch", "watched", "deleted", "toWatch"):
            answer = client.put(f"/api/movies/{MATRIX}/status", json={"status": status})
            times.append(answer.json["last_modified"])
        assert times == sorted(set(times))


class TestWatching:
    def test_a_watch_record_is_kept_and_the_status_becomes_watched(self, client: Client, anna: Account) -> None:
        answer = client.put(f"/api/movies/{MATRIX}/watch", json={"date_watched": 1_700_000_000.5, "my_rating": 8.5})

        assert answer.status_code == 200
        assert_shape(answer.json, WATCH_RECORD)
        record = {"imdb_id": MATRIX, "user_id": anna.id, "date_watched": 1_700_000_000.5, "my_rating": 8.5}
        assert answer.json == record
        movie = client.get(f"/api/movies/{MATRIX}").json
        assert (movie["status"], movie["watch_history"]) == ("watched", record)

    def test_watching_again_updates_the_record(self, client: Client) -> None:
        for date, rating in ((1.6e9, 5), (1.7e9, 9)):
            answer = client.put(f"/api/movies/{MATRIX}/watch", json={"date_watched": date, "my_rating": rating})
            assert (answer.json["date_watched"], answer.json["my_rating"]) == (date, rating)

    def test_milliseconds_of_older_clients_are_understood(self, client: Client) -> None:
        for sent, stored in (
            (1_700_000_000_123, 1_700_000_000.123),
            (1_700_000_000, 1_700_000_000),
            (10_000_000_001, 10_000_000.001),
            (0, 0),
        ):
            answer = client.put(f"/api/movies/{MATRIX}/watch", json={"date_watched": sent, "my_rating": 8})
            assert answer.json["date_watched"] == pytest.approx(stored)

    def test_the_record_stays_when_the_status_changes(self, client: Client) -> None:
        client.put(f"/api/movies/{MATRIX}/watch", json={"date_watched": 1.7e9, "my_rating": 8})
        stub(client, status="toWatch")

        assert client.get(f"/api/movies/{MATRIX}").json["watch_history"]["my_rating"] == 8

    def test_ratings_go_from_1_to_10(self, client: Client) -> None:
        for rating in [1.0, 10.0, 5.55]:
            answer = client.put(f"/api/movies/{MATRIX}/watch", json={"date_watched": 1.7e9, "my_rating": rating})
            assert answer.json["my_rating"] == rating

    def test_wrong_types_and_ranges_are_422_and_store_nothing(self, client: Client) -> None:
        for body, field in [
            ({"date_watched": 1.7e9, "my_rating": 0.99}, "my_rating"),
            ({"date_watched": 1.7e9, "my_rating": 10.01}, "my_rating"),
            ({"date_watched": "2024-01-01", "my_rating": 8}, "date_watched"),
            ({"date_watched": -1, "my_rating": 8}, "date_watched"),
            ({"date_watched": 10_000_000_000, "my_rating": 8}, "date_watched"),
            ({"date_watched": time.time() + 1.1 * 86_400, "my_rating": 8}, "date_watched"),
        ]:
            assert_invalid(client.put(f"/api/movies/{MATRIX}/watch", json=body), field)
            assert client.get("/api/movies").json == []


class TestStoredMetadata:
    def test_users_share_one_response(self, app: Flask, client: Client, bens_client: Client, standin: Standin) -> None:
        client.post("/api/movies", json={"imdb_id": MATRIX})
        bens_client.post("/api/movies", json={"imdb_id": MATRIX})

        answers = [each.get(f"/api/movies/{MATRIX}/metadata/tmdb") for each in (client, bens_client)]
        assert answers[0].data == answers[1].data
        assert len([call for call in standin.calls_of("tmdb") if call.path == f"/movie/{MATRIX_TMDB}"]) == 1

    def test_what_a_client_sends_never_replaces_what_is_stored(self, client: Client) -> None:
        client.post("/api/movies", json={"imdb_id": MATRIX})
        before = client.get(f"/api/movies/{MATRIX}").json

        body = {"person_name": "Mum", "tmdb_data": {"title": "Forged"}, "omdb_data": {"title": "Forged"}}
        client.post(f"/api/movies/{MATRIX}/recommendations", json=body | {"media_type": "tv"})

        after = client.get(f"/api/movies/{MATRIX}").json
        for key in ("tmdb_data", "omdb_data", "media_type"):
            assert after[key] == before[key]

    def test_what_a_client_sends_reaches_no_other_user(self, app: Flask, client: Client, ben: Account) -> None:
        body = {"person_name": "Mum", "tmdb_data": {"title": "Forged", "tmdbId": MATRIX_TMDB}}
        client.post(f"/api/movies/{MATRIX}/recommendations", json=body)

        movie = client_of(app, ben).post("/api/movies", json={"tmdb_id": MATRIX_TMDB}).json
        assert movie["tmdb_data"]["title"] == "The Matrix"
        assert client.get(f"/api/movies/{MATRIX}").json["tmdb_data"]["title"] == "Forged"


class TestRemovingForGood:
    def test_the_title_goes_with_all_that_hangs_on_it(self, client: Client) -> None:
        client.post("/api/movies", json={"imdb_id": "tt0133093", "recommender": "Mum"})
        client.put("/api/movies/tt0133093/watch", json={"date_watched": 1.7e9, "my_rating": 9})
        cursor = client.get("/api/sync/changes").json["cursor"]

        assert client.delete("/api/movies/tt0133093").status_code == 204

        assert_problem(client.get("/api/movies/tt0133093"), 404, "movie_not_found")
        assert client.get("/api/people/Mum").json["movie_count"] == 0
        changes = client.get(f"/api/sync/changes?cursor={cursor}").json
        assert changes["deleted"]["movies"] == changes["deleted_movie_ids"] == ["tt0133093"]
        again = client.post("/api/movies", json={"imdb_id": "tt0133093"})
        assert again.status_code == 201
        assert (again.json["recommendations"], again.json["watch_history"]) == ([], None)

    def test_what_is_not_there_or_is_someone_elses_is_not_found(self, client: Client, bens_client: Client) -> None:
        bens_client.post("/api/movies", json={"imdb_id": "tt0133093"})

        assert_problem(client.delete("/api/movies/tt0133093"), 404, "movie_not_found")
        assert bens_client.get("/api/movies/tt0133093").status_code == 200


class TestFieldsThatAreUnknown:
    def test_are_ignored_and_the_response_says_which(self, client: Client) -> None:
        added = client.post("/api/movies", json={"imdb_id": "tt0133093", "recommendor": "Mum", "a\r\nb": 1})

        assert added.status_code == 201
        assert added.headers["Warning"] == '299 movietracker "Ignored fields: recommendor"'
        assert "Warning" not in client.post("/api/movies", json={"imdb_id": "tt0133093"}).headers

    def test_are_refused_when_nothing_else_is_sent(self, client: Client) -> None:
        client.post("/api/movies", json={"imdb_id": "tt0133093", "recommender": "Mum"})

        answer = client.put("/api/people/Mum", json={"emogi": "🎬"})

        assert_problem(answer, 422, "validation_error")
        assert list(answer.json["errors"]) == ["emogi"]
