"""How the user marks a title: liked or not, and with tags."""

from typing import Any

import pytest
from support.client import Client
from support.shapes import MOVIE, assert_invalid, assert_problem, assert_shape

from movietracker.services.movies import marks

MATRIX = "tt0133093"
HEAT = "tt0113277"


@pytest.fixture(autouse=True)
def library(client: Client) -> None:
    """Two titles."""
    for imdb_id in (MATRIX, HEAT):
        client.put(f"/api/movies/{imdb_id}/status", json={"status": "toWatch"})


def tag(client: Client, name: str, imdb_id: str = MATRIX, status: int = 201) -> Any:
    answer = client.put(f"/api/movies/{imdb_id}/tags/{name}")
    assert answer.status_code == status, answer.text
    return answer.json


def tags(client: Client, imdb_id: str = MATRIX) -> list[str]:
    found: list[str] = client.get(f"/api/movies/{imdb_id}").json["tags"]
    return found


class TestLiked:
    def test_is_false_until_it_is_said(self, client: Client) -> None:
        assert client.get(f"/api/movies/{MATRIX}").json["liked"] is False

        said = client.put(f"/api/movies/{MATRIX}/liked", json={"liked": True}).json
        assert_shape(said, MOVIE)
        assert said["liked"] is True
        assert said == client.get(f"/api/movies/{MATRIX}").json
        assert client.get(f"/api/movies/{HEAT}").json["liked"] is False

    def test_is_another_thing_than_status_rating_and_ranking(self, client: Client) -> None:
        client.put(f"/api/movies/{MATRIX}/watch", json={"my_rating": 2})
        client.post("/api/ranking/insert", json={"imdb_id": MATRIX, "position": 1, "liked": False})
        said = client.put(f"/api/movies/{MATRIX}/liked", json={"liked": True}).json
        assert (said["status"], said["my_rating"], said["ranking"]["liked"]) == ("watched", 2.0, False)

    def test_saying_the_same_again_changes_nothing(self, client: Client) -> None:
        before = client.put(f"/api/movies/{MATRIX}/liked", json={"liked": True}).json
        assert client.put(f"/api/movies/{MATRIX}/liked", json={"liked": True}).json == before

    def test_needs_a_title_and_a_flag(self, client: Client) -> None:
        assert_problem(client.put("/api/movies/tt0000404/liked", json={"liked": True}), 404, "movie_not_found")
        for wrong in ({}, {"liked": None}, {"liked": "yes"}):
            assert_invalid(client.put(f"/api/movies/{MATRIX}/liked", json=wrong), "liked")


class TestTags:
    def test_are_added_one_by_one_and_stand_in_order(self, client: Client) -> None:
        for name in ("noir", "Anna's", "1999"):
            assert_shape(tag(client, name), MOVIE)
        assert tags(client) == ["1999", "Anna's", "noir"]
        assert client.get("/api/movies").json[1]["tags"] == tags(client)
        assert tags(client, HEAT) == []

    def test_are_trimmed_composed_and_compared_without_case_and_accents(self, client: Client) -> None:
        tag(client, " Cafe\u0301 ")
        for again in ("CAF\u00c9", "cafe", "Caf\u00e9\u200b"):
            tag(client, again, status=200)
        assert tags(client) == ["Caf\u00e9"]

    def test_are_shown_as_the_library_first_wrote_them(self, client: Client) -> None:
        tag(client, "Noir")
        assert tag(client, "NOIR", HEAT)["tags"] == ["Noir"]

    @pytest.mark.parametrize("name", ["a/b", "/", "a//b/", "50 %", "a:b", "?&=#", "\u96e8", "line\nbreak"])
    def test_may_hold_any_character(self, client: Client, name: str) -> None:
        path = name.replace("%", "%25").replace("?", "%3F").replace("#", "%23").replace("\n", "%0A")
        tag(client, path)
        assert tags(client) == [name]
        assert client.get("/api/tags").json == [{"tag": name, "titles": 1}]
        assert client.delete(f"/api/movies/{MATRIX}/tags/{path}").status_code == 204
        assert tags(client) == []

    def test_are_removed_in_any_spelling(self, client: Client) -> None:
        tag(client, "Noir")
        assert client.delete(f"/api/movies/{MATRIX}/tags/noir").status_code == 204
        assert_problem(client.delete(f"/api/movies/{MATRIX}/tags/noir"), 404, "tag_not_found")
        assert tags(client) == []

    def test_need_a_title_that_is_there(self, client: Client, bens_client: Client) -> None:
        for call in (client.put, client.delete):
            assert_problem(call("/api/movies/tt0000404/tags/noir"), 404, "movie_not_found")
        assert_problem(bens_client.put(f"/api/movies/{MATRIX}/tags/noir"), 404, "movie_not_found")

    @pytest.mark.parametrize("name", ["%20", "%E2%80%8B", "x" * 65])
    def test_nothing_what_nobody_sees_and_too_much_are_refused(self, client: Client, name: str) -> None:
        assert_invalid(client.put(f"/api/movies/{MATRIX}/tags/{name}"), "tag")
        assert_invalid(client.delete(f"/api/movies/{MATRIX}/tags/{name}"), "tag")

    def test_a_title_has_so_many_at_most(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(marks, "MAX_TAGS", 2)
        monkeypatch.setattr(marks, "MAX_TAGS_EVER", 3)
        for name in ("one", "two"):
            tag(client, name)
        assert_invalid(client.put(f"/api/movies/{MATRIX}/tags/three"), "tag")
        tag(client, "TWO", status=200)
        client.delete(f"/api/movies/{MATRIX}/tags/one")
        tag(client, "three")
        client.delete(f"/api/movies/{MATRIX}/tags/three")
        assert_invalid(client.put(f"/api/movies/{MATRIX}/tags/four"), "tag")
        tag(client, "one")

    def test_the_library_lists_them_with_their_titles(self, client: Client, bens_client: Client) -> None:
        assert client.get("/api/tags").json == []
        tag(client, "noir")
        tag(client, "NOIR", HEAT)
        tag(client, "Loud", HEAT)
        assert client.get("/api/tags").json == [{"tag": "Loud", "titles": 1}, {"tag": "noir", "titles": 2}]
        assert bens_client.get("/api/tags").json == []


def test_a_deleted_title_keeps_its_marks_and_a_removed_one_does_not(client: Client) -> None:
    client.put(f"/api/movies/{MATRIX}/liked", json={"liked": True})
    tag(client, "noir")
    client.put(f"/api/movies/{MATRIX}/status", json={"status": "deleted"})
    kept = client.get(f"/api/movies/{MATRIX}").json
    assert (kept["liked"], kept["tags"]) == (True, ["noir"])

    client.delete(f"/api/movies/{MATRIX}")
    client.put(f"/api/movies/{MATRIX}/status", json={"status": "watched"})
    made = client.get(f"/api/movies/{MATRIX}").json
    assert (made["liked"], made["tags"]) == (False, [])
    assert client.get("/api/tags").json == []
