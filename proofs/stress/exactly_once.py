"""Do actions that many processes send again and again, to a server that keeps dying, take effect exactly once?

``python -m proofs.stress.exactly_once --actions 1000 --kill-every 0.5``: 8 processes push the same actions, each three
times and in an order of its own, to ``movietracker serve``, while all processes of the server are killed with SIGKILL.
"""

import random
import socket
import sqlite3
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..faults.clients import Connection, NoAnswer
from ..faults.crew import Crew, Job, Shift
from ..faults.reporting import script
from ..faults.site import User, make_users, site

CLIENTS = 8
TIMES = 3
BATCH = 40

QUERIES = {
    "movies": "SELECT count(*) FROM movies WHERE user_id = ?",
    "votes": "SELECT count(*) FROM recommendations WHERE user_id = ?",
    "people": "SELECT count(*) FROM people WHERE user_id = ?",
    "recorded": "SELECT count(*) FROM sync_actions WHERE user_id = ?",
    "numbers": "SELECT seq FROM library_heads WHERE user_id = ?",
    "ids": "SELECT next_id FROM library_heads WHERE user_id = ?",
}
PER_ACTION = {"movies": 1, "votes": 1, "people": 1, "recorded": 1, "numbers": 2, "ids": 2}
"""What an action adds, read from the database: a movie, a person and a vote."""


@dataclass
class Sent:
    """What a client did; ``applied`` counts results that were no replay. A response may be lost, so it may be lower."""

    requests: int = 0
    failures: int = 0
    applied: int = 0


def pusher(url: str, user: User, actions: int) -> Job:
    """A process that pushes every action three times, each batch until it is answered."""

    def job(shift: Shift) -> Sent:
        sent, connection = Sent(), Connection(url, user.token)
        queue = [_action(number) for number in range(actions)] * TIMES
        random.Random(shift.number).shuffle(queue)
        for start in range(0, len(queue), BATCH):
            for result in _until_answered(connection, queue[start : start + BATCH], sent):
                assert result["success"], result
                sent.applied += result["status"] == "applied" and not result["replayed"]
        return sent

    return job


def _action(number: int) -> dict[str, Any]:
    data = {"imdb_id": f"tt{number + 1:07}", "person_name": f"Person {number}"}
    timestamp = 1_700_000_000 + number
    return {"id": f"action-{number}", "action": "addRecommendation", "data": data, "timestamp": timestamp}


def _until_answered(connection: Connection, actions: list[dict[str, Any]], sent: Sent) -> list[dict[str, Any]]:
    while True:
        sent.requests += 1
        with suppress(NoAnswer):
            response = connection.ask("POST", "/api/sync/batch", {"actions": actions})
            if response.status_code == 200:
                results: list[dict[str, Any]] = response.json["results"]
                return results
        sent.failures += 1
        time.sleep(random.uniform(0.05, 0.4))


def run(actions: int, kill_every: float) -> dict[str, Any]:
    """Run on SQLite; returns the figures."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        options = ("--port", str(free.getsockname()[1]), "--workers", "2", "--threads", "8")
    with site("sqlite", MOVIETRACKER_SCHEDULER="no") as place:
        with place.serving(*options) as server:
            (user,) = make_users(server.url, 1)
        before = _counts(place.folder, user)
        kills, started = 0, time.monotonic()
        with Crew([pusher(server.url, user, actions)] * CLIENTS) as crew:
            while crew.is_working:
                with place.serving(*options) as server:
                    time.sleep(random.uniform(0.5, 1.5) * kill_every)
                    server.kill()
                kills += 1
            sent: list[Sent] = crew.wait()
        after = _counts(place.folder, user)
        return {
            "actions": actions,
            "kills": kills,
            "seconds": round(time.monotonic() - started, 1),
            "requests": sum(each.requests for each in sent),
            "failures": sum(each.failures for each in sent),
            "applied": sum(each.applied for each in sent),
            **{name: after[name] - before[name] for name in QUERIES},
        }


def _counts(folder: Path, user: User) -> dict[str, int]:
    with closing(sqlite3.connect(folder / "instance" / "app.db")) as connection:
        return {name: connection.execute(query, (user.id,)).fetchone()[0] for name, query in QUERIES.items()}


def is_proved(figures: dict[str, Any]) -> bool:
    """Whether every action took effect exactly once although the server died."""
    due = {name: figures["actions"] * count for name, count in PER_ACTION.items()}
    return figures["kills"] > 0 and due.items() <= figures.items() and figures["applied"] <= figures["actions"]


if __name__ == "__main__":
    script(__doc__, run, is_proved, actions=1000, kill_every=0.5)
