"""Names that differ in case, accents or invisible characters only are one; libraries from before may have both."""

from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from support.client import Client
from support.shapes import assert_invalid, assert_problem

from movietracker.services import people
from movietracker.services.accounts import Account
from movietracker.services.transactions import library_write

MATRIX = "tt0133093"
ADDRESS = f"/api/movies/{MATRIX}/recommendations"

SAME = [
    *(("Ren\u00e9e", "renee"), ("renee", "RENE\u0301E"), ("Łukasz Þór", "lukasz thor"), ("İpek", "ıpek")),
    *(("Anna", "An\u200bna\ufe0f"), ("Straße", "STRASSE"), ("Ａnna", "anna"), ("❤\ufe0f", "❤")),
]
OTHERS = [
    *(("Anna-Lena", "Anna Lena"), ("O'Neil", "ONeil"), ("Anna", "Hanna"), ("が", "か"), ("राम", "रम"), ("😀", "😁")),
]


def add(client: Client, name: str, **more: Any) -> Any:
    answer = client.post("/api/people", json={"name": name} | more)
    assert answer.status_code == 201, answer.text
    return answer.json


def own_names(client: Client) -> list[str]:
    return [person["name"] for person in client.get("/api/people").json if person["quick_key"] is None]


@pytest.fixture
def twins(app: Flask, anna: Account) -> list[int]:
    """The ids of an Anna and an anna, as a library from before may hold them."""
    with app.app_context(), library_write(anna.id) as tx:
        return people.add_people(tx, [{"name": "Anna"}, {"name": "anna"}])


@pytest.mark.parametrize(("first", "other"), SAME)
def test_both_spellings_mean_one_person_who_is_shown_as_first_written(client: Client, first: str, other: str) -> None:
    person = add(client, first)
    assert_problem(client.post("/api/people", json={"name": other}), 409, "name_taken")
    assert client.post(ADDRESS, json={"person_name": other}).json["person_name"] == first
    told = client.post(f"{ADDRESS}/bulk", json={"people": [other, first]}).json
    assert [vote["person_id"] for vote in told] == [person["id"]]
    client.post("/api/movies", json={"imdb_id": MATRIX, "recommender": other})
    assert client.get(f"/api/people/{quote(other)}").json["movie_count"] == 1
    assert len(client.get("/api/movies", query_string={"person": other}).json) == 1
    assert client.delete(f"{ADDRESS}/{quote(other)}").status_code == 204
    assert own_names(client) == [first]
    assert client.delete(f"/api/people/{quote(other)}").status_code == 204


@pytest.mark.parametrize(("first", "other"), OTHERS)
def test_names_that_differ_in_more_are_two(client: Client, first: str, other: str) -> None:
    assert add(client, first)["id"] != add(client, other)["id"]


@pytest.mark.parametrize("name", ["\u200b", "\u0301", " \u200d\ufe0f\u0301 ", "\u2060" * 200])
def test_a_name_that_nobody_can_see_is_422(client: Client, name: str) -> None:
    add(client, "Mum")
    assert_invalid(client.post("/api/people", json={"name": name}), "name")
    assert_invalid(client.put("/api/people/Mum", json={"name": name}), "name")
    assert_invalid(client.post(ADDRESS, json={"person_name": name}), "person_name")
    assert_invalid(client.post(f"{ADDRESS}/bulk", json={"people": ["Mum", name]}), "people")
    answer = client.post("/api/movies", json={"imdb_id": MATRIX, "recommender": name})
    assert_invalid(answer, "recommender")
    assert answer.json["errors"] == {"recommender": ["Must have a character that can be seen."]}
    assert client.get("/api/movies").json == []


@pytest.mark.each_database
def test_a_person_may_be_spelled_anew_but_not_like_another(client: Client) -> None:
    person = add(client, "anna")
    add(client, "Ben")
    for name in ("Anna", "ÁNNA", "Anna"):
        told = client.put("/api/people/anna", json={"name": name}).json
        assert (told["name"], told["id"]) == (name, person["id"])
    assert_problem(client.put("/api/people/anna", json={"name": "BEN"}), 409, "name_taken")
    assert_problem(client.put("/api/people/anna", json={"name": "random person"}), 409, "name_taken")
    assert own_names(client) == ["Anna", "Ben"]
    client.put("/api/people/anna", json={"name": "Cleo"})
    assert add(client, "ANNA")["id"] != person["id"]


@pytest.mark.each_database
def test_of_two_people_from_before_the_exact_name_wins_else_who_was_first(client: Client, twins: list[int]) -> None:
    for name, meant in (("Anna", 0), ("anna", 1), ("ANNA", 0), ("\u00e1nna", 0)):
        assert client.get(f"/api/people/{quote(name)}").json["id"] == twins[meant]
        assert client.post(ADDRESS, json={"person_name": name}).json["person_id"] == twins[meant]
        assert_problem(client.post("/api/people", json={"name": name}), 409, "name_taken")
    assert_problem(client.put("/api/people/anna", json={"name": "Anna"}), 409, "name_taken")
    assert client.put("/api/people/anna", json={"name": "ANNA"}).json["id"] == twins[1]
    assert own_names(client) == ["Anna", "ANNA"]


@pytest.mark.each_database
def test_a_row_that_an_older_version_wrote_is_found_by_its_exact_name(
    app: Flask, anna: Account, client: Client, twins: list[int]
) -> None:
    with app.app_context(), library_write(anna.id) as tx:
        for person_id in twins:
            tx.execute(people._FOLD, of_person=person_id, to_folded=None)
    assert client.get("/api/people/anna").json["id"] == twins[1]
    assert client.post(ADDRESS, json={"person_name": "Anna"}).json["person_id"] == twins[0]
    assert_problem(client.post("/api/people", json={"name": "Anna"}), 409, "name_taken")
