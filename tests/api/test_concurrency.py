"""Many requests at once, on a real server with a thread for each."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from support.applications import MakeApp
from support.client import Client
from support.live_server import LiveServer, Reply, serve

from movietracker.services.accounts import create_account

MATRIX = "tt0133093"
AT_ONCE = 10


def at_once(calls: list[Callable[[], Any]]) -> list[Any]:
    """The answers of calls that all begin at the same moment."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        barrier.wait(30)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def header_of(client: Client) -> str:
    return str(client.environ_base["HTTP_AUTHORIZATION"])


def recommend(server: LiveServer, imdb_id: str = MATRIX, **body: Any) -> Callable[[], Reply]:
    return lambda: server.call("POST", f"/api/movies/{imdb_id}/recommendations", body)


@pytest.fixture
def server(app: Flask, client: Client) -> Iterator[LiveServer]:
    """The application behind a real socket, called with Anna's token."""
    with serve(app, header_of(client)) as live:
        yield live


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    """An application without metadata, whose only work is its own."""
    return make_app(MOVIETRACKER_PLUGINS_DISABLED="offline,tmdb,omdb")


def test_ten_new_people_recommend_one_new_movie(server: LiveServer, client: Client) -> None:
    replies = at_once([recommend(server, person_name=f"Person {number}") for number in range(AT_ONCE)])

    assert [reply.status for reply in replies] == [201] * AT_ONCE
    (movie,) = client.get("/api/movies").json
    assert movie["imdb_id"] == MATRIX
    assert len(movie["recommendations"]) == AT_ONCE
    people = client.get("/api/people").json[4:]
    assert sorted(person["name"] for person in people) == sorted(f"Person {number}" for number in range(AT_ONCE))
    assert {person["movie_count"] for person in people} == {1}


def test_one_new_person_recommends_it_ten_times(server: LiveServer, client: Client) -> None:
    replies = at_once([recommend(server, person_name="Mum", vote_type=number % 2) for number in range(AT_ONCE)])

    assert [reply.status for reply in replies] == [201] * AT_ONCE
    assert len({reply.json["id"] for reply in replies}) == 1
    (movie,) = client.get("/api/movies").json
    assert [vote["person_name"] for vote in movie["recommendations"]] == ["Mum"]
    assert [person["name"] for person in client.get("/api/people").json[4:]] == ["Mum"]


def test_two_users_do_so_at_once(app: Flask, client: Client, bens_client: Client) -> None:
    with serve(app, header_of(client)) as annas, serve(app, header_of(bens_client)) as bens:
        calls = [recommend(each, person_name=f"Person {n}") for n in range(AT_ONCE) for each in (annas, bens)]
        replies = at_once(calls)

    assert {reply.status for reply in replies} == {201}
    for each in (client, bens_client):
        (movie,) = each.get("/api/movies").json
        assert len(movie["recommendations"]) == AT_ONCE
        assert {vote["user_id"] for vote in movie["recommendations"]} == {movie["user_id"]}


def test_different_changes_of_one_movie_all_take_effect(server: LiveServer, client: Client) -> None:
    a_list = server.call("POST", "/api/lists", {"name": "Rainy"}).json["id"]
    custom = {"status": "custom", "custom_list_id": a_list}
    replies = at_once(
        [
            recommend(server, person_name="Mum"),
            recommend(server, person="Dad", vote_type="downvote"),
            lambda: server.call("POST", f"/api/movies/{MATRIX}/recommendations/bulk", {"people": ["Zoe", "Mum"]}),
            lambda: server.call("PUT", f"/api/movies/{MATRIX}/status", custom),
            lambda: server.call("PUT", f"/api/movies/{MATRIX}/watch", {"date_watched": 1, "my_rating": 7}),
            lambda: server.call("POST", "/api/movies", {"imdb_id": MATRIX, "recommender": "Ben"}),
        ]
    )

    assert {reply.status for reply in replies} <= {200, 201}
    (movie,) = client.get("/api/movies").json
    assert sorted(vote["person_name"] for vote in movie["recommendations"]) == ["Ben", "Dad", "Mum", "Zoe"]
    assert movie["watch_history"]["my_rating"] == 7
    assert movie["status"] in ("custom", "watched")


def test_of_ten_who_add_a_person_of_one_name_one_succeeds(server: LiveServer, client: Client) -> None:
    replies = at_once([lambda: server.call("POST", "/api/people", {"name": "Mum"})] * AT_ONCE)

    assert sorted(reply.status for reply in replies) == [201] + [409] * (AT_ONCE - 1)


def test_people_who_swap_names_at_once_never_share_one(server: LiveServer, client: Client) -> None:
    for name in ("a", "b"):
        client.post("/api/people", json={"name": name})
    calls = [lambda: server.call("PUT", "/api/people/a", {"name": "c"})] * 5
    calls += [lambda: server.call("PUT", "/api/people/b", {"name": "c"})] * 5
    replies = at_once(calls)

    assert [reply.status for reply in replies].count(200) == 1
    assert {reply.status for reply in replies} <= {200, 404, 409}
    names = [person["name"] for person in client.get("/api/people").json[4:]]
    assert sorted(names) in (["a", "c"], ["b", "c"])


def test_a_list_that_goes_while_movies_come_leaves_none_behind(server: LiveServer, client: Client) -> None:
    a_list = client.post("/api/lists", json={"name": "Rainy"}).json["id"]

    def put(number: int) -> Callable[[], Reply]:
        body = {"status": "custom", "custom_list_id": a_list}
        return lambda: server.call("PUT", f"/api/movies/tt000000{number}/status", body)

    replies = at_once([*(put(number) for number in range(8)), lambda: server.call("DELETE", f"/api/lists/{a_list}")])

    assert {reply.status for reply in replies} <= {200, 204, 404}
    assert client.get("/api/lists").json == []
    assert {movie["status"] for movie in client.get("/api/movies").json} <= {"toWatch"}


def test_accounts_are_made_at_once_with_ids_of_their_own(app: Flask, admin: Client) -> None:
    with serve(app, header_of(admin)) as server:

        def make(number: int) -> Callable[[], Reply]:
            body = {"email": f"user{number}@example.com", "username": f"user{number}", "password": "a long secret"}
            return lambda: server.call("POST", "/api/auth/admin/users", body)

        replies = at_once([make(number) for number in range(6)])

    assert [reply.status for reply in replies] == [201] * 6
    ids = []
    for number in range(6):
        each = app.test_client().login(f"user{number}@example.com")
        ids += [person["id"] for person in each.get("/api/people").json]
    assert len(set(ids)) == 6 * 4


def test_of_two_accounts_with_one_e_mail_one_is_made(app: Flask, admin: Client) -> None:
    with serve(app, header_of(admin)) as server:

        def make(number: int) -> Callable[[], Reply]:
            body = {"email": "same@example.com", "username": f"user{number}", "password": "a long secret"}
            return lambda: server.call("POST", "/api/auth/admin/users", body)

        replies = at_once([make(number) for number in range(5)])

    assert sorted(reply.status for reply in replies) == [201] + [400] * 4


def test_a_token_that_is_logged_out_several_times_at_once(server: LiveServer, client: Client) -> None:
    replies = at_once([lambda: server.call("POST", "/api/auth/logout")] * 6)

    assert {reply.status for reply in replies} <= {204, 401}
    assert 204 in {reply.status for reply in replies}
    assert client.get("/api/auth/me").status_code == 401


def test_reading_goes_on_while_others_write(server: LiveServer, client: Client) -> None:
    """A reader sees whole commits: a movie never without the vote that came with it."""
    seen: list[Any] = []

    def read() -> None:
        for _ in range(15):
            reply = server.call("GET", "/api/movies")
            assert reply.status == 200
            seen.extend(reply.json)

    def write(number: int) -> Callable[[], None]:
        def run() -> None:
            for step in range(5):
                recommend(server, f"tt00{number}000{step}", person_name=f"Person {number}")()

        return run

    at_once([read, read, *(write(number) for number in range(4))])

    assert all(movie["recommendations"] for movie in seen)
    assert len(client.get("/api/movies").json) == 20


def test_an_account_that_is_removed_while_it_writes_leaves_nothing_behind(app: Flask, admin: Client) -> None:
    with app.app_context():
        victim = create_account("carla@example.com", "carla", "a long secret")
    carla = app.test_client().login(victim.email)
    with serve(app, header_of(carla)) as server, serve(app, header_of(admin)) as administration:
        calls: list[Callable[[], Reply]] = [recommend(server, person_name=f"Person {n}") for n in range(8)]
        calls.append(lambda: administration.call("DELETE", f"/api/auth/admin/users/{victim.id}"))
        replies = at_once(calls)

    assert replies[-1].status == 204
    assert {reply.status for reply in replies[:-1]} <= {201, 401, 404}
    assert admin.get("/api/auth/admin/users").json == []
    assert carla.get("/api/movies").status_code == 401
