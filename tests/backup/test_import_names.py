"""People of a file and of the account whose names differ in case, accents or invisible characters only."""

import pytest
from flask import Flask
from support.client import Client

from movietracker.services import people
from movietracker.services.accounts import Account
from movietracker.services.transactions import library_write

from .documents import (
    A_DAY_LATER,
    FAR_AHEAD,
    HEAT,
    MATRIX,
    QUICK_NAMES,
    Json,
    bring,
    by_key,
    content,
    counts,
    document,
    export,
    movie,
    person,
    vote,
)

TWINS = document(
    movie(MATRIX, vote("Anna"), vote("anna", vote_type=False)),
    movie(HEAT, vote("anna") | {"note": "loud"}),
    people=[person("Anna", color="#111111"), person("anna", is_trusted=True)],
)


def own_people(client: Client) -> dict[str, Json]:
    return {each["name"]: each for each in client.get("/api/people").json if each["name"] not in QUICK_NAMES}


def voters(client: Client, imdb_id: str = MATRIX) -> list[tuple[str, bool]]:
    return [
        (each["person_name"], each["vote_type"])
        for each in by_key(export(client), "movies", imdb_id)["recommendations"]
    ]


@pytest.fixture
def twins(app: Flask, anna: Account, client: Client) -> Client:
    """A client whose library holds both, as one from before may."""
    with app.app_context(), library_write(anna.id) as tx:
        people.add_people(tx, [{"name": "Anna"}, {"name": "anna"}])
    return client


@pytest.mark.parametrize("mode", ["merge", "replace"])
def test_who_differs_only_so_from_a_person_of_the_account_is_that_person(client: Client, mode: str) -> None:
    before = client.post("/api/people", json={"name": "Zoë"}).json
    newer = person("ZOE", color="#111111", last_modified=FAR_AHEAD)
    result = bring(client, document(movie(MATRIX, vote("ZOE")), people=[newer]), mode=mode)
    assert result["imported_counts"] == counts(movies=1, people=1)
    name = "Zoë" if mode == "merge" else "ZOE"
    after = own_people(client)
    assert {name: (each["id"], each["color"], each["movie_count"]) for name, each in after.items()} == {
        name: (before["id"], "#111111", 1)
    }


@pytest.mark.parametrize("mode", ["merge", "replace"])
def test_a_file_that_lists_both_says_that_they_are_two(client: Client, mode: str) -> None:
    before = client.post("/api/people", json={"name": "Anna"}).json
    bring(client, TWINS, mode=mode)
    assert set(own_people(client)) == {"Anna", "anna"}
    assert own_people(client)["Anna"]["id"] == before["id"]
    assert voters(client) == [("Anna", True), ("anna", False)]
    assert bring(client, TWINS, mode=mode)["imported_counts"] == counts()


@pytest.mark.parametrize("mode", ["merge", "replace"])
def test_both_stay_as_they_are_where_both_have_both(twins: Client, mode: str) -> None:
    ids = {name: each["id"] for name, each in own_people(twins).items()}
    bring(twins, TWINS, mode=mode)
    assert {name: each["id"] for name, each in own_people(twins).items()} == ids
    exported = export(twins)
    bring(twins, document(people=[person("ANNA")]), mode="replace")
    assert {name: each["id"] for name, each in own_people(twins).items()} == {"ANNA": ids["Anna"]}
    bring(twins, exported, mode="replace")
    assert content(export(twins)) == content(exported)


def test_of_two_here_one_of_the_file_is_who_was_first(twins: Client) -> None:
    first = own_people(twins)["Anna"]["id"]
    bring(twins, document(movie(MATRIX, vote("ÁNNA"), last_modified=FAR_AHEAD)))
    assert {name: each["movie_count"] for name, each in own_people(twins).items()} == {"Anna": 1, "anna": 0}
    assert own_people(twins)["Anna"]["id"] == first


@pytest.mark.parametrize("listed", [[person("Anna")], []])
def test_names_that_only_recommendations_have_are_one_person(client: Client, listed: list[Json]) -> None:
    """The newer vote counts, and what was said with either is kept."""
    told = [
        vote("Anna") | {"note": "loud"},
        vote("anna", vote_type=False, date=A_DAY_LATER) | {"note": "quiet"},
        vote("ANNA", date=5.0),
    ]
    result = bring(client, document(movie(MATRIX, *told), movie(HEAT, vote("ÁNNA")), people=listed))
    assert result["people_imported"] == 1
    (shown,) = by_key(export(client), "movies", MATRIX)["recommendations"]
    assert shown == vote("Anna", vote_type=False, date=A_DAY_LATER) | {"note": "quiet\nloud"}
    assert voters(client, HEAT) == [("Anna", True)]


def test_a_quick_recommender_is_not_given_a_name_that_another_here_has_in_other_letters(client: Client) -> None:
    client.post("/api/people", json={"name": "kagi"})
    renamed = person("Kagi", quick_key="google", last_modified=FAR_AHEAD)
    (warning,) = bring(client, document(people=[renamed]))["warnings"]
    assert "Kagi" in warning
    assert set(own_people(client)) == {"kagi"}
    replaced = document(people=[renamed, person("kagi")])
    assert "warnings" not in bring(client, replaced, mode="replace")
    assert set(own_people(client)) == {"Kagi", "kagi"}
