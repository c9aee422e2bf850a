"""Each occasion on which a title was watched, what the user thinks of it now, and what older clients get of that."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.client import Client
from support.shapes import MOVIE, VIEWING, assert_invalid, assert_problem, assert_shape

from movietracker.services.movies import viewings
from movietracker.services.movies.viewings import MAX_VIEWINGS

MATRIX = "tt0133093"
HEAT = "tt0113277"
ID = "3C5D0A52-5A0E-4D8E-9E27-0F2A6C1B7D90"  # as iOS writes it
NOON_1_JUNE_1999 = 928238400.0

Json = dict[str, Any]


def add(client: Client, imdb_id: str = MATRIX, **body: Any) -> Json:
    answer = client.post(f"/api/movies/{imdb_id}/viewings", json=body)
    assert answer.status_code == 201, answer.text
    added: Json = answer.json
    return added


def movie(client: Client, imdb_id: str = MATRIX) -> Json:
    found: Json = client.get(f"/api/movies/{imdb_id}").json
    return found


def watched(client: Client) -> list[Any]:
    """The dates of the viewings, the newest first."""
    return [each["watched_on"] or each["watched_at"] for each in movie(client)["viewings"]]


class TestAdding:
    def test_makes_the_title_watched_and_gives_the_viewing(self, client: Client) -> None:
        viewing = add(client, id=ID, watched_on="1999-06", rating=9, note=" with Anna ")
        assert_shape(viewing, VIEWING)
        assert {name: viewing[name] for name in ("id", "watched_on", "watched_at", "rating", "note", "source")} == {
            "id": ID,
            "watched_on": "1999-06",
            "watched_at": None,
            "rating": 9.0,
            "note": "with Anna",
            "source": None,
        }
        found = movie(client)
        assert_shape(found, MOVIE)
        assert (found["status"], found["my_rating"], found["viewings"]) == ("watched", 9.0, [viewing])
        assert client.get(f"/api/movies/{MATRIX}/viewings").json == [viewing]

    def test_the_same_id_again_is_the_same_viewing(self, client: Client) -> None:
        first = add(client, id=ID, watched_on="1999")
        before = movie(client)
        assert add(client, id=ID, watched_on="2001", rating=3) == first
        assert movie(client) == before

    def test_without_an_id_the_server_makes_one(self, client: Client) -> None:
        ids = {add(client, watched_on="1999")["id"] for _ in range(2)}
        assert len(ids) == 2
        assert all(uuid.UUID(each) for each in ids)

    def test_viewings_come_newest_first_as_far_as_their_dates_are_known(self, client: Client) -> None:
        for date in ("2001-03-04", "1999", "2001", "1931-02-03"):
            add(client, watched_on=date)
        add(client, watched_at=NOON_1_JUNE_1999)
        assert watched(client) == ["2001-03-04", "2001", NOON_1_JUNE_1999, "1999", "1931-02-03"]

    def test_a_viewing_without_a_date_was_when_it_was_recorded(self, client: Client) -> None:
        viewing = add(client)
        add(client, watched_on="1999", rating=5)
        client.put(f"/api/movies/{MATRIX}/rating", json={"my_rating": 5})
        assert movie(client)["watch_history"]["date_watched"] == viewing["created_at"]

    def test_a_rating_given_with_the_newest_viewing_is_the_titles_too(self, client: Client) -> None:
        add(client, watched_on="2001", rating=6)
        add(client, watched_on="1999", rating=9)
        assert movie(client)["my_rating"] == 6.0
        add(client, watched_on="2002")
        assert movie(client)["my_rating"] == 6.0

    def test_a_removed_viewing_does_not_come_back(self, client: Client) -> None:
        add(client, id=ID)
        assert client.delete(f"/api/movies/{MATRIX}/viewings/{ID}").status_code == 204
        assert_problem(client.post(f"/api/movies/{MATRIX}/viewings", json={"id": ID}), 409, "viewing_removed")
        assert movie(client)["viewings"] == []

    def test_the_ids_that_a_title_remembers_are_limited_too(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(viewings, "MAX_EVER", 3)
        for _ in range(3):
            viewing_id = add(client, note="loud")["id"]
            client.put(f"/api/movies/{MATRIX}/viewings/{viewing_id}", json={"note": "quiet"})
            client.delete(f"/api/movies/{MATRIX}/viewings/{viewing_id}")
        assert_invalid(client.post(f"/api/movies/{MATRIX}/viewings", json={}), "viewings")
        assert_invalid(client.put(f"/api/movies/{MATRIX}/watch", json={}), "viewings")
        assert movie(client)["viewings"] == []

    def test_a_title_has_at_most_1000(self, client: Client) -> None:
        actions = [
            {"action": "addViewing", "data": {"imdb_id": MATRIX, "id": str(uuid.uuid4()), "watched_on": "1999"}}
            for _ in range(MAX_VIEWINGS + 1)
        ]
        results = []
        for start in range(0, len(actions), 500):
            answer = client.post("/api/sync/batch", json={"actions": actions[start : start + 500]})
            results += [result["status"] for result in answer.json["results"]]
        assert results == ["applied"] * MAX_VIEWINGS + ["rejected"]
        assert_invalid(client.post(f"/api/movies/{MATRIX}/viewings", json={}), "viewings")
        assert_invalid_or_watched = client.put(f"/api/movies/{MATRIX}/watch", json={"my_rating": 7})
        assert assert_invalid_or_watched.status_code == 200, "of a watched title the newest is changed"


class TestBadInput:
    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"watched_on": "2026-02-30"}, "watched_on"),
            ({"watched_on": "2026-13"}, "watched_on"),
            ({"watched_on": "26"}, "watched_on"),
            ({"watched_on": 1999}, "watched_on"),
            ({"watched_on": "1869-12-31"}, "watched_on"),
            ({"watched_on": "0000"}, "watched_on"),
            ({"watched_on": "٢٠٢٤"}, "watched_on"),
            ({"watched_at": -4_000_000_000}, "watched_at"),
            ({"watched_at": 1e300}, "watched_at"),
            ({"watched_at": "1999"}, "watched_at"),
            ({"watched_on": "1999-06-03", "watched_at": NOON_1_JUNE_1999}, "watched_on"),
            ({"rating": 0}, "rating"),
            ({"rating": 10.5}, "rating"),
            ({"note": "x" * 2001}, "note"),
            ({"id": "1"}, "id"),
            ({"id": ID + "0"}, "id"),
        ],
    )
    def test_is_422_and_stores_nothing(self, client: Client, body: Json, field: str) -> None:
        assert_invalid(client.post(f"/api/movies/{MATRIX}/viewings", json=body), field)
        assert client.get("/api/movies").json == []

    def test_a_date_of_more_than_a_day_ahead_is_422(self, client: Client) -> None:
        now = datetime.now(UTC)
        ahead = now + timedelta(days=2)
        for body in ({"watched_on": f"{ahead:%Y-%m-%d}"}, {"watched_on": str(now.year + 1 + (now.month == 12))}):
            assert_invalid(client.post(f"/api/movies/{MATRIX}/viewings", json=body), "watched_on")
        body = {"watched_at": now.timestamp() + 90_000}
        assert_invalid(client.post(f"/api/movies/{MATRIX}/viewings", json=body), "watched_at")

    def test_what_is_today_somewhere_on_earth_is_good(self, client: Client) -> None:
        tomorrow = datetime.now(UTC) + timedelta(hours=14)
        add(client, watched_on=f"{tomorrow:%Y-%m-%d}", watched_at=datetime.now(UTC).timestamp())

    def test_a_note_of_a_megabyte_is_refused(self, client: Client) -> None:
        answer = client.post(f"/api/movies/{MATRIX}/viewings", json={"note": "x" * 1_000_000})
        assert_invalid(answer, "note")

    def test_an_id_of_another_title_is_refused(self, client: Client) -> None:
        add(client, id=ID)
        assert_invalid(client.post(f"/api/movies/{HEAT}/viewings", json={"id": ID}), "id")
        add(client, HEAT)
        for method, body in (("PUT", {"rating": 3}), ("DELETE", None)):
            answer = client.open(f"/api/movies/{HEAT}/viewings/{ID}", method=method, json=body)
            assert_problem(answer, 404, "viewing_not_found")

    def test_another_users_viewing_is_not_there(self, client: Client, bens_client: Client) -> None:
        add(client, id=ID, rating=9)
        for method, body in (("PUT", {"rating": 3}), ("DELETE", None)):
            answer = bens_client.open(f"/api/movies/{MATRIX}/viewings/{ID}", method=method, json=body)
            assert_problem(answer, 404, "movie_not_found")
        assert add(bens_client, id=ID, rating=2)["rating"] == 2, "ids of others are no secret that is told"
        assert movie(client)["my_rating"] == 9.0

    def test_viewings_of_a_title_that_is_not_there_are_404(self, client: Client) -> None:
        assert_problem(client.get(f"/api/movies/{MATRIX}/viewings"), 404, "movie_not_found")


class TestChanging:
    def test_changes_what_is_given(self, client: Client) -> None:
        add(client, id=ID, watched_on="1999-06", rating=9, note="loud")
        answer = client.put(f"/api/movies/{MATRIX}/viewings/{ID}", json={"watched_on": "1999-06-03", "note": None})
        assert answer.status_code == 200
        assert (answer.json["watched_on"], answer.json["rating"], answer.json["note"]) == ("1999-06-03", 9.0, None)

    def test_a_new_day_replaces_a_time_that_contradicts_it(self, client: Client) -> None:
        add(client, id=ID, watched_at=NOON_1_JUNE_1999)
        answer = client.put(f"/api/movies/{MATRIX}/viewings/{ID}", json={"watched_on": "1998"})
        assert (answer.json["watched_on"], answer.json["watched_at"]) == ("1998", None)
        answer = client.put(f"/api/movies/{MATRIX}/viewings/{ID}", json={"watched_at": NOON_1_JUNE_1999})
        assert (answer.json["watched_on"], answer.json["watched_at"]) == (None, NOON_1_JUNE_1999)

    def test_removing_the_last_leaves_status_and_rating(self, client: Client) -> None:
        add(client, id=ID, rating=9)
        client.delete(f"/api/movies/{MATRIX}/viewings/{ID}")
        found = movie(client)
        assert (found["status"], found["my_rating"], found["watch_history"]) == ("watched", 9.0, None)


class TestRating:
    def test_needs_no_viewing_and_null_takes_it_away(self, client: Client) -> None:
        client.post("/api/movies", json={"imdb_id": MATRIX})
        answer = client.put(f"/api/movies/{MATRIX}/rating", json={"my_rating": 8.5})
        assert_shape(answer.json, MOVIE)
        assert (answer.json["my_rating"], answer.json["status"], answer.json["viewings"]) == (8.5, "toWatch", [])
        assert client.put(f"/api/movies/{MATRIX}/rating", json={"my_rating": None}).json["my_rating"] is None

    def test_leaves_what_was_thought_on_each_occasion(self, client: Client) -> None:
        add(client, watched_on="1999", rating=9)
        found = client.put(f"/api/movies/{MATRIX}/rating", json={"my_rating": 4}).json
        assert (found["my_rating"], found["viewings"][0]["rating"]) == (4.0, 9.0)
        assert found["watch_history"]["my_rating"] == 4.0

    def test_of_an_unknown_title_is_404_and_nonsense_422(self, client: Client) -> None:
        assert_problem(client.put(f"/api/movies/{MATRIX}/rating", json={"my_rating": 8}), 404, "movie_not_found")
        for body in ({}, {"my_rating": 11}, {"my_rating": "8"}):
            assert_invalid(client.put(f"/api/movies/{MATRIX}/rating", json=body), "my_rating")


class TestWatchRecordsOfOlderClients:
    """What PUT …/watch does, whose clients know one date and one rating for each title."""

    def test_without_a_rating_the_title_is_watched_and_the_record_null_for_those_who_read_no_null(
        self, client: Client
    ) -> None:
        answer = client.put(f"/api/movies/{MATRIX}/watch", json={"my_rating": None})
        assert (answer.status_code, answer.json["my_rating"]) == (200, None)
        found = movie(client)
        assert (found["status"], len(found["viewings"]), found["watch_history"]) == ("watched", 1, None)
        assert found["viewings"][0]["watched_at"] == answer.json["date_watched"]

    def test_of_a_watched_title_changes_the_newest_viewing(self, client: Client) -> None:
        add(client, watched_on="1999", rating=5)
        client.put(f"/api/movies/{MATRIX}/watch", json={"date_watched": 1.6e9, "my_rating": 8})
        found = movie(client)
        assert [(each["watched_on"], each["watched_at"], each["rating"]) for each in found["viewings"]] == [
            (None, 1.6e9, 8.0)
        ]
        assert (found["my_rating"], found["watch_history"]["date_watched"]) == (8.0, 1.6e9)

    def test_of_a_title_that_is_to_be_watched_again_makes_another(self, client: Client) -> None:
        add(client, watched_on="1999", rating=5)
        client.put(f"/api/movies/{MATRIX}/status", json={"status": "toWatch"})
        client.put(f"/api/movies/{MATRIX}/watch", json={"date_watched": 1.6e9, "my_rating": None})
        assert watched(client) == [1.6e9, "1999"]
        assert movie(client)["my_rating"] == 5.0, "null leaves the rating"

    def test_on_the_day_of_the_newest_it_is_the_same_occasion(self, client: Client) -> None:
        client.put(f"/api/movies/{MATRIX}/watch", json={"date_watched": 1.6e9})
        client.put(f"/api/movies/{MATRIX}/status", json={"status": "toWatch"})
        client.put(f"/api/movies/{MATRIX}/watch", json={"date_watched": 1.6e9 + 60, "my_rating": 7})
        assert watched(client) == [1.6e9 + 60]

    def test_the_record_has_noon_of_the_first_day_that_the_date_can_mean(self, client: Client) -> None:
        add(client, watched_on="1999-06", rating=9)
        assert movie(client)["watch_history"]["date_watched"] == NOON_1_JUNE_1999

    def test_there_is_none_without_a_viewing_or_without_a_rating(self, client: Client) -> None:
        client.post("/api/movies", json={"imdb_id": MATRIX})
        client.put(f"/api/movies/{MATRIX}/rating", json={"my_rating": 8})
        assert movie(client)["watch_history"] is None
        add(client, watched_on="1999")
        assert movie(client)["watch_history"] is not None
        client.put(f"/api/movies/{MATRIX}/rating", json={"my_rating": None})
        assert movie(client)["watch_history"] is None
