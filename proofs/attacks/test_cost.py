"""The measure itself: it sees CPU time, memory and a server that does not respond."""

import os
import signal
import time
from contextlib import closing

from ..faults.clients import Connection
from .conftest import Target
from .cost import MAX_HEALTH_SECONDS, cost_of


def test_ordinary_requests_are_within_the_bounds(target: Target) -> None:
    with closing(Connection(target.server.url, target.user.token)) as connection, cost_of(target.server) as cost:
        for _ in range(20):
            connection.get("/api/movies")
    assert cost.cpu_seconds > 0
    cost.check()


def test_a_server_that_is_stopped_is_seen(target: Target) -> None:
    workers = target.server.workers()
    with cost_of(target.server) as cost:
        for pid in workers:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(3 * MAX_HEALTH_SECONDS)  # less what a busy machine made it wait
        for pid in workers:
            os.kill(pid, signal.SIGCONT)
    assert cost.health_seconds > MAX_HEALTH_SECONDS
