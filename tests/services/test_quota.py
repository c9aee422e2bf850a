"""What one user may store, and that the rest goes on when it is reached."""

from typing import Any

import pytest
from flask import Flask
from support.applications import MakeApp
from support.client import Client, client_of
from support.shapes import assert_problem
from support.statements import hearing_statements

from movietracker.services import quota
from movietracker.services.accounts import Account

TITLES = [f"tt{number}" for number in range(1_000_001, 1_000_041)]


@pytest.fixture
def few_titles(make_app: MakeApp, anna: Account) -> Client:
    """Anna's client, who may have 3 titles."""
    return client_of(make_app(QUOTA_TITLES=3), anna)


def recommend(client: Client, imdb_id: str, **more: Any) -> Any:
    return client.post(f"/api/movies/{imdb_id}/recommendations", json={"person_name": "Ben", **more})


def adding(imdb_id: str) -> dict[str, Any]:
    return {"action": "addMovie", "data": {"imdb_id": imdb_id}, "timestamp": 1_800_000_000}


def document(*imdb_ids: str) -> dict[str, Any]:
    return {"version": 2, "people": [], "lists": [], "movies": [{"imdb_id": each} for each in imdb_ids]}


def test_titles_beyond_the_quota_are_refused_and_what_is_there_can_be_changed(few_titles: Client) -> None:
    assert [recommend(few_titles, each).status_code for each in TITLES[:3]] == [201] * 3

    refused = recommend(few_titles, TITLES[3])
    assert_problem(refused, 507, "quota_exceeded")
    assert "at most 3 titles" in refused.json["detail"]
    assert_problem(few_titles.put(f"/api/movies/{TITLES[3]}/status", json={"status": "watched"}), 507, "quota_exceeded")
    assert few_titles.put(f"/api/movies/{TITLES[0]}/status", json={"status": "deleted"}).status_code == 200
    assert recommend(few_titles, TITLES[0], vote_type=False).status_code == 201
    assert len(few_titles.get("/api/movies").json) == 3


def test_other_users_are_not_concerned(few_titles: Client, ben: Account) -> None:
    for each in TITLES[:4]:
        recommend(few_titles, each)
    other = client_of(few_titles.application, ben)
    assert [recommend(other, each).status_code for each in TITLES[:4]] == [201, 201, 201, 507]


def test_a_batch_answers_for_each_action(few_titles: Client) -> None:
    actions = [adding(each) for each in TITLES[:5]]
    actions.append({"action": "addPerson", "data": {"name": "Zoe"}, "timestamp": 1_800_000_000})
    results = few_titles.post("/api/sync/batch", json={"actions": actions}).json["results"]

    assert [(each["status"], each["code"]) for each in results] == [
        *[("applied", None)] * 3,
        *[("rejected", "quota_exceeded")] * 2,
        ("applied", None),
    ]


def test_an_import_beyond_the_quota_imports_nothing(few_titles: Client) -> None:
    assert_problem(few_titles.post("/api/backup/import", json=document(*TITLES[:4])), 507, "quota_exceeded")
    assert few_titles.get("/api/movies").json == []
    assert few_titles.post("/api/backup/import", json=document(*TITLES[:3])).status_code == 200


def test_text_beyond_the_quota_is_refused(make_app: MakeApp, anna: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota, "COUNT_EVERY_SECONDS", 0.0)
    client = client_of(make_app(QUOTA_MB=1), anna)
    details = {"title": "x", "plot": "y" * 60_000}

    statuses = [recommend(client, each, tmdb_data=details).status_code for each in TITLES]
    assert statuses == sorted(statuses)
    assert 16 <= statuses.count(201) <= 18
    assert set(statuses) == {201, 507}
    stub = TITLES[0]
    assert client.put(f"/api/movies/{stub}/status", json={"status": "watched"}).status_code == 200
    assert client.post("/api/people", json={"name": "Zoe"}).status_code == 507


def test_notes_count_as_text(make_app: MakeApp, anna: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quota, "COUNT_EVERY_SECONDS", 0.0)
    client = client_of(make_app(QUOTA_MB=1), anna)
    address = f"/api/movies/{TITLES[0]}/recommendations/bulk"

    def recommend_all(first: int, **note: str) -> int:
        people = [f"Person {number}" for number in range(first, first + 100)]
        return client.post(address, json={"people": people, **note}).status_code

    assert [recommend_all(first, note="y" * 2000) for first in (0, 100, 200, 300)] == [201, 201, 201, 507]
    assert recommend_all(300) == 201


def test_details_that_a_client_sends_are_small(client: Client) -> None:
    sent = {"title": "x", "plot": "y" * quota.MAX_METADATA_BYTES}
    assert_problem(recommend(client, TITLES[0], tmdb_data=sent), 422, "validation_error")
    assert recommend(client, TITLES[0], tmdb_data={"title": "x", "plot": "y" * 4000}).status_code == 201


def test_a_library_far_from_its_quota_is_not_counted(client: Client, app: Flask) -> None:
    seen: list[str] = []
    with hearing_statements(app, lambda *heard: seen.append(heard[2])):
        for each in TITLES[:10]:
            assert recommend(client, each).status_code == 201
    assert seen
    assert not [statement for statement in seen if "sum(" in statement.lower()]
