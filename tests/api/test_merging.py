"""POST /api/people/{name}/merge: what the first said goes to the other, and the first is gone."""

from typing import Any

import pytest
from support.client import Client
from support.shapes import PERSON, assert_invalid, assert_problem, assert_shape
from sync.wire import Wire

MATRIX, HEAT, ALIEN = "tt0133093", "tt0113277", "tt0078748"


def merge(client: Client, name: Any, into: Any) -> Any:
    return client.post(f"/api/people/{name}/merge", json={"into": into})


def votes(client: Client, imdb_id: str) -> list[tuple[str, bool, str | None]]:
    told = client.get(f"/api/movies/{imdb_id}").json["recommendations"]
    return [(each["person_name"], each["vote_type"], each["note"]) for each in told]


@pytest.fixture
def ids(client: Client) -> dict[str, int]:
    """The ids of an Ana and an Anna, each with a title of her own, and one that they see differently."""
    for name, more in (("Ana", {"emoji": "🌱"}), ("Anna", {"is_trusted": True, "color": "#111111"})):
        client.post("/api/people", json={"name": name} | more)
    for imdb_id, name, date, vote_type, note in (
        (MATRIX, "Ana", 1000, True, None),
        (HEAT, "Anna", 1000, True, None),
        (ALIEN, "Ana", 3000, False, "too loud"),
        (ALIEN, "Anna", 2000, True, "loud"),
    ):
        body = {"person_name": name, "date_recommended": date, "vote_type": vote_type, "note": note}
        client.post(f"/api/movies/{imdb_id}/recommendations", json=body)
    return {each["name"]: each["id"] for each in client.get("/api/people").json}


@pytest.mark.each_database
def test_the_newer_vote_counts_both_notes_are_kept_and_the_marks_are_the_other_s(
    client: Client, ids: dict[str, int]
) -> None:
    before = client.get("/api/people/Anna").json
    answer = merge(client, "Ana", "Anna")
    assert answer.status_code == 200
    assert_shape(answer.json, PERSON)
    assert answer.json == before | {"movie_count": 3, "last_modified": answer.json["last_modified"]}
    assert votes(client, MATRIX) == [("Anna", True, None)]
    assert votes(client, HEAT) == [("Anna", True, None)]
    assert votes(client, ALIEN) == [("Anna", False, "too loud\nloud")]
    assert_problem(client.get("/api/people/Ana"), 404, "person_not_found")
    assert_problem(merge(client, "Ana", "Anna"), 404, "person_not_found")


def test_both_may_be_named_by_id_or_in_other_letters(client: Client, ids: dict[str, int]) -> None:
    assert merge(client, ids["Ana"], ids["Anna"]).json["id"] == ids["Anna"]
    cleo = client.post("/api/people", json={"name": "Cleo"}).json["id"]
    assert merge(client, "ÁNNA", str(cleo)).json["id"] == cleo
    assert votes(client, ALIEN) == [("Cleo", False, "too loud\nloud")]


def test_devices_hear_of_the_person_and_of_every_title(client: Client, ids: dict[str, int]) -> None:
    wire = Wire(client)
    cursor, since = wire.cursor(), wire.since().timestamp
    merge(client, "Ana", "Anna")
    for pulled in (wire.pull(cursor), wire.since(since)):
        assert pulled.deleted["people"] == [ids["Ana"]]
        assert set(pulled.people) == {ids["Anna"]}
        assert set(pulled.movies) == {MATRIX, ALIEN}


def test_a_quick_recommender_can_take_in_but_not_go(client: Client, ids: dict[str, int]) -> None:
    assert_problem(merge(client, "Random Person", "Anna"), 400, "quick_recommender_protected")
    assert merge(client, "Ana", "Random Person").json["movie_count"] == 2
    assert votes(client, MATRIX) == [("Random Person", True, None)]


def test_who_is_not_there_is_404_and_nothing_changes(client: Client, bens_client: Client, ids: dict[str, int]) -> None:
    bens = bens_client.post("/api/people", json={"name": "Uncle"}).json["id"]
    before = client.get("/api/movies").json
    for name, into in (("Ana", "Uncle"), ("Ana", bens), ("Ana", 2**53 - 1), ("Uncle", "Anna"), (bens, "Anna")):
        assert_problem(merge(client, name, into), 404, "person_not_found")
    assert client.get("/api/movies").json == before


@pytest.mark.parametrize(
    "into", [None, "", " ", "x" * 201, "x" * 10_000, True, 1.5, 0, -1, 2**63, [], {"id": 1}, "a\0"]
)
def test_what_is_no_person_is_422(client: Client, ids: dict[str, int], into: Any) -> None:
    assert_invalid(merge(client, "Ana", into), "into")


def test_oneself_is_422_and_so_is_nobody(client: Client, ids: dict[str, int]) -> None:
    for into in ("Ana", "ÁNA", ids["Ana"], str(ids["Ana"])):
        assert_invalid(merge(client, "Ana", into), "into")
    assert_invalid(client.post("/api/people/Ana/merge", json={}), "into")
    assert client.get("/api/people/Ana").status_code == 200


def test_the_name_of_who_is_gone_is_free(client: Client, ids: dict[str, int]) -> None:
    merge(client, "Ana", "Anna")
    again = client.post("/api/people", json={"name": "Ana"})
    assert again.status_code == 201
    assert again.json["id"] not in ids.values()


def test_a_name_with_slashes_can_be_merged(client: Client, ids: dict[str, int]) -> None:
    client.post("/api/people", json={"name": "a/merge"})
    assert merge(client, "a/merge", "Anna").json["id"] == ids["Anna"]
    assert merge(client, "Ana", "Oscar Winner/Nominee").json["quick_key"] == "oscar"
