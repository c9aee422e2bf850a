"""A name in a queued action means whom its user saw under it, also where the device itself moved names about."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Client

MOVIE = "tt0000001"


def pulled(client: Client) -> dict[str, Any]:
    """The answer of a whole pull from the beginning, which fits in one page."""
    answer = client.get("/api/sync/changes").json
    assert not answer["has_more"]
    return answer


def pushed(client: Client, seen: dict[str, Any], *actions: dict[str, Any], device: str | None = "phone") -> list[str]:
    """What became of actions whose user saw that pull."""
    body = {
        "cursor": seen["cursor"],
        "device": device,
        "actions": [{"base_rev": seen["rev"], **action} for action in actions],
    }
    answer = client.post("/api/sync/batch", json=body)
    assert answer.status_code == 200, answer.text
    return [result["code"] or result["status"] for result in answer.json["results"]]


def action(named: str, at: float = 1000.0, /, **data: Any) -> dict[str, Any]:
    return {"action": named, "data": data, "timestamp": at}


def recommend(name: str, timestamp: float = 1000.0) -> dict[str, Any]:
    return action("addRecommendation", timestamp, imdb_id=MOVIE, person_name=name)


def rename(old: str, new: str, timestamp: float = 1000.0) -> dict[str, Any]:
    return action("updatePerson", timestamp, name=old, new_name=new)


def recommenders(client: Client) -> list[str]:
    return [vote["person_name"] for vote in client.get(f"/api/movies/{MOVIE}").json["recommendations"]]


def people(client: Client) -> list[str]:
    return [person["name"] for person in client.get("/api/people").json if person["quick_key"] is None]


@pytest.fixture
def client(client: Client) -> Client:
    """Anna's client; she has a movie, and knows an Alma and a Bert."""
    for made in (action("addMovie", imdb_id=MOVIE), action("addPerson", name="Alma"), action("addPerson", name="Bert")):
        assert client.post("/api/sync", json=made).json["success"]
    return client


def test_the_rev_of_a_pull_is_the_number_of_all_that_it_gave(client: Client) -> None:
    client.delete("/api/people/Bert")
    answer = pulled(client)
    records = [*answer["movies"], *answer["people"]]
    assert answer["rev"] > max(record["rev"] for record in records)  # the deletion came after them
    assert client.get("/api/sync/changes", query_string={"cursor": answer["cursor"]}).json["rev"] == answer["rev"]
    assert client.get("/api/sync").json["rev"] == answer["rev"]


def test_after_names_were_swapped_and_pulled_they_mean_their_new_bearers(client: Client) -> None:
    bert = next(person["id"] for person in pulled(client)["people"] if person["name"] == "Bert")
    for old, new in (("Alma", "Other"), ("Bert", "Alma"), ("Other", "Bert")):
        assert client.put(f"/api/people/{old}", json={"name": new}).status_code == 200
    assert pushed(client, pulled(client), recommend("Alma")) == ["applied"]
    assert [vote["person_id"] for vote in client.get(f"/api/movies/{MOVIE}").json["recommendations"]] == [bert]


def test_a_name_whose_bearer_was_deleted_before_the_pull_makes_a_new_person(client: Client) -> None:
    client.delete("/api/people/Alma")
    assert pushed(client, pulled(client), recommend("Alma")) == ["applied"]
    assert recommenders(client) == ["Alma"]


@pytest.mark.parametrize("in_one_batch", [True, False])
def test_a_name_that_the_device_itself_gave_to_another_means_that_one(client: Client, in_one_batch: bool) -> None:
    seen = pulled(client)
    queue = [rename("Alma", "Alma Senior"), action("addPerson", name="Alma"), recommend("Alma")]
    for batch in [queue] if in_one_batch else [[each] for each in queue]:
        assert set(pushed(client, seen, *batch)) == {"applied"}
    assert recommenders(client) == ["Alma"]


def test_names_that_the_device_itself_swapped_mean_their_new_bearers(client: Client) -> None:
    seen = pulled(client)
    bert = next(person["id"] for person in seen["people"] if person["name"] == "Bert")
    swap = [rename("Alma", "Other"), rename("Bert", "Alma"), rename("Other", "Bert")]
    assert pushed(client, seen, *swap) == ["applied"] * 3
    assert pushed(client, seen, recommend("Alma")) == ["applied"]
    assert [vote["person_id"] for vote in client.get(f"/api/movies/{MOVIE}").json["recommendations"]] == [bert]


@pytest.mark.parametrize("in_one_batch", [True, False])
def test_a_person_whom_the_device_itself_deleted_may_be_made_again(client: Client, in_one_batch: bool) -> None:
    seen = pulled(client)
    queue = [action("deletePerson", name="Alma"), recommend("Alma")]
    for batch in [queue] if in_one_batch else [[each] for each in queue]:
        assert set(pushed(client, seen, *batch)) == {"applied"}
    assert recommenders(client) == ["Alma"]
    assert people(client) == ["Bert", "Alma"]


def test_a_person_may_be_added_and_renamed_again_and_again_in_one_batch(client: Client) -> None:
    seen = pulled(client)
    queue = [
        action("addPerson", name="Ana"),
        rename("Ana", "Anna"),
        recommend("Anna"),
        rename("Anna", "Ana"),
        rename("Ana", "Anna"),
        rename("Alma", "Elma"),
        rename("Elma", "Alma"),
        rename("Alma", "Elma"),
    ]
    assert pushed(client, seen, *queue) == ["applied"] * len(queue)
    assert people(client) == ["Elma", "Bert", "Anna"]
    assert pushed(client, seen, recommend("Ana", timestamp=500.0)) == ["noop"]  # a name that she bore within the batch
    assert recommenders(client) == ["Anna"]


def test_an_action_from_before_the_devices_own_rename_that_comes_after_it_makes_no_twin(client: Client) -> None:
    seen = pulled(client)
    pushed(client, seen, rename("Alma", "Alma Senior", timestamp=2000.0))
    assert pushed(client, seen, recommend("Alma", timestamp=1000.0)) == ["applied"]
    assert recommenders(client) == ["Alma Senior"]
    assert people(client) == ["Alma Senior", "Bert"]


def test_an_action_from_before_the_devices_own_delete_that_comes_after_it_brings_nobody_back(client: Client) -> None:
    seen = pulled(client)
    pushed(client, seen, action("deletePerson", 2000.0, name="Alma"))
    assert pushed(client, seen, recommend("Alma", timestamp=1000.0)) == ["deleted"]
    assert people(client) == ["Bert"]


def test_what_another_device_renamed_or_deleted_is_still_what_the_user_meant(client: Client) -> None:
    seen = pulled(client)
    away = [rename("Alma", "Alma Senior"), action("addPerson", name="Alma"), action("deletePerson", name="Bert")]
    assert set(pushed(client, seen, *away, device="tablet")) == {"applied"}
    assert pushed(client, seen, recommend("Alma"), recommend("Bert")) == ["applied", "deleted"]
    assert recommenders(client) == ["Alma Senior"]
