"""How many statements a request takes: always the same, however large the library."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from support.client import Client
from support.statements import hearing_statements

from movietracker.services.accounts import Account
from movietracker.services.movies import ensure_movie, recommend, set_status
from movietracker.services.movies.metadata import Metadata
from movietracker.services.ranking import insert, watched_title
from movietracker.services.transactions import library_write


@pytest.fixture
def grow(app: Flask, anna: Account) -> Callable[[int], None]:
    """Makes Anna's library so large: movies, each with three votes, and as many people and lists."""

    def fill(count: int) -> None:
        with app.app_context(), library_write(anna.id) as tx:
            for number in range(count):
                imdb_id = f"tt{number:07}"
                ensure_movie(tx, imdb_id, Metadata(tmdb_data={"title": f"Film {number}", "year": "1999"}))
                if number % 2:
                    set_status(tx, imdb_id, "watched")
                if number % 4 == 3 and not watched_title(tx, imdb_id).is_ranked:
                    insert(tx, imdb_id, liked=True, position=1)
                for step in range(3):
                    recommend(tx, imdb_id, f"Person {(number + step) % count}")

    return fill


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """The statements that are run."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    with hearing_statements(app, note):
        yield statements


ADDRESSES = [
    *("/api/movies", "/api/movies?limit=50", "/api/movies?sort=-title&limit=50"),
    *("/api/movies?status=toWatch,watched", "/api/movies?person=Person%201", "/api/movies?q=film"),
    *("/api/movies/tt0000001", "/api/people", "/api/people/Person%201/stats", "/api/lists", "/api/auth/me"),
    *("/api/stats", "/api/stats?year=1999"),
    *("/api/ranking", "/api/ranking/unranked", "/api/movies?sort=rank&limit=50", "/api/trust", "/api/queue?limit=50"),
]


def test_a_read_takes_as_many_statements_at_any_size(app: Flask, client: Client, grow: Callable[[int], None]) -> None:
    def measure() -> dict[str, int]:
        found = {}
        for address in ADDRESSES:
            with counted(app) as statements:
                assert client.get(address).status_code == 200
            found[address] = len([each for each in statements if not each.startswith(("BEGIN", "PRAGMA"))])
        return found

    grow(3)
    small = measure()
    grow(700)
    large = measure()

    assert large == small
    assert max(large.values()) <= 16, large  # what a person was worth is judged by the whole library


def test_nothing_is_read_for_an_up_to_date_client(app: Flask, client: Client, grow: Callable[[int], None]) -> None:
    """The token, and the head of the library with the commit that it stands for: three statements."""
    grow(3)
    for address in ("/api/movies", "/api/people", "/api/lists", "/api/people/Person%201/stats"):
        tag = client.get(address).headers["ETag"]
        with counted(app) as statements:
            assert client.get(address, headers={"If-None-Match": tag}).status_code == 304
        assert len([each for each in statements if each.startswith("SELECT")]) == 3


def test_a_write_does_not_grow_with_the_library(app: Flask, client: Client, grow: Callable[[int], None]) -> None:
    def measure(new_person: str) -> list[int]:
        found = []
        for method, address, body in (
            ("POST", "/api/movies/tt0000001/recommendations", {"person_name": new_person, "vote_type": False}),
            ("PUT", "/api/movies/tt0000001/status", {"status": "watched"}),
            ("POST", "/api/ranking/insert", {"imdb_id": "tt0000001", "position": 1, "liked": True}),
            ("PUT", "/api/ranking/tt0000001", {"position": 1, "liked": False}),
            ("DELETE", "/api/ranking/tt0000001", None),
            ("DELETE", f"/api/movies/tt0000001/recommendations/{new_person}", None),
            ("PUT", "/api/movies/tt0000001/status", {"status": "toWatch"}),
        ):
            with counted(app) as statements:
                assert client.open(address, method=method, json=body).status_code < 300
            found.append(len(statements))
        return found

    grow(3)
    small = measure("Zoe")
    grow(300)
    assert measure("Zeno") == small
