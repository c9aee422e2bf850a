"""The exported document is the contract's version 2, holds nothing but the user's own, and is made piece by piece."""

import gzip
import json
import re
from itertools import pairwise

import pytest
from flask import Flask
from support.client import PASSWORD, Client
from support.library import add_stubs, imdb_ids
from support.wall_clock import WallClock

from movietracker.backup.document.export import PAGE, export_document
from movietracker.models.movie import Vote
from movietracker.services import movies, people
from movietracker.services.accounts import Account
from movietracker.services.transactions import library_read, library_write

from .documents import (
    ALIEN,
    HEAT,
    MATRIX,
    QUICK_NAMES,
    as_written,
    by_key,
    content,
    document,
    export,
    movie,
    vote,
    without_ids,
)


@pytest.fixture
def full(client: Client) -> Client:
    """A client whose library has something of everything."""
    rainy = client.post("/api/lists", json={"name": "Rainy", "icon": "cloud", "position": 3}).json["id"]
    client.post("/api/people", json={"name": "Anna", "is_trusted": True, "emoji": "🎬", "color": "#ff375f"})
    client.post(f"/api/movies/{MATRIX}/recommendations", json={"person_name": "Anna", "date_recommended": 200})
    client.post(
        f"/api/movies/{MATRIX}/recommendations",
        json={"person_name": "Ben/Bob", "vote_type": "downvote", "date_recommended": 100},
    )
    client.put(f"/api/movies/{MATRIX}/watch", json={"date_watched": 1700000000.5, "my_rating": 8.5})
    client.put(f"/api/movies/{HEAT}/status", json={"status": "custom", "custom_list_id": rainy})
    client.put(f"/api/movies/{ALIEN}/status", json={"status": "deleted"})
    return client


def test_the_document_is_of_version_2_and_every_record_tells_when_it_changed(full: Client) -> None:
    exported = export(full)
    assert list(exported) == ["version", "exported_at", "account", "movies", "people", "lists", "rankings"]
    assert exported["account"] == {"email": "anna@example.com", "username": "anna"}
    assert exported["version"] == 2
    records = [*exported["movies"], *exported["people"], *exported["lists"]]
    assert all(0 < record["last_modified"] <= exported["exported_at"] for record in records)


def test_everything_that_the_user_said_is_in_the_document(full: Client) -> None:
    exported = content(export(full))
    (rainy,) = exported["lists"]
    votes = [vote("Ben/Bob", date=100, vote_type=False), vote("Anna", date=200)]
    watched = {"date_watched": 1700000000.5, "my_rating": 8.5}
    told = [
        movie(ALIEN, status="deleted"),
        movie(HEAT, status="custom", custom_list_id=rainy["id"]),
        movie(MATRIX, *votes, status="watched", watch_history=watched),
    ]
    assert without_ids(exported)["movies"] == without_ids(content(as_written(document(*told))))["movies"]
    look = {"name": "Rainy", "color": "#0a84ff", "icon": "cloud", "position": 3}
    assert rainy == {"id": rainy["id"], "created_at": rainy["created_at"], **look}
    anna = by_key(exported, "people", "Anna")
    assert anna == {"name": "Anna", "is_trusted": True, "color": "#ff375f", "emoji": "🎬", "quick_key": None}
    assert {person["name"] for person in exported["people"]} == {"Anna", "Ben/Bob", *QUICK_NAMES}


def test_no_ids_of_users_and_people_and_no_provider_data_are_in_the_document(full: Client, anna: Account) -> None:
    full.post(f"/api/movies/{HEAT}/recommendations", json={"person": "Cleo", "tmdb_data": {"title": "Heat, the film"}})
    text = full.get("/api/backup/export").text
    assert anna.id not in text
    assert "Heat, the film" not in text
    assert not re.search(r'"(user_id|person_id|id_person|tmdb_data|omdb_data)"', text)


def test_the_document_is_a_download_named_after_the_day(client: Client, wall_clock: WallClock) -> None:
    wall_clock.time = 1_767_225_599.0  # the last second of 2025 in UTC
    answer = client.get("/api/backup/export")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="moviemanager-export-2025-12-31.json"'
    assert answer.mimetype == "application/json"


def test_an_empty_library_exports_its_quick_recommenders(client: Client) -> None:
    exported = export(client)
    assert exported["movies"] == exported["lists"] == []
    assert {person["quick_key"] for person in exported["people"]} == {"youtube", "oscar", "random_person", "google"}


def test_the_order_is_the_same_each_time(app: Flask, anna: Account, client: Client) -> None:
    ids = imdb_ids(2 * PAGE + 3)
    with app.app_context():
        add_stubs(anna, reversed(ids))
        with library_write(anna.id) as tx:
            for name in ("Zoë", "anna", "Ärger", "Anna", "日本"):
                movies.recommend(tx, ids[0], name, Vote(5.0))
    exported = export(client)
    assert [each["imdb_id"] for each in exported["movies"]] == ids
    assert all(a["name"] < b["name"] for a, b in pairwise(exported["people"]))
    voters = [each["person_name"] for each in exported["movies"][0]["recommendations"]]
    assert voters == sorted(voters)


def test_an_export_shows_one_state_while_others_write(app: Flask, anna: Account) -> None:
    ids = imdb_ids(3 * PAGE)
    with app.app_context():
        add_stubs(anna, ids)
        with library_read(anna.id) as read:
            chunks = export_document(read)
            beginning = [next(chunks) for _ in range(3)]
            with library_write(anna.id) as tx:
                people.add_person(tx, "Late")
                for imdb_id in ids:
                    movies.set_status(tx, imdb_id, "deleted")
            exported = json.loads(b"".join([*beginning, *chunks]))
    assert {each["status"] for each in exported["movies"]} == {"toWatch"}
    assert "Late" not in {each["name"] for each in exported["people"]}


def test_a_large_document_comes_in_pieces(app: Flask, anna: Account, client: Client) -> None:
    with app.app_context():
        add_stubs(anna, imdb_ids(5 * PAGE))
    answer = client.get("/api/backup/export", buffered=False)
    pieces = list(answer.response)
    answer.close()
    assert len(pieces) > 5
    assert max(map(len, pieces)) < 300 * PAGE
    assert len(json.loads(b"".join(pieces))["movies"]) == 5 * PAGE


def test_the_document_is_compressed_piece_by_piece_for_clients_that_accept_it(
    app: Flask, anna: Account, client: Client
) -> None:
    with app.app_context():
        add_stubs(anna, imdb_ids(5 * PAGE))
    answer = client.get("/api/backup/export", headers={"Accept-Encoding": "gzip"}, buffered=False)
    pieces = list(answer.response)
    answer.close()
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(pieces) > 5
    assert len(json.loads(gzip.decompress(b"".join(pieces)))["movies"]) == 5 * PAGE


def test_a_download_that_is_broken_off_gives_its_connection_back(app: Flask, anna: Account, client: Client) -> None:
    with app.app_context():
        add_stubs(anna, imdb_ids(PAGE + 1))
    for _ in range(70):  # more than the pool has
        client.get("/api/backup/export", buffered=False).close()
        client.head("/api/backup/export")
    assert len(export(client)["movies"]) == PAGE + 1


def test_an_unchanged_library_is_not_exported_again(full: Client) -> None:
    tag = full.get("/api/backup/export").headers["ETag"]
    assert full.get("/api/backup/export", headers={"If-None-Match": tag}).status_code == 304
    full.post("/api/people", json={"name": "Dora"})
    assert full.get("/api/backup/export", headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("change", [{"username": "ann"}, {"email": "ann@example.com"}])
def test_a_new_name_of_the_account_is_exported_though_the_library_is_the_same(
    full: Client, change: dict[str, str]
) -> None:
    before = full.get("/api/backup/export")
    assert full.patch("/api/auth/me", json=change | {"current_password": PASSWORD}).status_code == 200
    after = full.get("/api/backup/export", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert after.json["account"] == before.json["account"] | change
