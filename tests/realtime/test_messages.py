"""What listeners are told, of whose changes, and when."""

import threading
import time
from typing import Any

import pytest
from flask import Flask
from support.client import Client
from support.library import add_stubs, imdb_ids
from support.waiting import wait_until

from movietracker.metadata.enrichment import enrich
from movietracker.realtime.subscribers import POLL_GAP
from movietracker.services import movies
from movietracker.services.accounts import Account
from movietracker.services.movies.storing import remove_titles
from movietracker.services.transactions import library_write
from movietracker.state import state

from .conftest import Listen

METROPOLIS = "tt0017136"  # in the offline catalogue's sample
MATRIX = "tt0133093"


def kinds(messages: list[dict[str, Any]]) -> set[str]:
    return {message["type"] for message in messages}


def add(client: Client, imdb_id: str = MATRIX, person: str = "Zoe") -> None:
    answer = client.post(f"/api/movies/{imdb_id}/recommendations", json={"person_name": person})
    assert answer.status_code == 201


def test_a_new_movie_and_the_person_who_recommends_it(listen: Listen, anna: Account, client: Client) -> None:
    listener = listen(anna)
    add(client)
    told = [listener.next(), listener.next()]
    assert {(each["type"], each.get("imdb_id")) for each in told} == {("movieAdded", MATRIX), ("peopleUpdated", None)}


def test_a_changed_movie(listen: Listen, anna: Account, client: Client) -> None:
    add(client)
    listener = listen(anna)
    client.put(f"/api/movies/{MATRIX}/watch", json={"date_watched": 1_700_000_000, "my_rating": 8})
    assert listener.next() | {"timestamp": 0, "cursor": ""} == {
        "type": "movieUpdated",
        "imdb_id": MATRIX,
        "timestamp": 0,
        "cursor": "",
    }


def test_each_change_of_the_ranking(listen: Listen, anna: Account, client: Client) -> None:
    client.put(f"/api/movies/{MATRIX}/status", json={"status": "watched"})
    listener = listen(anna)
    place = {"imdb_id": MATRIX, "position": 1, "liked": True}
    for method, address, body in (
        ("POST", "/api/ranking/insert", place),
        ("PUT", f"/api/ranking/{MATRIX}", place | {"liked": False}),
        ("DELETE", f"/api/ranking/{MATRIX}", None),
        ("POST", "/api/sync", {"action": "rankMovie", "data": {"imdb_id": MATRIX, "liked": True, "after": None}}),
        ("POST", "/api/sync", {"action": "unrankMovie", "data": {"imdb_id": MATRIX}}),
    ):
        assert client.open(address, method=method, json=body).status_code < 300
        assert listener.until("movieUpdated")["imdb_id"] == MATRIX


def test_a_movie_whose_status_is_deleted_and_that_comes_back(listen: Listen, anna: Account, client: Client) -> None:
    add(client)
    listener = listen(anna)
    client.put(f"/api/movies/{MATRIX}/status", json={"status": "deleted"})
    assert listener.until("movieDeleted")["imdb_id"] == MATRIX
    client.put(f"/api/movies/{MATRIX}/status", json={"status": "toWatch"})
    assert listener.until("movieUpdated")["imdb_id"] == MATRIX


def test_a_movie_that_is_removed_for_good(listen: Listen, app: Flask, anna: Account, client: Client) -> None:
    add(client)
    listener = listen(anna)
    with app.app_context(), library_write(anna.id) as tx:
        remove_titles(tx, [MATRIX])
    assert listener.until("movieDeleted")["imdb_id"] == MATRIX


def test_people_made_changed_and_removed(listen: Listen, anna: Account, client: Client) -> None:
    listener = listen(anna)
    for call in (
        lambda: client.post("/api/people", json={"name": "Zoe"}),
        lambda: client.put("/api/people/Zoe", json={"name": "Zoë"}),
        lambda: client.delete("/api/people/Zoë"),
    ):
        assert call().status_code < 300
        assert listener.next()["type"] == "peopleUpdated"


def test_lists_made_changed_and_removed(listen: Listen, anna: Account, client: Client) -> None:
    listener = listen(anna)
    list_id = client.post("/api/lists", json={"name": "Rainy days"}).json["id"]
    assert listener.until("listUpdated")["list_id"] == list_id
    client.put(f"/api/lists/{list_id}", json={"name": "Rainy evenings"})
    assert listener.until("listUpdated")["list_id"] == list_id
    client.delete(f"/api/lists/{list_id}")
    assert listener.until("listUpdated")["list_id"] == list_id


def test_renaming_a_person_changes_the_movies_that_show_the_name(listen: Listen, anna: Account, client: Client) -> None:
    add(client)
    listener = listen(anna)
    client.put("/api/people/Zoe", json={"name": "Zoë"})
    assert kinds([listener.next(), listener.next()]) == {"peopleUpdated", "movieUpdated"}


def test_actions_of_the_sync_protocol(listen: Listen, anna: Account, client: Client) -> None:
    listener = listen(anna)
    pushed = client.post("/api/sync/batch", json={"actions": [{"action": "addMovie", "data": {"imdb_id": MATRIX}}]})
    message = listener.until("movieAdded", imdb_id=MATRIX)
    assert message["cursor"] == pushed.json["cursor"]
    assert message["timestamp"] == pushed.json["server_timestamp"]


def test_the_details_that_come_in_the_background(listen: Listen, app: Flask, anna: Account) -> None:
    with app.app_context():
        add_stubs(anna, [METROPOLIS])
        listener = listen(anna)
        enrich(state().lookup)
    assert listener.until("movieUpdated")["imdb_id"] == METROPOLIS


def test_a_message_stands_where_its_commit_does(listen: Listen, connect: Listen, anna: Account, client: Client) -> None:
    before = client.get("/api/sync/changes").json["cursor"]
    listener = listen(anna)
    client.post("/api/people", json={"name": "Zoe"})
    message = listener.next()
    since_before = client.get("/api/sync/changes", query_string={"cursor": before}).json
    assert [person["name"] for person in since_before["people"]] == ["Zoe"]
    assert since_before["cursor"] == message["cursor"]
    assert client.get("/api/sync/changes", query_string={"cursor": message["cursor"]}).json["people"] == []
    assert client.get("/api/sync", query_string={"since": message["timestamp"]}).json["people"] == []


def test_no_user_hears_of_the_libraries_of_others(
    listen: Listen, anna: Account, ben: Account, client: Client, bens_client: Client
) -> None:
    annas, bens = listen(anna), listen(ben)
    add(client, MATRIX)
    add(bens_client, METROPOLIS)
    assert {message.get("imdb_id") for message in annas.some_until_quiet()} == {MATRIX, None}
    assert {message.get("imdb_id") for message in bens.some_until_quiet()} == {METROPOLIS, None}


def test_nothing_is_told_before_its_commit(listen: Listen, app: Flask, anna: Account) -> None:
    listener = listen(anna)
    with app.app_context(), library_write(anna.id) as tx:
        movies.ensure_movie(tx, MATRIX)
        assert listener.all_until_quiet() == []
    assert listener.next()["type"] == "movieAdded"


def test_what_is_undone_is_never_told(listen: Listen, app: Flask, anna: Account) -> None:
    def fail() -> None:
        with library_write(anna.id) as tx:
            movies.ensure_movie(tx, MATRIX)
            raise ZeroDivisionError

    listener = listen(anna)
    with app.app_context(), pytest.raises(ZeroDivisionError):
        fail()
    assert listener.all_until_quiet() == []


def test_a_change_of_nothing_is_not_told(listen: Listen, anna: Account, client: Client) -> None:
    add(client)
    listener = listen(anna)
    add(client)
    assert listener.all_until_quiet() == []


def test_all_connections_of_a_user_are_told(listen: Listen, anna: Account, client: Client) -> None:
    listeners = [listen(anna) for _ in range(5)]
    add(client)
    assert [listener.until("movieAdded")["imdb_id"] for listener in listeners] == [MATRIX] * 5


def test_who_comes_later_is_not_told_what_was_before(listen: Listen, anna: Account, client: Client) -> None:
    first = listen(anna)
    add(client)
    second = listen(anna)
    first.until("movieAdded")
    client.put(f"/api/movies/{MATRIX}/status", json={"status": "watched"})
    assert [message["type"] for message in second.some_until_quiet()] == ["movieUpdated"]


def test_many_changes_of_one_record_are_few_messages(listen: Listen, app: Flask, anna: Account, client: Client) -> None:
    listener = listen(anna)
    begun = time.monotonic()
    with app.app_context():
        for number in range(100):
            with library_write(anna.id) as tx:
                movies.set_status(tx, MATRIX, "watched" if number % 2 else "toWatch")
    looks = (time.monotonic() - begun) / POLL_GAP + 2
    told = listener.some_until_quiet()
    assert told[0]["type"] == "movieAdded"
    assert kinds(told[1:]) <= {"movieUpdated"}
    assert len(told) <= looks
    assert told[-1]["cursor"] == client.get("/api/sync/changes").json["cursor"]


def test_a_large_commit_is_told_whole_to_a_client_that_reads(listen: Listen, app: Flask, anna: Account) -> None:
    listener = listen(anna)
    with app.app_context():
        add_stubs(anna, imdb_ids(1500))
    assert {listener.next()["imdb_id"] for _ in range(1500)} == set(imdb_ids(1500))


def test_the_thread_ends_with_the_last_connection_and_restarts(listen: Listen, anna: Account, client: Client) -> None:
    def is_running() -> bool:
        return any(thread.name == "realtime" for thread in threading.enumerate())

    listen(anna).leave()
    wait_until(lambda: not is_running())
    listener = listen(anna)
    assert is_running()
    add(client)
    listener.until("movieAdded")
