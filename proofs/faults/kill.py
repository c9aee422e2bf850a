"""Does a worker that is killed in the middle of writes lose or double anything?

``python -m proofs.faults.kill --rounds 20 --database sqlite``: 8 processes write while again and again a worker
of ``movietracker serve`` gets SIGKILL. Four of them write by REST and sync in turns and repeat what was not
acknowledged; two push actions with ids, whose numbers in the change clock are counted; two make lists by REST and never
repeat, so that a list that is there twice was made twice by the server.
"""

import os
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from support.serving import Serving
from support.waiting import wait_until

from .clients import Connection, NoAnswer
from .crew import Crew, Job, Shift
from .reporting import figures_of, is_whole, script
from .site import Site, User, make_users, site
from .writing import compare, writer

MIXED, PUSHERS, LISTERS = 4, 2, 2
WORKERS = 2
BATCH = 100

# A movie and a person are made by each of the pushed actions.
NUMBERS_PER_ACTION = 2


@dataclass
class Pushed:
    """The actions that were acknowledged, and how often one was repeated and turned out to be done already."""

    actions: list[dict[str, Any]] = field(default_factory=list)
    replayed: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass
class Listed:
    """The lists that were asked for once each, and those that were acknowledged."""

    asked: list[str] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def pusher(url: str, user: User) -> Job:
    """A process that pushes actions with ids; each again and again until it is acknowledged."""

    def job(shift: Shift) -> Pushed:
        pushed = Pushed()
        connection = Connection(url, user.token)
        while not shift.is_over:
            number = len(pushed.actions) + shift.number * 1_000_000
            data = {"imdb_id": f"tt{number:08}", "person_name": f"Person {number}"}
            action = {"id": f"action-{number}", "action": "addRecommendation", "data": data, "timestamp": time.time()}
            result = _push(connection, action)
            pushed.replayed += result["replayed"]
            if result["status"] != "applied":
                pushed.faults.append(f"{result}")
            pushed.actions.append(action)
            shift.succeeded()
        return pushed

    return job


def _push(connection: Connection, action: dict[str, Any]) -> dict[str, Any]:
    while True:
        try:
            result: dict[str, Any] = connection.post("/api/sync", action)
        except NoAnswer:
            time.sleep(0.05)
        else:
            return result


def lister(url: str, user: User) -> Job:
    """A process that makes lists by REST, and never sends anything twice."""

    def job(shift: Shift) -> Listed:
        listed = Listed()
        connection = Connection(url, user.token)
        while not shift.is_over:
            name = f"List {shift.number} {len(listed.asked)}"
            listed.asked.append(name)
            try:
                answer = connection.ask("POST", "/api/lists", {"name": name})
            except NoAnswer:
                time.sleep(0.05)
                continue
            if answer.status_code == 201:
                listed.acknowledged.append(name)
                shift.succeeded()
            else:
                listed.faults.append(f"{answer.status_code}: {answer.text[:300]}")
        return listed

    return job


def run(rounds: int, database: str) -> dict[str, Any]:
    """Kill so many workers under load; the figures."""
    with site(database) as place:
        with place.serving("--workers", str(WORKERS)) as server:
            users = make_users(server.url, 3)
            jobs = [writer(server.url, users[0])] * MIXED
            jobs += [pusher(server.url, users[1])] * PUSHERS + [lister(server.url, users[2])] * LISTERS
            before = _newest_number(server.url, users[1])
            with Crew(jobs) as crew:
                recovered = [_kill_one(server, crew) for _ in range(rounds)]
                answers = crew.finish()
        with place.serving() as server:
            figures = _judge(place, server, users, answers, before)
    longest = round(max(recovered), 2)
    return {"database": database, "kills": rounds, "longest_until_all_write_again_s": longest, **figures}


def _kill_one(server: Serving, crew: Crew) -> float:
    """Kill a worker; seconds until every client has written again."""
    wait_until(lambda: len(server.workers()) == WORKERS)
    crew.seconds_until_all_succeed(time.monotonic())
    time.sleep(random.uniform(0.0, 0.5))
    killed = random.choice(server.workers())
    os.kill(killed, signal.SIGKILL)
    return crew.seconds_until_all_succeed(time.monotonic())


def _judge(place: Site, server: Serving, users: list[User], answers: list[Any], before: int) -> dict[str, Any]:
    mixed, pushers, listers = answers[:MIXED], answers[MIXED : MIXED + PUSHERS], answers[MIXED + PUSHERS :]
    figures = figures_of(mixed, compare(server.url, mixed))
    figures["faults"] += [fault for each in (*pushers, *listers) for fault in each.faults][:20] + place.damage()
    actions = [action for each in pushers for action in each.actions]
    figures["pushed_actions"] = len(actions)
    figures["replayed_after_a_lost_answer"] = sum(each.replayed for each in pushers)
    figures["numbers_used"] = _newest_number(server.url, users[1]) - before
    figures["not_replayed_at_last"] = _send_all_again(server.url, users[1], actions)
    figures["numbers_due"] = len(actions) * NUMBERS_PER_ACTION
    found = Counter(each["name"] for each in Connection(server.url, users[2].token).get("/api/lists"))
    acknowledged = [name for each in listers for name in each.acknowledged]
    asked = {name for each in listers for name in each.asked}
    figures["lists"] = len(acknowledged)
    figures["lists_lost"] = sum(found[name] == 0 for name in acknowledged)
    figures["lists_twice"] = sum(times > 1 for times in found.values())
    figures["lists_unheard_of"] = len(found.keys() - asked)
    return figures


def _newest_number(url: str, user: User) -> int:
    """The number of the newest change of a library from which nothing was deleted."""
    answer = Connection(url, user.token).get("/api/sync?since=0")
    return max(int(record["rev"]) for kind in ("movies", "people", "lists") for record in answer[kind])


def _send_all_again(url: str, user: User, actions: list[dict[str, Any]]) -> int:
    """How many of these acknowledged actions are not answered as done already."""
    connection, forgotten = Connection(url, user.token), 0
    for start in range(0, len(actions), BATCH):
        answer = connection.post("/api/sync/batch", {"actions": actions[start : start + BATCH]})
        forgotten += sum(not (result["replayed"] and result["status"] == "applied") for result in answer["results"])
    return forgotten


def is_proved(figures: dict[str, Any]) -> bool:
    """Whether nothing was lost or doubled."""
    bad = ("not_replayed_at_last", "lists_lost", "lists_twice", "lists_unheard_of")
    is_exact = figures["pushed_actions"] > 0 and figures["numbers_used"] == figures["numbers_due"]
    return is_whole(figures) and is_exact and figures["lists"] > 0 and not any(figures[name] for name in bad)


if __name__ == "__main__":
    script(__doc__, run, is_proved, rounds=20, database="sqlite")
