"""ETags, 304, compression: what spares a phone its data volume."""

import gzip
import json
from typing import Any

import pytest
from flask import Flask
from standin import Standin
from support.applications import MakeApp
from support.client import Client, client_of
from support.shapes import assert_problem

from movietracker.services.accounts import Account

MATRIX = "tt0133093"


@pytest.fixture
def app(make_app: MakeApp, standin: Standin) -> Flask:
    """An application whose providers are the stand-ins of TMDB and OMDb."""
    return make_app(METADATA_PROVIDERS="tmdb,omdb", **standin.settings)


@pytest.fixture
def library(client: Client) -> Client:
    """A client with a movie, a person and a list."""
    assert client.post("/api/movies", json={"imdb_id": MATRIX, "recommender": "Mum"}).status_code == 201
    assert client.post("/api/lists", json={"name": "Rainy"}).status_code == 201
    return client


def addresses(app: Flask, client: Client) -> list[str]:
    """An address of each endpoint of users that can be read and says the same when asked again."""
    parts = {
        "<string:imdb_id>": MATRIX,
        "<name:name>": "Mum",
        "<string:list_id>": client.get("/api/lists").json[0]["id"],
        "<string:provider>": "tmdb",
        "movie/<int:title_id>": "movie/603",
        "tv/<int:title_id>": "tv/1396",
    }
    queries = {"/search": "?q=matrix", "/tmdb/discover/genre": "?q=action", "/tmdb/discover/person": "?q=keanu"}
    found = []
    for rule in app.url_map.iter_rules():
        address = rule.rule
        for part, value in parts.items():
            address = address.replace(part, value)
        needs_another_token = "/admin/" in address or "/sync" in address or "<" in address
        is_new_each_time = (
            address.endswith(("/refresh", "/cache/info", "/metrics")) or "/health" in address or "/backup/" in address
        )
        if "GET" in (rule.methods or ()) and not needs_another_token and not is_new_each_time:
            found.append(address + next((q for end, q in queries.items() if address.endswith(end)), ""))
    assert len(found) >= 20
    return found


def test_every_readable_address_has_a_tag_and_answers_304(app: Flask, library: Client) -> None:
    for address in addresses(app, library):
        answer = library.get(address)
        assert answer.status_code == 200, (address, answer.text)
        tag = answer.headers["ETag"]

        for known in (tag, f'"other", {tag}', tag.removeprefix("W/")):
            again = library.get(address, headers={"If-None-Match": known})
            assert (again.status_code, again.data) == (304, b""), (address, known)
            assert again.headers["ETag"] == tag
            assert "Content-Type" not in again.headers
        other = library.get(address, headers={"If-None-Match": 'W/"other"'})
        assert (other.status_code, other.data) == (200, answer.data)


def test_compressed_answers_have_tags_that_are_known_again(app: Flask, library: Client) -> None:
    accepting = {"Accept-Encoding": "gzip, deflate, br"}
    for address in addresses(app, library):
        tag = library.get(address, headers=accepting).headers["ETag"]
        again = library.get(address, headers=accepting | {"If-None-Match": tag})
        assert (again.status_code, again.data) == (304, b""), address


@pytest.mark.parametrize(
    ("address", "change"),
    [
        ("/api/movies", ("PUT", f"/api/movies/{MATRIX}/status", {"status": "watched"})),
        (f"/api/movies/{MATRIX}", ("PUT", f"/api/movies/{MATRIX}/watch", {"date_watched": 1, "my_rating": 8})),
        (f"/api/movies/{MATRIX}", ("PUT", "/api/people/Mum", {"name": "Mother"})),
        ("/api/people", ("POST", "/api/people", {"name": "Dad"})),
        ("/api/people", ("DELETE", f"/api/movies/{MATRIX}/recommendations/Mum", None)),
        ("/api/people/Mum/stats", ("PUT", f"/api/movies/{MATRIX}/watch", {"date_watched": 1, "my_rating": 8})),
        ("/api/lists", ("POST", "/api/lists", {"name": "Sunny"})),
    ],
)
def test_a_change_makes_the_tag_another(library: Client, address: str, change: Any) -> None:
    before = library.get(address)
    method, changed, body = change
    assert library.open(changed, method=method, json=body).status_code < 300

    answer = library.get(address, headers={"If-None-Match": before.headers["ETag"]})
    assert answer.status_code == 200
    assert answer.json != before.json
    assert answer.headers["ETag"] != before.headers["ETag"]


def test_a_change_that_changes_nothing_keeps_the_tag(library: Client) -> None:
    tag = library.get("/api/movies").headers["ETag"]
    library.put(f"/api/movies/{MATRIX}/status", json={"status": "toWatch"})

    assert library.get("/api/movies", headers={"If-None-Match": tag}).status_code == 304


def test_another_users_tag_means_nothing(library: Client, bens_client: Client) -> None:
    bens_client.post("/api/movies", json={"imdb_id": MATRIX, "recommender": "Mum"})
    bens_client.post("/api/lists", json={"name": "Rainy"})

    for address in ("/api/movies", "/api/people", f"/api/movies/{MATRIX}"):
        tag = library.get(address).headers["ETag"]
        assert bens_client.get(address, headers={"If-None-Match": tag}).status_code == 200


def test_a_tag_is_good_for_its_own_address_only(library: Client) -> None:
    tag = library.get("/api/movies").headers["ETag"]
    known = {"If-None-Match": tag}

    assert library.get("/api/movies?status=deleted", headers=known).json == []
    assert library.get("/api/people", headers=known).status_code == 200
    assert_problem(library.get("/api/movies/tt9999999", headers=known), 404, "movie_not_found")
    assert_problem(library.get("/api/movies?limit=nonsense", headers=known), 422, "validation_error")
    assert library.get("/api/people/Unknown/stats", headers=known).status_code == 404


def test_any_tag_will_do_for_an_asterisk_but_only_where_there_is_something(library: Client) -> None:
    asterisk = {"If-None-Match": "*"}

    assert library.get("/api/movies", headers=asterisk).status_code == 304
    assert library.get("/api/movies/tt9999999", headers=asterisk).status_code == 404


def test_if_match_changes_nothing(app: Flask, library: Client) -> None:
    for address in addresses(app, library):
        plain = library.get(address)
        tag = plain.headers["ETag"]
        for given in (tag, '"other"', "*"):
            answer = library.get(address, headers={"If-Match": given})
            assert (answer.status_code, answer.data) == (200, plain.data), (address, given)
            again = library.get(address, headers={"If-Match": given, "If-None-Match": tag})
            assert (again.status_code, again.data) == (304, b""), (address, given)
    rating = {"my_rating": 8}
    assert library.put(f"/api/movies/{MATRIX}/rating", json=rating, headers={"If-Match": '"other"'}).status_code == 200


def test_a_dead_token_is_401_whatever_the_client_knows(app: Flask, library: Client) -> None:
    tag = library.get("/api/movies").headers["ETag"]
    library.post("/api/auth/logout")

    assert_problem(library.get("/api/movies", headers={"If-None-Match": tag}), 401, "bad_token")


def test_head_is_get_without_the_body(app: Flask, library: Client) -> None:
    for address in addresses(app, library):
        whole, head = library.get(address), library.head(address)
        assert (head.status_code, head.data) == (200, b"")
        for name in ("Content-Type", "Content-Length", "ETag"):
            assert head.headers.get(name) == whole.headers.get(name), (address, name)


def test_answers_over_one_kibibyte_are_compressed_when_the_client_accepts_it(app: Flask, library: Client) -> None:
    seen = set()
    for address in addresses(app, library):
        plain = library.get(address)
        packed = library.get(address, headers={"Accept-Encoding": "gzip"})
        is_packed = packed.headers.get("Content-Encoding") == "gzip"
        seen.add(is_packed)
        assert is_packed == (len(plain.data) >= 1024), (address, len(plain.data))
        assert plain.headers.get("Content-Encoding") is None
        assert (gzip.decompress(packed.data) if is_packed else packed.data) == plain.data
        assert int(packed.headers["Content-Length"]) == len(packed.data)
        assert packed.headers["Content-Type"] == plain.headers["Content-Type"]
        assert "Accept-Encoding" in packed.headers["Vary"]
    assert seen == {True, False}


def test_what_the_client_does_not_accept_is_not_sent(library: Client) -> None:
    for accepted in ["", "identity", "gzip;q=0", "*;q=0", "nonsense", ";;;", "gzip;q=abc"]:
        answer = library.get("/api/movies", headers={"Accept-Encoding": accepted})

        assert answer.status_code == 200
        assert "Content-Encoding" not in answer.headers
        assert json.loads(answer.data)


def test_errors_are_json_and_have_no_tag(library: Client) -> None:
    answer = library.get("/api/movies/tt9999999", headers={"Accept-Encoding": "gzip"})

    assert_problem(answer, 404, "movie_not_found")
    assert "ETag" not in answer.headers


def test_lists_of_accounts_have_tags_too(admin: Client, anna: Account) -> None:
    tag = admin.get("/api/auth/admin/users").headers["ETag"]

    assert admin.get("/api/auth/admin/users", headers={"If-None-Match": tag}).status_code == 304


def test_a_restart_keeps_the_tags(make_app: MakeApp, standin: Standin, library: Client, anna: Account) -> None:
    tag = library.get("/api/movies").headers["ETag"]
    restarted = client_of(make_app(METADATA_PROVIDERS="tmdb,omdb", **standin.settings), anna)

    assert restarted.get("/api/movies", headers={"If-None-Match": tag}).status_code == 304
