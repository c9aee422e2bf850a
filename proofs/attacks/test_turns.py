"""A user who pushes over many connections, while another wants to write."""

import threading
import time
from contextlib import closing
from typing import Any

import pytest

from ..faults.clients import Connection
from ..faults.site import User, make_users, site

SECONDS = 6.0
CONNECTIONS = 8
MAX_OVERTAKING = 2 * CONNECTIONS


def batch(number: int, turn: int) -> dict[str, Any]:
    """A hundred actions that each change something."""
    first = 1_000_000 + 100_000 * number + 100 * turn
    data = ({"imdb_id": f"tt{first + at}", "person_name": f"Person {at}"} for at in range(100))
    return {"actions": [{"action": "addRecommendation", "data": each} for each in data]}


@pytest.mark.slow
def test_users_take_turns() -> None:
    with site("sqlite") as place, place.serving("--workers", "2") as server:
        anna, ben = make_users(server.url, 2)
        end = time.monotonic() + SECONDS
        pushed: list[int] = []

        def push(number: int, user: User) -> None:
            turn = 0
            with closing(Connection(server.url, user.token)) as connection:
                while time.monotonic() < end:
                    pushed.append(connection.ask("POST", "/api/sync/batch", batch(number, turn)).status_code)
                    turn += 1

        pushing = [threading.Thread(target=push, args=(number, anna)) for number in range(CONNECTIONS)]
        for each in pushing:
            each.start()
        statuses, overtaking = [], []
        with closing(Connection(server.url, ben.token)) as connection:
            while time.monotonic() < end:
                before = len(pushed)
                statuses.append(connection.ask("POST", "/api/people", {"name": f"Person {len(statuses)}"}).status_code)
                overtaking.append(len(pushed) - before)
        for each in pushing:
            each.join()
    assert set(statuses) == {201}
    assert max(overtaking) <= MAX_OVERTAKING
