"""Custom lists."""

import uuid
from typing import Any

import pytest
from support.client import Client
from support.shapes import LIST, MOVIE, assert_invalid, assert_shape

from movietracker.services.accounts import Account

MATRIX, INCEPTION = "tt0133093", "tt1375666"
NOWHERE = "00000000-0000-0000-0000-000000000000"


def add(client: Client, name: str = "Rainy", **more: Any) -> Any:
    answer = client.post("/api/lists", json={"name": name} | more)
    assert answer.status_code == 201, answer.text
    return answer.json


def put_on(client: Client, a_list: Any, imdb_id: str = MATRIX) -> None:
    body = {"status": "custom", "custom_list_id": a_list["id"]}
    assert client.put(f"/api/movies/{imdb_id}/status", json=body).status_code == 200


def test_a_user_begins_without_lists(client: Client) -> None:
    assert client.get("/api/lists").json == []


def test_a_list_is_made_with_the_defaults(client: Client, anna: Account) -> None:
    a_list = add(client)

    assert_shape(a_list, LIST)
    expected = {"user_id": anna.id, "name": "Rainy", "color": "#0a84ff", "icon": "list", "position": 0}
    assert {key: a_list[key] for key in expected} == expected
    assert str(uuid.UUID(a_list["id"])) == a_list["id"]
    assert client.get(f"/api/lists/{a_list['id']}").json == a_list
    assert client.get("/api/lists").json == [a_list]


def test_a_list_is_made_with_everything(client: Client) -> None:
    a_list = add(client, " Rainy ", color="#ff375f", icon="umbrella", position=3, id="mine", user_id="ben")

    assert (a_list["name"], a_list["color"], a_list["icon"], a_list["position"]) == ("Rainy", "#ff375f", "umbrella", 3)
    assert a_list["id"] != "mine"


def test_names_need_not_be_unique(client: Client) -> None:
    assert add(client, "Rainy")["id"] != add(client, "Rainy")["id"]


def test_lists_are_ordered_by_position_then_age(client: Client) -> None:
    for name, position in (("c", 2), ("a", -1), ("d", 2), ("b", 0)):
        add(client, name, position=position)

    answer = client.get("/api/lists")
    assert_shape(answer.json, [LIST])
    assert [each["name"] for each in answer.json] == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    "change", [{"name": "Sunny"}, {"color": "#000"}, {"icon": "sun"}, {"position": -7}, {"name": "a/b 🎬"}]
)
def test_each_field_can_be_changed_alone(client: Client, change: dict[str, Any]) -> None:
    a_list = add(client)

    answer = client.put(f"/api/lists/{a_list['id']}", json=change)

    assert answer.status_code == 200
    assert answer.json == a_list | change | {"last_modified": answer.json["last_modified"]}
    assert answer.json["last_modified"] > a_list["last_modified"]
    assert client.get(f"/api/lists/{a_list['id']}").json == answer.json


def test_nothing_to_change_answers_the_list(client: Client) -> None:
    a_list = add(client)
    for body in ({}, {"name": "Rainy"}, {"name": "Rainy", "unknown": 1, "id": NOWHERE, "created_at": 7}):
        assert client.put(f"/api/lists/{a_list['id']}", json=body).json == a_list


def test_what_is_not_valid_is_422_and_changes_nothing(client: Client) -> None:
    a_list = add(client)

    for field, wrong in (
        *(("name", each) for each in (None, "", "x" * 201)),
        *(("color", ""), ("icon", None), ("icon", "x" * 65)),
        *(("position", each) for each in (1.5, 2**31, None)),
    ):
        body = {"name": "Rainy"} | {field: wrong}
        for method, address in (("POST", "/api/lists"), ("PUT", f"/api/lists/{a_list['id']}")):
            assert_invalid(client.open(address, method=method, json=body), field)
        assert client.get("/api/lists").json == [a_list]


def test_a_new_list_needs_a_name(client: Client) -> None:
    assert_invalid(client.post("/api/lists", json={"color": "#000"}), "name")


def test_the_movies_of_a_list(client: Client) -> None:
    rainy, sunny = add(client, "Rainy"), add(client, "Sunny")
    put_on(client, rainy, MATRIX)
    put_on(client, rainy, INCEPTION)
    put_on(client, sunny, "tt0073195")
    client.put("/api/movies/tt0903747/status", json={"status": "watched"})

    answer = client.get(f"/api/lists/{rainy['id']}/movies")

    assert answer.status_code == 200
    assert_shape(answer.json, [MOVIE])
    assert [movie["imdb_id"] for movie in answer.json] == [MATRIX, INCEPTION]
    assert {movie["custom_list_id"] for movie in answer.json} == {rainy["id"]}
    assert answer.json == client.get(f"/api/movies?list={rainy['id']}").json


def test_removing_a_list_moves_its_movies_to_to_watch(client: Client) -> None:
    rainy, sunny = add(client, "Rainy"), add(client, "Sunny")
    put_on(client, rainy, MATRIX)
    put_on(client, sunny, INCEPTION)
    before = client.get(f"/api/movies/{MATRIX}").json

    answer = client.delete(f"/api/lists/{rainy['id']}")

    assert (answer.status_code, answer.data) == (204, b"")
    movie = client.get(f"/api/movies/{MATRIX}").json
    assert (movie["status"], movie["custom_list_id"]) == ("toWatch", None)
    assert movie["last_modified"] > before["last_modified"]
    assert client.get(f"/api/movies/{INCEPTION}").json["status"] == "custom"
    assert client.get("/api/lists").json == [sunny]


def test_an_unknown_or_foreign_list_is_404(client: Client, bens_client: Client) -> None:
    bens = add(bens_client)
    add(client)

    for list_id in (bens["id"], NOWHERE, "1", "a%20b", "x" * 500, "%00"):
        for method, address, body in (
            ("GET", "", None),
            ("PUT", "", {"name": "Mine"}),
            ("DELETE", "", None),
            ("GET", "/movies", None),
        ):
            answer = client.open(f"/api/lists/{list_id}{address}", method=method, json=body)
            assert answer.status_code == 404
            assert answer.json["code"] in ("list_not_found", "not_found")
    assert bens_client.get("/api/lists").json == [bens]
