"""How fast a server as ``movietracker serve`` starts it answers, beside the floor of each answer.

    python benchmarks/requests_bench.py [--sizes 200 2000 20000] [--json FILE] [--compare FILE]

For each size it builds a library, starts the server, drives it over HTTP with keep-alive, and prints median and p95 of
each request in milliseconds, the floor measured in the same run, and the ratio to it. ``--compare`` adds the medians of
an earlier ``--json`` run.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

from floors import Floors, pbkdf2
from libraries import build, imdb_id

from movietracker import create_app
from movietracker.extensions import db
from movietracker.services.accounts import find_account

EMAIL, PASSWORD = "anna@example.com", "a long secret"
SETTINGS = {"LOGIN_RATE_LIMIT": "", "MOVIETRACKER_SCHEDULER": "no"}
PROGRAM = [sys.executable, "-c", "from movietracker.cli import main; main()"]


@dataclass
class Row:
    """One line of the table; times in milliseconds."""

    request: str
    size: int
    median: float
    p95: float
    floor: float
    target: float

    @property
    def ratio(self) -> float:
        """How many times the floor."""
        return self.median / self.floor


class Http:
    """One connection to the server, kept alive."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.headers: dict[str, str] = {}

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        """The answer's body; raises when it is no success or 304."""
        raw = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        self._connection.request(method, path, raw, {**self.headers, **(headers or {})})
        answer = self._connection.getresponse()
        read = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {read[:300]!r}")
        self.last = answer
        return read


def timed(call: Callable[[], Any], budget: float = 2.0, least: int = 5, most: int = 200) -> list[float]:
    """Milliseconds of repeated calls: as many as fit into the budget of seconds."""
    call()
    times: list[float] = []
    begun = time.perf_counter()
    while len(times) < least or (len(times) < most and time.perf_counter() - begun < budget):
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1000)
    return times


def median(times: list[float]) -> float:
    """The middle one."""
    return statistics.median(times)


class Bench:
    """The rows of one size."""

    def __init__(self, folder: Path, size: int, port: int) -> None:
        self.size, self.rows = size, []  # type: tuple[int, list[Row]]
        self.http = Http(port)
        login = {"email": EMAIL, "password": PASSWORD}
        signed_in = json.loads(self.http.ask("POST", "/api/auth/login", login))
        self.http.headers["Authorization"] = f"Bearer {signed_in['access_token']}"
        self.floors = Floors(folder / "instance" / "app.db", signed_in["user"]["id"])
        self.bare = median(timed(lambda: self.http.ask("GET", "/api/auth/me")))
        self.commit = median(timed(self.floors.commit()))
        self._numbers = iter(range(10**9))

    def add(self, name: str, call: Callable[[], Any], floor: float | Callable[[], Any], target: float) -> float:
        """Measure a request; answers its median."""
        least = floor if isinstance(floor, float | int) else median(timed(floor))
        times = sorted(timed(call))
        row = Row(name, self.size, median(times), times[int(len(times) * 0.95) - 1], least, target)
        self.rows.append(row)
        return row.median

    def get(self, path: str, **headers: str) -> Callable[[], Any]:
        """A GET of this path."""
        return lambda: self.http.ask("GET", path, headers={key.replace("_", "-"): v for key, v in headers.items()})

    def reads(self) -> None:
        """Lists and single records."""
        floors, http = self.floors, self.http
        for path, floor in (("/api/movies", floors.library()), ("/api/sync?since=0", floors.everything())):
            self.add(f"GET {path}", self.get(path), floor, 1.5)
            self.get(path)()
            tag = http.last.headers["ETag"]
            self.add(f"GET {path}, unchanged", self.get(path, If_None_Match=tag), self.bare, 1.5)
        self.add("GET one movie", self.get(f"/api/movies/{imdb_id(7)}"), self.bare, 2)
        self.add("GET /api/people", self.get("/api/people"), self.bare, 2)
        people = json.loads(http.ask("GET", "/api/people"))
        person = next(each for each in people if each["name"].startswith("Person"))
        chosen = "SELECT imdb_id FROM recommendations WHERE user_id = ? AND person_id = ?"
        votes = floors.movies_where(chosen.replace("?", f"'{person['user_id']}'", 1), person["id"])
        self.add("GET person stats", self.get(f"/api/people/{quote(person['name'])}/stats"), votes, 1.5)
        list_id = json.loads(http.ask("GET", "/api/lists"))[0]["id"]
        on_list = f"SELECT imdb_id FROM movie_status WHERE user_id = '{person['user_id']}' AND custom_list_id = ?"
        self.add(
            "GET list movies", self.get(f"/api/lists/{list_id}/movies"), floors.movies_where(on_list, list_id), 1.5
        )
        watched = f"SELECT imdb_id FROM movie_status WHERE user_id = '{person['user_id']}' AND status = ?"
        self.add(
            "GET watched movies", self.get("/api/movies?status=watched"), floors.movies_where(watched, "watched"), 1.5
        )

    def changes(self) -> None:
        """Small pulls and writes."""
        since = json.loads(self.http.ask("GET", "/api/sync?since=0"))["timestamp"]
        for number in range(10):
            self._put_status(number)
        self.add("GET /api/sync?since=, 10 changes", self.get(f"/api/sync?since={since!r}"), self.bare, 2)
        write = self.commit + self.bare
        self.add("PUT status", lambda: self._put_status(3), write, 2)
        one = self.add("POST /api/sync, one action", lambda: self._push_one(), write, 2)
        self.add("POST recommendation", self._recommend, write, 2)
        self.add("POST /api/sync/batch, 100 actions", self._push_hundred, one, 8)

    def other(self) -> None:
        """Proxy, login, health."""
        self.add("GET cached search", self.get("/api/external/tmdb/search?q=matrix"), self.bare, 3)
        login = {"email": EMAIL, "password": PASSWORD}
        self.add("POST /api/auth/login", lambda: self.http.ask("POST", "/api/auth/login", login), pbkdf2, 1.1)
        self.add("GET /api/health", self.get("/api/health"), bare_server(), 1.5)

    def _put_status(self, number: int) -> None:
        status = ("toWatch", "watched")[next(self._numbers) % 2]
        self.http.ask("PUT", f"/api/movies/{imdb_id(number)}/status", {"status": status})

    def _action(self, number: int) -> dict[str, Any]:
        unique = next(self._numbers)
        data = {"imdb_id": imdb_id(number), "status": ("toWatch", "watched")[unique % 2]}
        return {"id": f"{time.time_ns()}-{unique}", "action": "updateMovieStatus", "data": data}

    def _push_one(self) -> None:
        self.http.ask("POST", "/api/sync", self._action(5))

    def _push_hundred(self) -> None:
        self.http.ask("POST", "/api/sync/batch", {"actions": [self._action(number) for number in range(100)]})

    def _recommend(self) -> None:
        vote = bool(next(self._numbers) % 2)
        body = {"person_name": "Person 1", "vote_type": vote}
        self.http.ask("POST", f"/api/movies/{imdb_id(11)}/recommendations", body)


def bare_server() -> float:
    """Median milliseconds of a WSGI application that does nothing, on the same kind of server."""
    command = [sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--threads", "16", "floors:bare_app"]
    with serving(command, "--bind", Path(__file__).parent) as port:
        connection = Http(port)
        return median(timed(lambda: connection.ask("GET", "/")))


def movietracker(folder: Path, *arguments: str) -> None:
    """Run the program to its end."""
    subprocess.run([*PROGRAM, *arguments], cwd=folder, env={**os.environ, **SETTINGS}, check=True, capture_output=True)


@contextmanager
def serving(command: list[str], option: str, folder: Path) -> Iterator[int]:
    """A server on a free port, stopped at the end; answers the port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"127.0.0.1:{port}" if option == "--bind" else str(port)
    process = subprocess.Popen(
        [*command, option, address],
        cwd=folder,
        env={**os.environ, **SETTINGS},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(port: int) -> None:
    for _ in range(300):
        try:
            Http(port).ask("GET", "/api/health")
        except (OSError, http.client.HTTPException):
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the server did not start")


def run(size: int) -> list[Row]:
    """All rows of one size, on a library and a server of their own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        movietracker(folder, "db", "upgrade")
        movietracker(folder, "users", "create", "--email", EMAIL, "--username", "anna", "--password", PASSWORD)
        app = create_app({"MOVIETRACKER_INSTANCE_PATH": str(folder / "instance"), **SETTINGS})
        with app.app_context():
            build(find_account(EMAIL).id, size)
            db.engine.dispose()
        with serving([*PROGRAM, "serve"], "--port", folder) as port:
            bench = Bench(folder, size, port)
            bench.reads()
            bench.changes()
            bench.other()
            bench.floors.close()
            return bench.rows


def show(rows: list[Row], earlier: dict[str, float]) -> None:
    """Print the table in Markdown."""
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    print(f"\nMilliseconds, measured on {date.today()} ({machine}).\n")
    print("| request | movies | median | p95 | floor | ratio | target |" + (" before |" if earlier else ""))
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |" + (" ---: |" if earlier else ""))
    for row in rows:
        cells = f"| {row.request} | {row.size} | {row.median:.2f} | {row.p95:.2f} | {row.floor:.2f} |"
        before = f" {earlier.get(f'{row.request} {row.size}', float('nan')):.2f} |" if earlier else ""
        print(f"{cells} {row.ratio:.1f} | {row.target} |{before}")


def main() -> None:
    """Run it from the shell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[200, 2_000, 20_000])
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--compare", type=Path, help="an earlier --json file to compare with")
    options = parser.parse_args()
    earlier = json.loads(options.compare.read_text()) if options.compare else {}
    rows = [row for size in options.sizes for row in run(size)]
    show(rows, earlier)
    if options.json:
        options.json.write_text(json.dumps({f"{row.request} {row.size}": row.median for row in rows}, indent=2))


if __name__ == "__main__":
    main()
