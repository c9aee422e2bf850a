"""Lists come whole, or in pages: stable while rows come and go, led by headers; the body stays a plain array."""

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import update
from support.client import Client, client_of
from support.shapes import assert_invalid

from movietracker.api.paging import Order
from movietracker.models import HEAD
from movietracker.services.accounts import Account
from movietracker.services.transactions import write_connection

LISTS = ["/api/movies", "/api/people", "/api/lists"]


def fill(client: Client, count: int = 12) -> None:
    """So many movies, people and lists."""
    for number in range(count):
        body = {"person_name": f"Person {number}", "tmdb_data": {"title": f"Film {number % 3}", "year": "1999"}}
        client.post(f"/api/movies/tt{number:07}/recommendations", json=body)
        client.post("/api/lists", json={"name": f"List {number}", "position": number % 3})


def pages(client: Client, address: str, limit: int = 5) -> list[Any]:
    """All pages, following the links."""
    answer = client.get(f"{address}{'&' if '?' in address else '?'}limit={limit}")
    found = [answer]
    while "X-Next-Cursor" in answer.headers:
        link = answer.headers["Link"]
        assert link.endswith('>; rel="next"')
        assert answer.headers["X-Next-Cursor"] in link
        answer = client.get(link[1 : link.index(">")])
        found.append(answer)
    for each in found:
        assert each.status_code == 200, each.text
    return [each.json for each in found]


def test_a_list_comes_whole_when_no_paging_is_asked_for(client: Client) -> None:
    fill(client)
    for address in LISTS:
        answer = client.get(address)

        assert len(answer.json) >= 12
        assert "Link" not in answer.headers
        assert "X-Next-Cursor" not in answer.headers


def test_the_pages_together_are_the_whole(client: Client) -> None:
    fill(client)
    for limit in [1, 5, 12, 16, 17, 1000]:
        for address in LISTS:
            found = pages(client, address, limit)

            assert [row for page in found for row in page] == client.get(address).json
            assert all(len(page) == limit for page in found[:-1])
            assert 1 <= len(found[-1]) <= limit


def test_movies_are_paged_in_every_order(client: Client) -> None:
    fill(client)
    for number in (2, 3, 7):
        watched = {"date_watched": 1.7e9 + number // 3, "my_rating": 5 + number // 3}
        client.put(f"/api/movies/tt{number:07}/watch", json=watched)
    for sign in ["", "-"]:
        for sort in ["imdb_id", "title", "year", "added", "modified", "watched", "rating"]:
            address = f"/api/movies?sort={sign}{sort}"

            assert [row for page in pages(client, address, 2) for row in page] == client.get(address).json


def test_pages_of_a_list_and_of_filtered_movies(client: Client) -> None:
    fill(client)
    a_list = client.get("/api/lists").json[0]["id"]
    for number in range(7):
        client.put(f"/api/movies/tt{number:07}/status", json={"status": "custom", "custom_list_id": a_list})

    for address in (f"/api/lists/{a_list}/movies", f"/api/movies?list={a_list}", "/api/movies?status=custom,watched"):
        found = pages(client, address, 3)
        assert [len(page) for page in found] == [3, 3, 1]
        assert [row for page in found for row in page] == client.get(address).json


def test_people_of_an_account_are_paged_however_many_accounts_there_were_before(
    app: Flask, make_account: Callable[[str], Account]
) -> None:
    make_account("former")
    with app.app_context(), write_connection() as connection:
        connection.execute(update(HEAD).values(next_id=2**45))
    client = client_of(app, make_account("late"))

    found = pages(client, "/api/people", 1)
    assert [row for page in found for row in page] == client.get("/api/people").json
    assert min(row["id"] for page in found for row in page) > 2**45


def test_lists_are_paged_at_the_first_and_last_positions(client: Client) -> None:
    for position in (2**31 - 1, -(2**31), 0):
        client.post("/api/lists", json={"name": str(position), "position": position})

    assert [row["position"] for page in pages(client, "/api/lists", 1) for row in page] == [-(2**31), 0, 2**31 - 1]


def test_accounts_are_paged(admin: Client, make_account: Callable[[str], Account]) -> None:
    accounts = [make_account(f"user{number}").id for number in range(5)]

    found = pages(admin, "/api/auth/admin/users", 2)
    assert [[user["id"] for user in page] for page in found] == [accounts[:2], accounts[2:4], accounts[4:]]


def test_the_link_keeps_the_other_parameters(client: Client) -> None:
    fill(client)
    client.post("/api/movies/tt0000007/recommendations", json={"person_name": "Film & co?"})
    client.post("/api/movies/tt0000008/recommendations", json={"person_name": "Film & co?"})

    answer = client.get(f"/api/movies?q={quote('film & co?')}&sort=-title&limit=1&status=toWatch")

    link = answer.headers["Link"]
    for part in ("q=film+%26+co%3F&", "sort=-title&", "limit=1&", "status=toWatch&"):
        assert part in link
    (following,) = client.get(link[1 : link.index(">")]).json
    assert {answer.json[0]["imdb_id"], following["imdb_id"]} == {"tt0000007", "tt0000008"}


@pytest.mark.parametrize("address", ["/api/people", "/api/lists"])
def test_rows_that_come_and_go_between_pages_move_no_page(client: Client, address: str) -> None:
    fill(client)
    whole = client.get(address).json
    first = client.get(f"{address}?limit=8")
    assert first.json == whole[:8]

    for row in (whole[5], whole[7], whole[10]):  # two of the page before, its last row too, and one to come
        key = row["name"] if "people" in address else row["id"]
        assert client.delete(f"{address}/{key}").status_code == 204
    client.post(address, json={"name": "New", "position": 9})

    rest = client.get(f"{address}?cursor={first.headers['X-Next-Cursor']}").json
    assert [row["name"] for row in rest] == [row["name"] for row in whole[8:] if row != whole[10]] + ["New"]


def test_movies_that_come_and_go_between_pages_move_no_page(app: Flask, client: Client) -> None:
    fill(client)
    whole = client.get("/api/movies").json
    first = client.get("/api/movies?limit=4")

    client.put("/api/movies/tt0000000/status", json={"status": "deleted"})
    client.put("/api/movies/tt00000005/status", json={"status": "watched"})

    rest = client.get(f"/api/movies?cursor={first.headers['X-Next-Cursor']}").json
    ids = [row["imdb_id"] for row in rest]
    assert [imdb_id for imdb_id in ids if imdb_id != "tt00000005"] == [row["imdb_id"] for row in whole[4:]]


def encoded(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_cursor_that_the_server_did_not_give_is_422(client: Client) -> None:
    for cursor in [
        *("nonsense", "%", "====", "a", "\u00e4", "%00", encoded(None), encoded([]), encoded({}), encoded("x")),
        *(encoded(["\0", "\0"]), encoded(["a", "\0"]), encoded([1e300, 1]), encoded([True, "x"])),
        *(encoded(["x", -5]), encoded([[], []]), encoded(["x"] * 50), encoded(["x" * 5000, "x"])),
        *(base64.urlsafe_b64encode(b"[NaN, 1]").decode(), base64.urlsafe_b64encode(b"[" * 300).decode()),
        base64.urlsafe_b64encode(b'["\xff", 1]').decode(),
    ]:
        for address in [*LISTS, "/api/movies?sort=rating"]:
            answer = client.get(f"{address}{'&' if '?' in address else '?'}limit=2&cursor={cursor}")

            assert_invalid(answer, "cursor")


def test_a_cursor_of_another_list_or_order_is_422(client: Client) -> None:
    fill(client)
    addresses = [*LISTS, *(f"/api/movies?sort={sort}" for sort in ("title", "-title", "year", "rating", "-watched"))]
    cursors = {}
    for address in addresses:
        answer = client.get(f"{address}{'&' if '?' in address else '?'}limit=2")
        cursors[address] = answer.headers["X-Next-Cursor"]

    for address in addresses:
        for origin, cursor in cursors.items():
            answer = client.get(f"{address}{'&' if '?' in address else '?'}limit=2&cursor={cursor}")
            assert answer.status_code == (200 if origin == address else 422), (address, origin)


def test_a_limit_is_a_number_from_1_to_1000(client: Client) -> None:
    for limit in ["0", "-1", "1001", "x", "1.5", "", "9" * 5000, "NaN", "%00"]:
        for address in LISTS:
            answer = client.get(f"{address}?limit={limit}")
            assert_invalid(answer, "limit")


def test_an_empty_list_has_no_next_page(client: Client) -> None:
    for address in LISTS:
        answer = client.get(f"{address}?limit=4")
        assert "X-Next-Cursor" not in answer.headers


def test_a_list_may_be_ordered_by_a_field_called_name(app: Flask) -> None:
    order, items = Order("tags", name=str, id=str), [{"name": name, "id": "1"} for name in "cab"]
    with app.test_request_context("/api/tags"):
        first = order.page_of({"limit": 2}, items)
        second = order.page_of({"cursor": first.headers["X-Next-Cursor"]}, items)

    assert [item["name"] for item in first.json + second.json] == ["a", "b", "c"]
