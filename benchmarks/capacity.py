"""What a user costs on PostgreSQL: bytes stored, and CPU of server and database for each request.

    python benchmarks/capacity.py postgresql://root@127.0.0.1/NAME [--users 200] [--movies 500] [--times 200]

The database must exist and be empty; the benchmark migrates and fills it. CPU time is measured, not time that passed,
so that other work on the machine hardly counts.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from driving import PROGRAM, Http, Served, movietracker, serving
from libraries import build, imdb_id

from movietracker import create_app
from movietracker.services.accounts import create_account

PASSWORD = "a long secret"
TICK = 1.0 / os.sysconf("SC_CLK_TCK")


class Counting(Http):
    """Counts the bytes of answers, headers included."""

    received = 0

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        """As its base class does."""
        read = super().ask(method, path, body, headers)
        self.received += len(read) + len(str(self.last.headers))
        return read


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description="What a user costs on PostgreSQL.")
    parser.add_argument("url")
    parser.add_argument("--users", type=int, default=200)
    parser.add_argument("--movies", type=int, default=500)
    parser.add_argument("--times", type=int, default=200)
    chosen = parser.parse_args()
    os.environ["DATABASE_URL"] = chosen.url
    with tempfile.TemporaryDirectory() as name, psycopg.connect(chosen.url, autocommit=True) as database:
        folder = Path(name)
        movietracker(folder, "db", "upgrade")
        if chosen.users:  # 0 for what an earlier run has filled
            fill(folder, chosen.url, chosen.users, chosen.movies)
            database.execute("VACUUM ANALYZE")
            show_bytes(database, chosen.users)
        with serving([*PROGRAM, "serve", "--workers", "1"], folder) as server:
            show_requests(database, server, chosen.times)


def fill(folder: Path, url: str, users: int, movies: int) -> None:
    """Accounts with a library each, by the program's own services."""
    app = create_app({"DATABASE_URL": url, "MOVIETRACKER_INSTANCE_PATH": str(folder / "instance")})
    with app.app_context():
        for number in range(users):
            account = create_account(f"user{number}@example.com", f"user{number}", PASSWORD)
            build(account.id, movies)


def show_bytes(database: psycopg.Connection[Any], users: int) -> None:
    """Bytes of each table with its indexes, by user."""
    rows = database.execute(
        "SELECT relname, pg_relation_size(oid), pg_indexes_size(oid), pg_total_relation_size(oid) FROM pg_class "
        "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 4 DESC"
    ).fetchall()
    print("| table | rows' bytes a user | indexes' | all, with TOAST |\n| --- | ---: | ---: | ---: |")
    for name, *sizes in [*rows, ("all", *(sum(row[part] for row in rows) for part in (1, 2, 3)))]:
        if sizes[2] > 200 * users or name == "all":
            print(f"| {name} | " + " | ".join(f"{size / users:,.0f}" for size in sizes) + " |")


def show_requests(database: psycopg.Connection[Any], server: Served, times: int) -> None:
    """Milliseconds of CPU of each kind of request, by the worker and by PostgreSQL."""
    http = Counting(server.port)
    http.log_in("user0@example.com", PASSWORD)
    http.ask("GET", "/api/movies")
    unchanged = {"If-None-Match": str(http.last.headers["ETag"])}
    number = 0
    run = uuid.uuid4().hex

    def push(actions: int) -> None:
        nonlocal number
        number += actions
        told = [
            {
                "id": f"{run}-{number}-{step}",
                "action": "updateMovieStatus",
                "data": {"imdb_id": imdb_id(step), "status": ("watched", "toWatch")[number // actions % 2]},
            }
            for step in range(actions)
        ]
        http.ask("POST", "/api/sync/batch", {"actions": told})

    def pull() -> None:
        nonlocal cursor
        cursor = json.loads(http.ask("GET", f"/api/sync/changes?cursor={cursor}"))["cursor"]

    cursor = json.loads(http.ask("GET", "/api/sync/changes?limit=5000"))["cursor"]
    calls: dict[str, Callable[[], Any]] = {
        "whole library, unchanged (304)": lambda: http.ask("GET", "/api/movies", headers=unchanged),
        "pull by cursor, nothing new": pull,
        "whole library, 500 movies": lambda: http.ask("GET", "/api/movies", headers={"Accept-Encoding": "gzip"}),
        "one movie": lambda: http.ask("GET", f"/api/movies/{imdb_id(1)}"),
        "search in the offline catalogue": lambda: http.ask("GET", "/api/external/tmdb/search?q=nosferatu"),
        "push of one action": lambda: push(1),
        "push of one action and a pull of it": lambda: (push(1), pull()),
        "push of ten actions": lambda: push(10),
        "login": lambda: http.ask("POST", "/api/auth/login", {"email": "user0@example.com", "password": PASSWORD}),
    }
    (worker,) = server.workers()
    print("\n| request | worker, ms of CPU | PostgreSQL, ms of CPU | bytes received |\n| --- | ---: | ---: | ---: |")
    for name, call in calls.items():
        call()
        before, http.received = (_cpu([worker]), _cpu(_backends(database))), 0
        for _ in range(times):
            call()
        spent = _cpu([worker]) - before[0], _cpu(_backends(database)) - before[1]
        milliseconds = " | ".join(f"{1000 * each / times:.2f}" for each in spent)
        print(f"| {name} | {milliseconds} | {http.received / times:,.0f} |", flush=True)


def _backends(database: psycopg.Connection[Any]) -> list[int]:
    """PostgreSQL's processes that serve the worker; on this machine, as their CPU is read from /proc."""
    statement = (
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
        "AND backend_type = 'client backend'"
    )
    return [pid for (pid,) in database.execute(statement)]


def _cpu(pids: list[int]) -> float:
    """Seconds of CPU that these processes have used."""
    stats = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(fields[11]) + int(fields[12]) for fields in stats) * TICK


if __name__ == "__main__":
    main()
