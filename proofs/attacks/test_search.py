"""Searches over titles that were crafted to be expensive to search."""

import json
from collections.abc import Iterator
from contextlib import closing
from itertools import chain
from typing import Any
from urllib.parse import quote

import pytest

from ..faults.clients import Connection
from ..faults.site import DATABASES, make_users, site
from .conftest import Target
from .cost import cost_of
from .sending import send

TITLES = 400
LONG = 19_000
QUERIES = ("a" * 199 + "b", "b" + "a" * 199, "a" * 100 + "b" + "a" * 99, "%" * 200, "_a" * 100, "é" * 200, "ß" * 200)


@pytest.fixture(scope="module", params=DATABASES)
def filled(request: pytest.FixtureRequest) -> Iterator[Target]:
    """A user with very long titles and names, on each database; background jobs would count as part of the searches."""
    with site(request.param) as place, place.serving("--workers", "2", MOVIETRACKER_SCHEDULER="no") as server:
        target = Target(server, make_users(server.url, 1)[0])
        for start in range(0, TITLES, 200):
            actions = list(chain.from_iterable(map(crafted, range(start, start + 200))))
            assert send(target, "/api/sync/batch", json.dumps({"actions": actions}).encode()) == 200
        yield target


def crafted(number: int) -> list[dict[str, Any]]:
    """Actions that store as long a text to search as there can be, and a person with as long a name."""
    imdb_id, name = f"tt{1_000_000 + number}", f"{number}{'a' * 195}"
    details = {"title": "x", "cast": ["a" * LONG]}
    first = {"imdb_id": imdb_id, "person_name": "Anna", "tmdb_data": details}
    return [
        {"action": "addRecommendation", "data": first},
        {"action": "addRecommendation", "data": {"imdb_id": imdb_id, "person_name": name}},
    ]


@pytest.mark.parametrize("number", range(len(QUERIES)))
def test_a_search_costs_little(filled: Target, number: int) -> None:
    with closing(Connection(filled.server.url, filled.user.token)) as connection, cost_of(filled.server) as cost:
        # The database shares the processor with other tests, so a slow response is asked for again.
        answers = (connection.ask("GET", f"/api/movies?limit=1&q={quote(QUERIES[number])}") for _ in range(5))
        quick = next((each for each in answers if each.milliseconds < 2000), None)
    assert quick is not None
    assert quick.status_code == 200
    cost.check()
