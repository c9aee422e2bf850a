"""Do actions that are sent again and again, by many processes, to a server that keeps dying, take effect exactly once?

``python -m stress.exactly_once --actions 1000 --kill-every 0.5`` (from tests/): 8 processes push the same actions, each
three times and in an order of its own, to ``movietracker serve``, whose processes are killed with SIGKILL meanwhile.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from support.serving import PROGRAM, environment

CLIENTS = 8
TIMES = 3
BATCH = 40
EMAIL, PASSWORD = "anna@example.com", "a long secret"

# Each action makes a movie, a person and a vote: so many numbers and ids are used when it happens once.
NUMBERS_PER_ACTION = 2
IDS_PER_ACTION = 2


@dataclass
class Figures:
    """What a run saw. ``applied`` counts the answers that were no replay; an answer may be lost, so it may be less."""

    actions: int
    kills: int
    seconds: float
    requests: int
    failures: int
    applied: int
    movies: int
    votes: int
    people: int
    recorded: int
    numbers: int
    ids: int

    @property
    def is_exact(self) -> bool:
        """Whether every action took effect exactly once."""
        counts = {self.movies, self.votes, self.people, self.recorded}
        used = (self.numbers, self.ids) == (self.actions * NUMBERS_PER_ACTION, self.actions * IDS_PER_ACTION)
        return counts == {self.actions} and used and self.applied <= self.actions


class Server:
    """``movietracker serve`` on a fixed port, in a process group that can be killed as a whole."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = {"MOVIETRACKER_SCHEDULER": "no", "LOGIN_RATE_LIMIT": ""}
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*PROGRAM, "serve", "--port", str(self.port), "--workers", "2", "--threads", "8"],
                cwd=self.folder,
                env=environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        for _ in range(600):
            try:
                requests.get(f"{self.url}/api/health", timeout=2).raise_for_status()
            except requests.RequestException:
                time.sleep(0.1)
            else:
                return
        raise TimeoutError((self.folder / "server.log").read_text())

    def kill(self) -> None:
        """SIGKILL to all its processes."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def run(actions: int, kill_every: float) -> Figures:
    """Run it in a temporary folder on SQLite."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        create = ["users", "create", "--email", EMAIL, "--username", "anna", "--password", PASSWORD]
        for command in (["db", "upgrade"], create):
            subprocess.run([*PROGRAM, *command], cwd=folder, env=environment(), check=True, capture_output=True)
        before = _counts(folder)
        server = Server(folder)
        server.start()
        begun = time.monotonic()
        answers, kills = _storm(server, actions, kill_every)
        server.kill()
        after = _counts(folder)
        grown = {key: after[key] - before[key] for key in after}
        seconds = time.monotonic() - begun
        return Figures(actions, kills, round(seconds, 1), *(sum(each) for each in zip(*answers, strict=True)), **grown)


def _storm(server: Server, actions: int, kill_every: float) -> tuple[list[tuple[int, int, int]], int]:
    context = multiprocessing.get_context("fork")
    results: Any = context.Queue()
    clients = [
        context.Process(target=_client, args=(server.url, actions, number, results), daemon=True)
        for number in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    kills, answers = 0, []
    chance = random.Random(0)
    while len(answers) < CLIENTS:
        time.sleep(chance.uniform(0.5, 1.5) * kill_every)
        while not results.empty():
            answers.append(results.get())
        if len(answers) < CLIENTS:
            server.kill()
            kills += 1
            server.start()
    return answers, kills


def _client(url: str, actions: int, number: int, results: Any) -> None:
    """Push every action three times, in an order of its own, until each batch is answered."""
    chance = random.Random(number)
    counts = [0, 0, 0]
    session = requests.Session()
    credentials = {"email": EMAIL, "password": PASSWORD}
    token = _until_answered(session, f"{url}/api/auth/login", credentials, counts)["access_token"]
    session.headers["Authorization"] = f"Bearer {token}"
    queue = [_action(each) for each in range(actions)] * TIMES
    chance.shuffle(queue)
    for start in range(0, len(queue), BATCH):
        answer = _until_answered(session, f"{url}/api/sync/batch", {"actions": queue[start : start + BATCH]}, counts)
        for result in answer["results"]:
            assert result["success"], result
            counts[2] += result["status"] == "applied" and not result["replayed"]
    results.put(tuple(counts))


def _action(number: int) -> dict[str, Any]:
    return {
        "id": f"action-{number}",
        "action": "addRecommendation",
        "data": {"imdb_id": f"tt{number + 1:07}", "person_name": f"Person {number}"},
        "timestamp": 1_700_000_000 + number,
    }


def _until_answered(session: requests.Session, url: str, body: Any, counts: list[int]) -> Any:
    while True:
        counts[0] += 1
        try:
            answer = session.post(url, json=body, timeout=30)
            if answer.status_code == 200:
                return answer.json()
        except requests.RequestException:
            pass
        counts[1] += 1
        time.sleep(random.uniform(0.05, 0.4))


def _counts(folder: Path) -> dict[str, int]:
    """What is in the database, read past the application; ids and numbers are those used up."""
    queries = {
        "movies": "SELECT count(*) FROM movies",
        "votes": "SELECT count(*) FROM recommendations",
        "people": "SELECT count(*) FROM people",
        "recorded": "SELECT count(*) FROM sync_actions",
        "numbers": "SELECT coalesce(max(seq), 0) FROM library_heads",
        "ids": "SELECT coalesce(max(next_id), 0) FROM library_heads",
    }
    connection = sqlite3.connect(folder / "instance" / "app.db")
    try:
        return {key: connection.execute(query).fetchone()[0] for key, query in queries.items()}
    finally:
        connection.close()


def main() -> None:
    """Run it from the shell; exit 1 when an action took effect never or twice, or when the server was never killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--actions", type=int, default=1000)
    parser.add_argument("--kill-every", type=float, default=0.5, help="seconds")
    arguments = parser.parse_args()
    figures = run(arguments.actions, arguments.kill_every)
    sys.stdout.write(json.dumps(figures.__dict__, indent=2) + "\n")
    sys.exit(0 if figures.is_exact and figures.kills else 1)


if __name__ == "__main__":
    main()
