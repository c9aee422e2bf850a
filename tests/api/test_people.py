"""People who recommend."""

from typing import Any

import pytest
from support.client import Client
from support.shapes import PERSON, STATS, assert_invalid, assert_problem, assert_shape

from movietracker.services.accounts import Account

MATRIX, INCEPTION, JAWS = "tt0133093", "tt1375666", "tt0073195"
COMPOSED, DECOMPOSED = "Ren\u00e9", "Rene\u0301"


def add(client: Client, name: str = "Mum", **more: Any) -> Any:
    answer = client.post("/api/people", json={"name": name} | more)
    assert answer.status_code == 201, answer.text
    return answer.json


def recommend(client: Client, name: str, imdb_id: str = MATRIX, **more: Any) -> None:
    answer = client.post(f"/api/movies/{imdb_id}/recommendations", json={"person_name": name} | more)
    assert answer.status_code == 201, answer.text


def people(client: Client) -> dict[str, Any]:
    return {person["name"]: person for person in client.get("/api/people").json}


class TestListing:
    def test_an_array_of_people_the_oldest_first(self, client: Client) -> None:
        add(client, "Zoe")
        add(client, "Anton")

        answer = client.get("/api/people")

        assert answer.status_code == 200
        assert_shape(answer.json, [PERSON])
        assert [person["name"] for person in answer.json][4:] == ["Zoe", "Anton"]
        assert [person["quick_key"] for person in answer.json][:4] == ["youtube", "oscar", "random_person", "google"]

    def test_counts_what_each_recommended(self, client: Client) -> None:
        for imdb_id in (MATRIX, INCEPTION):
            recommend(client, "Mum", imdb_id)
        recommend(client, "Dad", vote_type=False)

        counts = {name: person["movie_count"] for name, person in people(client).items()}
        assert counts == {**dict.fromkeys(list(counts)[:4], 0), "Mum": 2, "Dad": 1}


class TestAdding:
    def test_with_the_defaults(self, client: Client, anna: Account) -> None:
        person = add(client, "Mum")

        assert_shape(person, PERSON)
        expected = {"name": "Mum", "user_id": anna.id, "is_trusted": False, "color": "#0a84ff"}
        expected |= {"emoji": None, "quick_key": None, "movie_count": 0}
        assert {key: person[key] for key in expected} == expected
        assert people(client)["Mum"] == person

    def test_with_everything(self, client: Client) -> None:
        person = add(client, "Mum", is_trusted=True, color="#ff375f", emoji="👩‍👧", quick_key="youtube", id=7)

        assert (person["is_trusted"], person["color"], person["emoji"]) == (True, "#ff375f", "👩‍👧")
        assert person["quick_key"] is None
        assert person["id"] != 7

    @pytest.mark.parametrize("name", ["Mum", " Mum ", "Oscar Winner/Nominee"])
    def test_a_taken_name_is_409(self, client: Client, name: str) -> None:
        add(client, "Mum")
        before = client.get("/api/people").json

        assert_problem(client.post("/api/people", json={"name": name}), 409, "name_taken")
        assert client.get("/api/people").json == before

    def test_names_that_look_the_same_are_the_same(self, client: Client) -> None:
        assert add(client, DECOMPOSED)["name"] == COMPOSED
        assert_problem(client.post("/api/people", json={"name": COMPOSED}), 409, "name_taken")

    def test_another_users_name_is_not_taken(self, client: Client, bens_client: Client) -> None:
        add(client, "Mum")
        add(bens_client, "Mum")

    def test_what_is_not_valid_is_422_and_adds_no_person(self, client: Client) -> None:
        for body, field in [
            ({}, "name"),
            ({"name": None}, "name"),
            ({"name": ""}, "name"),
            ({"name": "x" * 201}, "name"),
            ({"name": "x" * 10_000}, "name"),
            ({"name": "Mum", "is_trusted": 1}, "is_trusted"),
            ({"name": "Mum", "is_trusted": None}, "is_trusted"),
            ({"name": "Mum", "color": ""}, "color"),
            ({"name": "Mum", "color": "x" * 33}, "color"),
            ({"name": "Mum", "emoji": "x" * 33}, "emoji"),
        ]:
            assert_invalid(client.post("/api/people", json=body), field)
            assert len(client.get("/api/people").json) == 4

    @pytest.mark.each_database
    def test_a_name_may_have_200_characters_of_any_kind(self, client: Client) -> None:
        for name in ("x" * 200, "🎬" * 200, "각" * 200, "\ufdfa" * 200):  # the last is compared as 3,600
            assert add(client, name)["name"] == name


class TestChanging:
    def test_each_field_alone(self, client: Client) -> None:
        person = add(client, "Mum")
        for change in ({"is_trusted": True}, {"color": "#ff375f"}, {"emoji": "🎬"}, {"emoji": None}):
            answer = client.put("/api/people/Mum", json=change)
            assert answer.status_code == 200
            assert_shape(answer.json, PERSON)
            expected = person | change | {"last_modified": answer.json["last_modified"]}
            assert answer.json == expected
            assert answer.json["last_modified"] > person["last_modified"]
            person = answer.json
            assert people(client)["Mum"] == person

    def test_a_new_name_keeps_id_and_recommendations(self, client: Client) -> None:
        recommend(client, "Mum")
        before = people(client)["Mum"]

        answer = client.put("/api/people/Mum", json={"name": " Mother "})

        assert answer.json == before | {"name": "Mother", "last_modified": answer.json["last_modified"]}
        movie = client.get(f"/api/movies/{MATRIX}").json
        assert [(vote["person_name"], vote["person"]) for vote in movie["recommendations"]] == [("Mother", "Mother")]
        assert "Mum" not in people(client)

    def test_a_quick_recommender_keeps_its_quick_key(self, client: Client) -> None:
        body = {"name": "Academy", "quick_key": None, "is_trusted": True}
        answer = client.put("/api/people/Oscar%20Winner%2FNominee", json=body)

        assert (answer.json["name"], answer.json["quick_key"]) == ("Academy", "oscar")

    @pytest.mark.parametrize("quick_key", ["google", "mine", None, 7])
    def test_the_quick_key_is_never_writable(self, client: Client, quick_key: Any) -> None:
        add(client, "Mum")
        assert client.put("/api/people/Mum", json={"emoji": "🎬", "quick_key": quick_key}).json["quick_key"] is None

    def test_a_taken_name_is_409_and_changes_nothing(self, client: Client) -> None:
        add(client, "Mum")
        add(client, "Dad")
        before = client.get("/api/people").json

        for name in ("Dad", " Dad", "Google Search"):
            answer = client.put("/api/people/Mum", json={"name": name, "is_trusted": True})
            assert_problem(answer, 409, "name_taken")
        assert client.get("/api/people").json == before

    def test_the_same_name_is_not_taken(self, client: Client) -> None:
        person = add(client, COMPOSED)
        for name in (COMPOSED, DECOMPOSED, f" {COMPOSED} "):
            answer = client.put(f"/api/people/{COMPOSED}", json={"name": name})
            assert (answer.status_code, answer.json) == (200, person)

    def test_what_is_not_valid_is_422(self, client: Client) -> None:
        add(client, "Mum")
        for body, field in [
            ({"name": ""}, "name"),
            ({"name": "  "}, "name"),
            ({"name": None}, "name"),
            ({"is_trusted": "true"}, "is_trusted"),
            ({"color": None}, "color"),
        ]:
            assert_invalid(client.put("/api/people/Mum", json=body), field)

    def test_nothing_to_change_answers_the_person(self, client: Client) -> None:
        person = add(client, "Mum")
        for body in ({}, {"color": person["color"]}, {"color": person["color"], "unknown": 1}):
            assert client.put("/api/people/Mum", json=body).json == person

    def test_an_unknown_person_is_404(self, client: Client, bens_client: Client) -> None:
        add(bens_client, "Mum")
        for name in ("Mum", "%20", "x" * 300):
            assert_problem(client.put(f"/api/people/{name}", json={"color": "red"}), 404, "person_not_found")


class TestRemoving:
    def test_the_recommendations_go_with_the_person(self, client: Client) -> None:
        recommend(client, "Mum")
        recommend(client, "Dad")

        answer = client.delete("/api/people/Mum")

        assert (answer.status_code, answer.data) == (204, b"")
        assert "Mum" not in people(client)
        movie = client.get(f"/api/movies/{MATRIX}").json
        assert [vote["person_name"] for vote in movie["recommendations"]] == ["Dad"]
        assert_problem(client.delete("/api/people/Mum"), 404, "person_not_found")

    def test_a_quick_recommender_stays_also_when_renamed(self, client: Client) -> None:
        client.put("/api/people/Google%20Search", json={"name": "Search"})

        for name in ("Random%20YouTube%20Video", "Oscar%20Winner/Nominee", "Random%20Person", "Search"):
            assert_problem(client.delete(f"/api/people/{name}"), 400, "quick_recommender_protected")
        assert len(client.get("/api/people").json) == 4

    def test_a_person_added_again_is_new(self, client: Client) -> None:
        recommend(client, "Mum")
        before = people(client)["Mum"]
        client.delete("/api/people/Mum")

        again = add(client, "Mum")
        assert again["id"] != before["id"]
        assert again["movie_count"] == 0

    def test_an_unknown_person_is_404(self, client: Client, bens_client: Client) -> None:
        add(bens_client, "Mum")
        for name in ("Mum", "%20", "%00", "x" * 300):
            assert client.delete(f"/api/people/{name}").status_code == 404
        assert "Mum" in people(bens_client)


class TestStats:
    def test_counts_and_the_average_of_the_users_ratings(self, client: Client) -> None:
        for imdb_id in (MATRIX, INCEPTION, JAWS):
            recommend(client, "Mum", imdb_id)
        for imdb_id, rating in ((MATRIX, 8), (INCEPTION, 8.5)):
            client.put(f"/api/movies/{imdb_id}/watch", json={"date_watched": 1.7e9, "my_rating": rating})
        client.put("/api/movies/tt0903747/watch", json={"date_watched": 1.7e9, "my_rating": 1})

        answer = client.get("/api/people/Mum/stats")

        assert answer.status_code == 200
        assert_shape(answer.json, STATS)
        assert (answer.json["total_movies"], answer.json["watched_movies"]) == (3, 2)
        assert answer.json["average_rating"] == 8.2  # 8.25 to one decimal, as Python rounds
        assert answer.json["movies"] == [client.get(f"/api/movies/{i}").json for i in sorted((MATRIX, INCEPTION, JAWS))]
        for key, value in people(client)["Mum"].items():
            assert answer.json[key] == value

    def test_somebody_without_recommendations(self, client: Client) -> None:
        add(client, "Mum")

        answer = client.get("/api/people/Mum/stats")

        assert_shape(answer.json, STATS)
        assert (answer.json["total_movies"], answer.json["watched_movies"], answer.json["average_rating"]) == (
            0,
            0,
            None,
        )
        assert answer.json["movies"] == []

    def test_deleted_titles_are_shown_and_do_not_count(self, client: Client) -> None:
        for imdb_id, rating in ((MATRIX, 8), (INCEPTION, 2)):
            recommend(client, "Mum", imdb_id)
            client.put(f"/api/movies/{imdb_id}/watch", json={"date_watched": 1.7e9, "my_rating": rating})
        client.put(f"/api/movies/{INCEPTION}/status", json={"status": "deleted"})

        stats = client.get("/api/people/Mum/stats").json
        assert (stats["total_movies"], stats["watched_movies"], stats["average_rating"]) == (1, 1, 8)
        assert [movie["imdb_id"] for movie in stats["movies"]] == sorted((MATRIX, INCEPTION))

    def test_watched_without_a_rating_counts_as_watched(self, client: Client) -> None:
        recommend(client, "Mum")
        client.put(f"/api/movies/{MATRIX}/status", json={"status": "watched"})

        stats = client.get("/api/people/Mum/stats").json
        assert (stats["watched_movies"], stats["average_rating"]) == (1, None)

    def test_an_unknown_person_is_404(self, client: Client, bens_client: Client) -> None:
        add(bens_client, "Mum")
        for name in ("Mum", "%20", "x" * 300):
            assert_problem(client.get(f"/api/people/{name}/stats"), 404, "person_not_found")


class TestByNameOrById:
    def test_wherever_a_name_stands_an_id_does_too(self, client: Client) -> None:
        anna = add(client, "Anna K.")
        recommend(client, "Anna K.")

        for named in ("Anna K.", str(anna["id"])):
            assert client.get(f"/api/people/{named}").json == people(client)["Anna K."]
            assert client.get(f"/api/people/{named}/stats").json["total_movies"] == 1
            assert client.put(f"/api/people/{named}", json={"color": "#fff"}).json["id"] == anna["id"]
        assert client.delete(f"/api/people/{anna['id']}").status_code == 204
        assert "Anna K." not in people(client)

    def test_a_name_of_digits_wins_over_an_id(self, client: Client) -> None:
        anna = add(client, "Anna")
        digits = add(client, str(anna["id"]))

        assert client.get(f"/api/people/{anna['id']}").json["id"] == digits["id"]
        assert client.get(f"/api/people/{anna['id']}/stats").json["id"] == digits["id"]

    def test_an_id_does_where_recommenders_are_named(self, client: Client) -> None:
        named = str(add(client, "Anna")["id"])
        recommend(client, named, MATRIX)
        recommend(client, named, INCEPTION, person=named)
        client.post(f"/api/movies/{JAWS}/recommendations/bulk", json={"people": [named]})
        client.post("/api/movies", json={"imdb_id": "tt0903747", "recommender": named})

        assert (people(client)["Anna"]["movie_count"], len(people(client))) == (4, 5)
        assert len(client.get(f"/api/movies?person={named}").json) == 4
        add(client, named)
        recommend(client, named)
        assert people(client)[named]["movie_count"] == 1
        assert client.get(f"/api/movies?person={named}").json == [client.get(f"/api/movies/{MATRIX}").json]

    def test_another_users_id_is_no_person(self, client: Client, bens_client: Client) -> None:
        bens = add(bens_client, "Cleo")

        for named in (bens["id"], 2**63, "Unknown"):
            assert_problem(client.get(f"/api/people/{named}"), 404, "person_not_found")
            assert_problem(client.get(f"/api/people/{named}/stats"), 404, "person_not_found")

    def test_names_with_slashes_have_an_address_of_their_own(self, client: Client) -> None:
        assert client.get("/api/people/Oscar Winner%2FNominee").json["quick_key"] == "oscar"
        assert client.get("/api/people/Oscar Winner%2FNominee/stats").json["total_movies"] == 0
