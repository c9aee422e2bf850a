"""Does a client that keeps pulling ever miss a row while many write? On PostgreSQL, with real processes.

``python -m proofs.stress.lost_updates --seconds 60`` runs 8 writers on a few libraries and a puller for each. Beside
them it puts the same load on a plain table that is polled by ``updated_at > since``, to show that it can detect loss.
"""

import random
import tempfile
import time
from collections.abc import Iterator
from typing import Any

import orjson
import psycopg
from flask import Flask
from sqlalchemy.engine import make_url
from support import postgresql

from movietracker import create_app
from movietracker.extensions import db
from movietracker.services.accounts import create_account
from movietracker.services.transactions import library_read
from movietracker.sync import pull
from movietracker.sync.push import push
from movietracker.sync.requests import read_action

from ..faults.crew import Crew, Job, Shift
from ..faults.reporting import script

WRITERS = 8
USERS = 4
MOVIES = 200
STATUSES = ("toWatch", "watched", "deleted")

# Writers hold their transaction open for a moment now and then, as on a busy server.
PAUSE_SECONDS = 0.01


def run(seconds: float) -> dict[str, Any]:
    """Run on a temporary database; returns the figures, where a row is lost when its last state was never pulled."""
    with postgresql.temporary_database() as url, tempfile.TemporaryDirectory() as instance:
        postgresql.migrate(url, instance)
        with _connect(url) as connection:
            connection.execute("CREATE TABLE naive (id text PRIMARY KEY, updated_at timestamptz NOT NULL)")
        settings = {"DATABASE_URL": url, "MOVIETRACKER_INSTANCE_PATH": instance, "MOVIETRACKER_SCHEDULER": False}
        app = create_app(settings)
        with app.app_context():
            users = [create_account(f"user{n}@example.com", f"user{n}", "a long secret").id for n in range(USERS)]
            db.engine.dispose()  # the processes must not share connections
        jobs = [_writer(app, users)] * WRITERS + [_puller(app, user) for user in users]
        jobs += [_naive_writer(url)] * WRITERS + [_naive_puller(url)]
        with Crew(jobs) as crew:
            time.sleep(seconds)
            results = crew.finish()
    pulled = results[WRITERS:][:USERS]
    return {
        "seconds": seconds,
        "writes": sum(results[:WRITERS]),
        "pulls": sum(pulls for pulls, _ in pulled),
        "lost": sum(lost for _, lost in pulled),
        "naive_writes": sum(results[-WRITERS - 1 : -1]),
        "naive_lost": results[-1],
    }


def _writer(app: Flask, users: list[str]) -> Job:
    def job(shift: Shift) -> int:
        chance, writes = random.Random(shift.number), 0
        with app.app_context():
            while not shift.is_over:
                actions = [_some_change(chance) for _ in range(chance.choice((1, 1, 1, 5)))]
                results = push(chance.choice(users), [read_action(each) for each in actions]).results
                writes += sum(result["status"] == "applied" for result in results)
        return writes

    return job


def _some_change(chance: random.Random) -> dict[str, Any]:
    data = {"imdb_id": f"tt{chance.randrange(MOVIES):07}", "status": chance.choice(STATUSES)}
    return {"action": "updateMovieStatus", "data": data}


def _rounds(shift: Shift) -> Iterator[None]:
    """One round after the other; the last one when every writer has committed."""
    while not shift.is_over:
        yield
    time.sleep(2)
    yield


def _puller(app: Flask, user: str) -> Job:
    def job(shift: Shift) -> tuple[int, int]:
        seen: dict[str, Any] = {}
        cursor, pulls = None, 0
        with app.app_context():
            for _ in _rounds(shift):
                has_more = True
                while has_more:
                    with library_read(user) as read:
                        page = orjson.loads(orjson.dumps(pull.pull_by_cursor(read, cursor, 50)))
                    cursor, has_more = page["cursor"], page["has_more"]
                    seen.update({movie["imdb_id"]: movie for movie in page["movies"]})
                    pulls += 1
            with library_read(user) as read:
                truth = orjson.loads(orjson.dumps(pull.pull_since(read, 0)))["movies"]
        return pulls, sum(seen.get(movie["imdb_id"]) != movie for movie in truth)

    return job


def _connect(url: str) -> psycopg.Connection[Any]:
    parts = make_url(url)
    return psycopg.connect(host=parts.host, user=parts.username, dbname=parts.database)


def _naive_writer(url: str) -> Job:
    def job(shift: Shift) -> int:
        chance, writes = random.Random(shift.number), 0
        with _connect(url) as connection:
            while not shift.is_over:
                with connection.transaction():
                    connection.execute("SELECT now()")
                    time.sleep(chance.choice((0, PAUSE_SECONDS)))
                    connection.execute("INSERT INTO naive VALUES (%s, now())", (f"{shift.number}-{writes}",))
                writes += 1
        return writes

    return job


def _naive_puller(url: str) -> Job:
    def job(shift: Shift) -> int:
        seen: set[str] = set()
        since: Any = "-infinity"
        with _connect(url) as connection:
            connection.autocommit = True
            for _ in _rounds(shift):
                rows = connection.execute("SELECT id, updated_at FROM naive WHERE updated_at > %s", (since,)).fetchall()
                seen.update(row[0] for row in rows)
                since = max((row[1] for row in rows), default=since)
            rows = connection.execute("SELECT id FROM naive").fetchall()
        return len({row[0] for row in rows} - seen)

    return job


def is_proved(figures: dict[str, Any]) -> bool:
    """Whether no row was lost, but the plain table lost some."""
    return figures["lost"] == 0 and figures["naive_lost"] > 0


if __name__ == "__main__":
    script(__doc__, run, is_proved, seconds=60.0)
