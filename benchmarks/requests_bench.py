"""How fast a server as ``movietracker serve`` starts it answers, beside the floor of each answer.

    python benchmarks/requests_bench.py [--sizes 200 2000 20000] [--json FILE] [--compare FILE] [--only TEXT]

For each size it builds a library, starts the server, drives it over HTTP with keep-alive, and prints median and p95 of
each request in milliseconds, the floor, and the ratio to it. Request and floor are measured in turns, so that a busy
machine slows both. ``--compare`` adds the medians and ratios of an earlier ``--json`` run. Memory and start-up come
last.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import processes
from driving import PROGRAM, SETTINGS, Call, Http, Measured, measure, movietracker, serving
from floors import Floors, ImportFloor, pbkdf2
from libraries import build, imdb_id

from movietracker import create_app
from movietracker.extensions import db
from movietracker.services.accounts import find_account

EMAIL, PASSWORD = "anna@example.com", "a long secret"
BARE_SERVER = [sys.executable, "-m", "gunicorn", "--worker-class", "gthread", "--threads", "16", "--keep-alive", "30"]


@dataclass(frozen=True)
class Row(Measured):
    """One line of the table; times in milliseconds."""

    request: str
    size: int
    target: float

    @property
    def ratio(self) -> float:
        """How many times the floor."""
        return self.median / self.floor


class Bench:
    """The rows of one size."""

    def __init__(self, folder: Path, size: int, port: int, only: str) -> None:
        self.size, self.rows, self.only = size, [], only  # type: tuple[int, list[Row], str]
        self.folder = folder
        self.http, self.bare_http = Http(port), Http(port)
        user = self.http.log_in(EMAIL, PASSWORD)
        self.bare_http.headers = self.http.headers
        self.floors = Floors(folder / "instance" / "app.db", user["id"])
        self.commit = self.floors.commit()
        self._turns: Counter[str] = Counter()

    def bare(self) -> None:
        """The least that an authenticated request does."""
        self.bare_http.ask("GET", "/api/auth/me")

    def add(self, name: str, call: Call, *floor: Call, target: float, before: Call | None = None) -> None:
        """Measure a request in turns with the parts of its floor."""
        if self.only in name:
            measured = measure(call, floor, before=before)
            self.rows.append(Row(**asdict(measured), request=name, size=self.size, target=target))

    def get(self, path: str, **headers: str) -> Call:
        """A GET of this path."""
        return lambda: self.http.ask("GET", path, headers={key.replace("_", "-"): v for key, v in headers.items()})

    def lists(self) -> None:
        """Lists of movies, and the whole library."""
        floors, everything = self.floors, "/api/sync?since=0"
        for path, floor in (("/api/movies", floors.library()), (everything, floors.everything())):
            self.add(f"GET {path}", self.get(path), floor, target=1.5)
            self.get(path)()
            unchanged = self.get(path, If_None_Match=self.http.last.headers["ETag"])
            self.add(f"GET {path}, unchanged", unchanged, self.bare, target=1.5)
        people = json.loads(self.http.ask("GET", "/api/people"))
        person = next(each for each in people if each["name"].startswith("Person"))
        list_id = json.loads(self.http.ask("GET", "/api/lists"))[0]["id"]
        voted = f"SELECT imdb_id FROM recommendations WHERE user_id = '{person['user_id']}' AND person_id = ?"
        chosen = f"SELECT imdb_id FROM movie_status WHERE user_id = '{person['user_id']}' AND "
        known = f"SELECT imdb_id FROM movies WHERE user_id = '{person['user_id']}' AND "
        for name, path, condition, value in (
            ("GET person stats", f"/api/people/{quote(person['name'])}/stats", voted, person["id"]),
            ("GET list movies", f"/api/lists/{list_id}/movies", chosen + "custom_list_id = ?", list_id),
            ("GET watched movies", "/api/movies?status=watched", chosen + "status = ?", "watched"),
            (
                "GET movies, searched",
                "/api/movies?q=ghost%20of%20the",
                known + "instr(search_text, ?) > 0",
                "ghost of the",
            ),
            ("GET movies of a genre", "/api/movies?genre=horror", known + "instr(genres, ?) > 0", " horror "),
            ("GET movies from 2020", "/api/movies?year_from=2020", known + "year >= ?", "2020"),
        ):
            self.add(name, self.get(path), floors.movies_where(condition, value), target=1.5)
        for path in ("/api/stats", "/api/stats?year=2023&tz=Europe/Vienna"):
            self.add(f"GET {path}", self.get(path), floors.stats(), target=1.5)
        self.add("GET /api/backup/export", self.get("/api/backup/export"), floors.export(), target=1.5)

    def records(self) -> None:
        """Small reads, and small pulls."""
        since = json.loads(self.http.ask("GET", "/api/sync?since=0"))["timestamp"]
        self.add("GET one movie", self.get(f"/api/movies/{imdb_id(7)}"), self.bare, target=2)
        self.add("GET /api/people", self.get("/api/people"), self.bare, target=2)
        for changes in (1, 10):
            for number in range(changes):
                self._put_status(number)
            name = f"GET /api/sync?since=, {changes} change{'s'[: changes - 1]}"
            self.add(name, self.get(f"/api/sync?since={since!r}"), self.bare, target=2)
        self.add("GET cached search", self.get("/api/external/tmdb/search?q=matrix"), self.bare, target=3)

    def writes(self) -> None:
        """Single writes and batches."""
        write = (self.commit, self.bare)
        self.add("PUT status", lambda: self._put_status(3), *write, target=2)
        self.add("POST /api/sync, one action", self._push_one, *write, target=2)
        self.add("POST recommendation", self._recommend, *write, target=2)
        self.add("POST /api/sync/batch, 100 actions", self._push_hundred, self._push_one, target=8)

    def imports(self) -> None:
        """The whole library into a new account."""
        document, admin = self.http.ask("GET", "/api/backup/export"), Http(self.http.port)
        secret = (self.folder / "instance" / "admin_token").read_text().strip()
        token = json.loads(admin.ask("POST", "/api/auth/admin/login", {"token": secret}))["access_token"]
        admin.headers["Authorization"] = f"Bearer {token}"
        new = Http(self.http.port)
        made: list[str] = []

        def renew() -> None:
            for user_id in made:
                admin.ask("DELETE", f"/api/auth/admin/users/{user_id}")
            name = uuid.uuid4().hex
            account = {"email": f"{name}@example.com", "username": name, "password": PASSWORD}
            made[:] = [json.loads(admin.ask("POST", "/api/auth/admin/users", account))["id"]]
            new.log_in(account["email"], PASSWORD)

        def load() -> None:
            new.ask("POST", "/api/backup/import", document)

        renew()
        load()
        floor = ImportFloor(self.folder / "instance" / "app.db", made[0])

        def clear() -> None:
            renew()
            floor.clear()

        clear()
        self.add("POST /api/backup/import", load, floor.write, target=3, before=clear)
        floor.close()

    def ranking(self) -> None:
        """The ranking of all titles, which are watched from now on; last, since it changes the library."""
        document = json.loads(self.http.ask("GET", "/api/backup/export"))
        for position, movie in enumerate(document["movies"], 1):
            movie |= {"status": "watched", "custom_list_id": None}
            document["rankings"].append({"imdb_id": movie["imdb_id"], "liked": position % 3 > 0, "position": position})
        self.http.ask("POST", "/api/backup/import?mode=replace", document)
        self.add("GET /api/ranking", self.get("/api/ranking"), self.floors.ranking(), target=1.5)
        middle = {"imdb_id": imdb_id(3), "liked": True, "position": self.size // 3}
        self.add(
            "POST /api/ranking/insert",
            lambda: self.http.ask("POST", "/api/ranking/insert", middle),
            *(self.commit, self.bare),
            target=2,
            before=lambda: self.http.ask("DELETE", f"/api/ranking/{imdb_id(3)}"),
        )

    def other(self) -> None:
        """Login and health."""
        login = {"email": EMAIL, "password": PASSWORD}
        log_in = Http(self.http.port)
        self.add("POST /api/auth/login", lambda: log_in.ask("POST", "/api/auth/login", login), pbkdf2, target=1.1)
        with serving([*BARE_SERVER, "floors:bare_app"], Path(__file__).parent, "--bind", "127.0.0.1:{port}") as server:
            bare = Http(server.port)
            self.add("GET /api/health", self.get("/api/health"), lambda: bare.ask("GET", "/"), target=1.5)

    def _turn(self, what: str) -> int:
        """How often this was done before: what is written is another value each time."""
        self._turns[what] += 1
        return self._turns[what]

    def _put_status(self, number: int) -> None:
        status = ("toWatch", "watched")[self._turn(f"put {number}") % 2]
        self.http.ask("PUT", f"/api/movies/{imdb_id(number)}/status", {"status": status})

    def _action(self, number: int, turn: int) -> dict[str, Any]:
        data = {"imdb_id": imdb_id(number), "status": ("toWatch", "watched")[turn % 2]}
        return {"id": f"{time.time_ns()}-{number}", "action": "updateMovieStatus", "data": data}

    def _push_one(self) -> None:
        self.http.ask("POST", "/api/sync", self._action(5, self._turn("push one")))

    def _push_hundred(self) -> None:
        turn = self._turn("push hundred")
        self.http.ask("POST", "/api/sync/batch", {"actions": [self._action(n, turn) for n in range(50, 150)]})

    def _recommend(self) -> None:
        body = {"person_name": "Person 1", "vote_type": bool(self._turn("recommend") % 2)}
        self.http.ask("POST", f"/api/movies/{imdb_id(11)}/recommendations", body)


@contextmanager
def library(size: int) -> Iterator[Path]:
    """A folder with an instance whose account has so many movies."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        movietracker(folder, "db", "upgrade")
        movietracker(folder, "users", "create", "--email", EMAIL, "--username", "anna", "--password", PASSWORD)
        app = create_app({"MOVIETRACKER_INSTANCE_PATH": str(folder / "instance"), **SETTINGS})
        with app.app_context():
            build(find_account(EMAIL).id, size)
            db.engine.dispose()
        yield folder


def run(size: int, only: str) -> list[Row]:
    """All rows of one size, on a library and a server of their own."""
    with library(size) as folder, serving([*PROGRAM, "serve"], folder) as server:
        bench = Bench(folder, size, server.port, only)
        parts: list[Callable[[], None]] = [bench.lists, bench.records, bench.writes, bench.other, bench.imports]
        for part in (*parts, bench.ranking):
            part()
        bench.floors.close()
        return bench.rows


def show(rows: list[Row], earlier: dict[str, Any]) -> None:
    """Print the table in Markdown."""
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    load = f"load {os.getloadavg()[2]:.1f} over the last 15 minutes"
    print(f"\nMilliseconds, measured on {date.today()} ({machine}; {load}).\n")
    print("| request | movies | median | p95 | floor | ratio | target |" + (" before | ratio |" if earlier else ""))
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |" + (" ---: | ---: |" if earlier else ""))
    for row in rows:
        cells = f"| {row.request} | {row.size} | {row.median:.2f} | {row.p95:.2f} | {row.floor:.2f} |"
        before = earlier.get(f"{row.request} {row.size}")
        compared = ""
        if earlier:
            compared = f" {before['median']:.2f} | {before['ratio']:.1f} |" if before else " | |"
        print(f"{cells} {row.ratio:.1f} | {row.target:g} |{compared}")


def show_processes() -> dict[str, float]:
    """Measure, print and return memory and start-up."""
    with library(20_000) as folder:
        figures = [(*figure, "MiB") for figure in processes.memory(folder, EMAIL, PASSWORD)]
        figures += [(*figure, "s") for figure in processes.start_up(folder)]
    print("\n| process, 20000 movies | figure | target |\n| --- | ---: | ---: |")
    for name, figure, target, unit in figures:
        print(f"| {name} | {figure:.2f} {unit} | {f'{target:g} {unit}' if target else ''} |")
    return {name: figure for name, figure, *_ in figures}


def main() -> None:
    """Run it from the shell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="*", default=[200, 2_000, 20_000])
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    parser.add_argument("--compare", type=Path, help="an earlier --json file to compare with")
    parser.add_argument("--only", default="", help="only the requests whose name has this text, and no processes")
    options = parser.parse_args()
    earlier = json.loads(options.compare.read_text()) if options.compare else {}
    rows = [row for size in options.sizes for row in run(size, options.only)]
    show(rows, earlier)
    of_processes = {} if options.only else show_processes()
    if options.json:
        figures = {f"{row.request} {row.size}": {**asdict(row), "ratio": row.ratio} for row in rows}
        options.json.write_text(json.dumps({**figures, "processes": of_processes}, indent=2))


if __name__ == "__main__":
    main()
