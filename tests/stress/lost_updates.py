"""Does a client that keeps pulling ever miss a row while many write? On PostgreSQL, with real processes.

``python -m stress.lost_updates --seconds 60`` (from tests/) runs 8 writers against a few libraries and a puller for
each; beside them the same load on a plain table that is polled by ``updated_at > since``, to show that the test can see
loss.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.synchronize import Event
from typing import Any

import orjson
import psycopg
from sqlalchemy.engine import make_url
from support import postgresql

from movietracker import create_app
from movietracker.extensions import db
from movietracker.services.accounts import create_account
from movietracker.services.transactions import library_read
from movietracker.sync import pull
from movietracker.sync.push import push

WRITERS = 8
USERS = 4
MOVIES = 200
STATUSES = ("toWatch", "watched", "deleted")

# Writers hold their transaction open for a moment now and then, as a busy server does.
PAUSE_SECONDS = 0.01


@dataclass
class Figures:
    """What a run saw: ``lost`` rows that a puller never received in their last state."""

    seconds: float
    writes: int = 0
    naive_writes: int = 0
    pulls: int = 0
    lost: list[str] = field(default_factory=list)
    naive_lost: int = 0

    def to_json(self) -> dict[str, Any]:
        """For people and scripts."""
        return {**self.__dict__, "lost": len(self.lost)}


Job = Callable[[Event], tuple[str, Any]]
"""What a process does until it is stopped; answers a kind of figure and its value."""


def run(seconds: float) -> Figures:
    """Run on a temporary database; raises when a process fails."""
    with postgresql.temporary_database() as url, tempfile.TemporaryDirectory() as instance:
        postgresql.migrate(url, instance)
        with _connect(url) as connection:
            connection.execute(
                "CREATE TABLE naive (id text PRIMARY KEY, state int NOT NULL, updated_at timestamptz NOT NULL)"
            )
        users = _make_users(url, instance)
        return _race(url, instance, users, seconds)


def _race(url: str, instance: str, users: list[str], seconds: float) -> Figures:
    context = multiprocessing.get_context("fork")  # the imports are done; each process opens its own connections
    start, stop = context.Event(), context.Event()
    results: Any = context.Queue()
    ready: Any = context.Queue()
    jobs: list[tuple[Callable[..., Job], tuple[Any, ...]]] = [
        (_write, (url, instance, users, number)) for number in range(WRITERS)
    ]
    jobs += [(_pull, (url, instance, user)) for user in users]
    jobs += [(_write_naive, (url, number)) for number in range(WRITERS)] + [(_pull_naive, (url,))]
    processes = [
        context.Process(target=_when_all_are_ready, args=(job, args, ready, start, stop, results), daemon=True)
        for job, args in jobs
    ]
    for process in processes:
        process.start()
    for _ in processes:
        ready.get(timeout=120)
    start.set()
    time.sleep(seconds)
    stop.set()
    figures = Figures(seconds)
    for _ in jobs:
        kind, value = results.get(timeout=60)
        _count(figures, kind, value)
    for process in processes:
        process.join(30)
    return figures


def _when_all_are_ready(
    job: Callable[..., Job], args: tuple[Any, ...], ready: Any, start: Event, stop: Event, results: Any
) -> None:
    run_job = job(*args)
    ready.put(True)
    start.wait()
    results.put(run_job(stop))


def _count(figures: Figures, kind: str, value: Any) -> None:
    if kind == "writes":
        figures.writes += value
    elif kind == "naive writes":
        figures.naive_writes += value
    elif kind == "naive lost":
        figures.naive_lost += value
    else:
        pulls, lost = value
        figures.pulls += pulls
        figures.lost += lost


def _make_users(url: str, instance: str) -> list[str]:
    with _app(url, instance).app_context():
        made = [create_account(f"user{n}@example.com", f"user{n}", "a long secret").id for n in range(USERS)]
        db.engine.dispose()  # no connection may be shared by the processes to come
        return made


def _app(url: str, instance: str) -> Any:
    return create_app({"DATABASE_URL": url, "MOVIETRACKER_INSTANCE_PATH": instance, "MOVIETRACKER_SCHEDULER": False})


def _write(url: str, instance: str, users: list[str], number: int) -> Job:
    app = _app(url, instance)
    chance = random.Random(number)

    def job(stop: Event) -> tuple[str, Any]:
        writes = 0
        with app.app_context():
            while not stop.is_set():
                actions = [_some_change(chance) for _ in range(chance.choice((1, 1, 1, 5)))]
                results = push(chance.choice(users), actions).results
                writes += sum(result["status"] == "applied" for result in results)
        return "writes", writes

    return job


def _some_change(chance: random.Random) -> dict[str, Any]:
    data = {"imdb_id": f"tt{chance.randrange(MOVIES):07}", "status": chance.choice(STATUSES)}
    return {"action": "updateMovieStatus", "data": data}


def _pull(url: str, instance: str, user: str) -> Job:
    app = _app(url, instance)

    def job(stop: Event) -> tuple[str, Any]:
        with app.app_context():
            seen, pulls = _pull_until(user, stop)
            with library_read(user) as read:
                truth = orjson.loads(orjson.dumps(pull.pull_since(read, 0)))["movies"]
        return "pulled", (pulls, [movie["imdb_id"] for movie in truth if seen.get(movie["imdb_id"]) != movie])

    return job


def _pull_until(user: str, stop: Event) -> tuple[dict[str, Any], int]:
    """Pull in small pages until some time after the writers have stopped; answers what was received, and how often."""
    seen: dict[str, Any] = {}
    cursor: str | None = None
    pulls, is_last_round = 0, False
    while not is_last_round:
        is_last_round = stop.is_set()
        if is_last_round:
            time.sleep(2)  # every writer has committed by now
        has_more = True
        while has_more:
            with library_read(user) as read:
                answer = orjson.loads(orjson.dumps(pull.pull_by_cursor(read, cursor, 50)))
            cursor, has_more = answer["cursor"], answer["has_more"]
            seen.update({movie["imdb_id"]: movie for movie in answer["movies"]})
            pulls += 1
    return seen, pulls


def _connect(url: str) -> psycopg.Connection[Any]:
    parts = make_url(url)
    return psycopg.connect(host=parts.host, user=parts.username, dbname=parts.database)


def _write_naive(url: str, number: int) -> Job:
    chance = random.Random(number)

    def job(stop: Event) -> tuple[str, Any]:
        writes = 0
        with _connect(url) as connection:
            while not stop.is_set():
                with connection.transaction():
                    connection.execute("SELECT now()")
                    time.sleep(chance.choice((0, PAUSE_SECONDS)))
                    row = (f"{number}-{writes}", writes)
                    connection.execute("INSERT INTO naive VALUES (%s, %s, now())", row)
                writes += 1
        return "naive writes", writes

    return job


def _pull_naive(url: str) -> Job:
    def job(stop: Event) -> tuple[str, Any]:
        seen: set[str] = set()
        since: Any = "-infinity"
        is_last_round = False
        with _connect(url) as connection:
            connection.autocommit = True
            while not is_last_round:
                is_last_round = stop.is_set()
                if is_last_round:
                    time.sleep(2)
                rows = connection.execute("SELECT id, updated_at FROM naive WHERE updated_at > %s", (since,)).fetchall()
                seen.update(row[0] for row in rows)
                since = max((row[1] for row in rows), default=since)
            query = "SELECT count(*) FROM naive WHERE NOT id = ANY(%s)"
            missed = connection.execute(query, (list(seen),)).fetchone()
        return "naive lost", missed[0] if missed else 0

    return job


def main() -> None:
    """Run it from the shell; exit 1 when a row was lost, or when the control lost none."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    figures = run(parser.parse_args().seconds)
    sys.stdout.write(json.dumps(figures.to_json(), indent=2) + "\n")
    sys.exit(1 if figures.lost or not figures.naive_lost else 0)


if __name__ == "__main__":
    main()
