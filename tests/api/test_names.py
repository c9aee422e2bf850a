"""Names of people in addresses: any character, slashes included, as WSGI hands them over."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from flask import Flask
from support.client import Client
from support.live_server import serve

NAMES = [
    *("Oscar Winner/Nominee (again)", "a/stats", "stats", "stats/stats", "/leading", "trailing/", "a//b", "//"),
    *("/", "a/b/c/d/e/f", "bulk", ".", "..", "../..", "a/../b", "./a", "100%", "100%25", "%2F", "%20", "a+b"),
    *("a b", "a?b=c", "a#b", "a&b;c=d", "a\\b", '"quoted" <b>', "O'Brien", "Renée Zellweger", "Кристофер Нолан"),
    *("宮崎 駿", "👩‍👧‍👦 family", "a\nb", "a\tb", "a\r\nb", "\u200bzero\u200bwidth", "null", "true", "0", "007", "-1"),
    *("1e5", "x" * 200, "/" * 200, "🎬" * 200),
]

MATRIX = "tt0133093"
COMPOSED, DECOMPOSED = "Ren\u00e9", "Rene\u0301"


Call = Callable[[str, str, Any], tuple[int, Any]]


def walk(call: Call, name: str) -> None:
    """Everything that can be done to a person by name."""
    quoted = quote(name, safe="")
    assert call("POST", "/api/people", {"name": name})[0] == 201
    status, person = call("PUT", f"/api/people/{quoted}", {"is_trusted": True})
    assert (status, person["name"], person["is_trusted"]) == (200, name, True)
    assert call("POST", f"/api/movies/{MATRIX}/recommendations", {"person_name": name})[0] == 201
    status, stats = call("GET", f"/api/people/{quoted}/stats", None)
    assert (status, stats["name"], stats["total_movies"]) == (200, name, 1)
    status, found = call("GET", f"/api/movies?person={quoted}", None)
    assert [movie["imdb_id"] for movie in found] == [MATRIX]
    assert call("DELETE", f"/api/movies/{MATRIX}/recommendations/{quoted}", None)[0] == 204
    assert call("DELETE", f"/api/people/{quoted}", None)[0] == 204
    assert call("PUT", f"/api/people/{quoted}", {})[0] == 404


def test_any_name_can_be_used_in_addresses(client: Client) -> None:
    def call(method: str, address: str, body: Any) -> tuple[int, Any]:
        answer = client.open(address, method=method, **({} if body is None else {"json": body}))
        return answer.status_code, answer.json if answer.data else None

    for name in NAMES:
        walk(call, name)


def test_any_name_can_be_used_in_addresses_of_a_real_server(app: Flask, client: Client) -> None:
    with serve(app, client.environ_base["HTTP_AUTHORIZATION"]) as server:

        def call(method: str, address: str, body: Any) -> tuple[int, Any]:
            reply = server.call(method, address, body)
            return reply.status, reply.json

        for name in NAMES:
            walk(call, name)


def test_slashes_need_not_be_encoded(client: Client) -> None:
    """Some clients encode a whole path at once."""
    assert client.put("/api/people/Oscar Winner/Nominee", json={"is_trusted": True}).status_code == 200
    stats = client.get("/api/people/Oscar Winner/Nominee/stats").json
    assert (stats["quick_key"], stats["is_trusted"]) == ("oscar", True)
    assert client.delete("/api/people/Oscar Winner/Nominee").status_code == 400


def test_a_name_is_found_however_its_letters_are_composed(client: Client) -> None:
    client.post("/api/people", json={"name": COMPOSED})

    assert client.get(f"/api/people/{quote(DECOMPOSED)}/stats").json["name"] == COMPOSED
    assert client.get(f"/api/people/%20{quote(COMPOSED)}%20/stats").json["name"] == COMPOSED


def test_a_name_that_is_no_text_is_404(client: Client) -> None:
    for name in ("%FF", "%C3%28", "%ED%A0%80", "%00", "a%00b"):
        assert_problem_404(client.delete(f"/api/people/{name}"))
        assert_problem_404(client.get(f"/api/people/{name}/stats"))


def assert_problem_404(answer: Any) -> None:
    assert answer.status_code == 404
    assert set(answer.json) == {"detail", "code"}


def test_a_persons_statistics_are_for_reading_only(client: Client) -> None:
    assert client.get("/api/people/Random Person").status_code == 200
    assert client.post("/api/people/Random Person/stats").status_code == 405
