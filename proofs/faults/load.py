"""What does the server hold? 8 writers and 8 readers over HTTP at once, on SQLite or on PostgreSQL.

``python -m proofs.faults.load --seconds 60 --database sqlite``: 16 processes (``--writers``, ``--readers``) that keep
their connections and never pause share 4 libraries. No answer may be an error, and each acknowledged write must be
found afterwards, also by a server that was started anew.
"""

import random
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from .clients import Connection
from .crew import Crew, Job, Shift
from .reporting import figures_of, is_whole, percentiles, script
from .site import User, make_users, site
from .writing import compare, writer

USERS = 4


@dataclass
class Read:
    """What a reader did."""

    milliseconds: list[float] = field(default_factory=list)
    unchanged: int = 0
    faults: list[str] = field(default_factory=list)


def reader(url: str, user: User) -> Job:
    """A process that reads as clients do: pages, single titles, people, what is new by cursor and by time, searches."""

    def job(shift: Shift) -> Read:
        read = Read()
        connection = Connection(url, user.token)
        chance = random.Random(shift.number)
        tags: dict[str, str] = {}
        at: dict[str, Any] = {"cursor": "", "since": 0.0, "title": None, "person": "Google Search"}
        while not shift.is_over:
            path = _some_path(chance, at)
            answer = connection.ask("GET", path, headers={"If-None-Match": tags.get(path, "")})
            read.milliseconds.append(answer.milliseconds)
            if answer.status_code == 304:
                read.unchanged += 1
            elif answer.status_code == 200:
                tags = {path: answer.headers["ETag"]}
                _look(answer.json, path, at)
            else:
                read.faults.append(f"GET {path}: {answer.status_code} {answer.text[:300]}")
        return read

    return job


def _some_path(chance: random.Random, at: dict[str, Any]) -> str:
    return chance.choice(
        (
            "/api/movies?limit=50",
            f"/api/movies/{at['title']}" if at["title"] else "/api/lists",
            "/api/people",
            f"/api/people/{quote(at['person'])}/stats",
            f"/api/sync/changes?limit=100&cursor={at['cursor']}" if at["cursor"] else "/api/sync/changes?limit=100",
            f"/api/sync?since={at['since']!r}",
            "/api/external/tmdb/search?q=matrix",
            "/api/auth/me",
        )
    )


def _look(body: Any, path: str, at: dict[str, Any]) -> None:
    """Remember where a client would go on from here."""
    if path.startswith("/api/sync/changes"):
        at["cursor"] = body["cursor"]
    elif path.startswith("/api/sync?"):
        at["since"] = body["timestamp"]
    elif path.startswith("/api/movies?") and body:
        at["title"] = body[-1]["imdb_id"]
    elif path == "/api/people":
        at["person"] = body[-1]["name"]


def run(seconds: float, database: str, writers: int = 8, readers: int = 8) -> dict[str, Any]:
    """Load the server for so long; the figures."""
    with site(database) as place:
        with place.serving() as server:
            users = make_users(server.url, USERS)
            jobs = [writer(server.url, users[n % USERS]) for n in range(writers)]
            jobs += [reader(server.url, users[n % USERS]) for n in range(readers)]
            with Crew(jobs) as crew:
                begun = time.monotonic()
                time.sleep(seconds)
                answers = crew.finish()
                lasted = time.monotonic() - begun
        with place.serving() as server:
            written, read = answers[:writers], answers[writers:]
            figures = figures_of(written, compare(server.url, written))
        figures["faults"] += place.damage() + [fault for each in read for fault in each.faults][:20]
    reads = [took for each in read for took in each.milliseconds]
    writes = [took for each in written for took in each.milliseconds]
    return {
        "database": database,
        "seconds": round(lasted, 1),
        "requests_per_second": round((len(reads) + len(writes)) / lasted),
        "reads": len(reads),
        "unchanged": sum(each.unchanged for each in read),
        "reads_ms": percentiles(reads),
        "writes_ms": percentiles(writes),
        "all_ms": percentiles(reads + writes),
        **figures,
    }


def is_proved(figures: dict[str, Any]) -> bool:
    """Whether no response was an error and no write was lost."""
    return is_whole(figures) and not figures["refused"]


if __name__ == "__main__":
    script(__doc__, run, is_proved, seconds=60.0, database="sqlite", writers=8, readers=8)
