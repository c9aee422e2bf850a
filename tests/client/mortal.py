"""Clients that are killed with SIGKILL: a process that starts them one after another, so that each costs a fork only.

``python -m client.mortal <life> <file> <url> <log> <count> <seed>`` (from tests/); the last line that it prints says
how many were killed. Each writes into the log what its user does: ``try`` before, ``did`` after.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import requests

from movietracker.client import Client
from movietracker.client import client as module

EMAIL, PASSWORD = "anna@example.com", "a long secret"
STATUSES = ("toWatch", "watched", "deleted")
LONGEST_LIFE = 0.12


def open_client(file: Path, url: str) -> Client:
    """The client in this file, logged in."""
    device = Client(file, url)
    device.pause, device.page_size = 0.001, 2
    if device._get("token") is None:
        device.login(EMAIL, PASSWORD)
    return device


def user(device: Client, log: Path, chance: random.Random) -> NoReturn:
    """Somebody who goes on changing what has become of five movies, and syncs now and then."""
    with log.open("a", buffering=1) as diary:
        while True:
            imdb_id = f"tt{chance.randrange(1, 6):07}"
            now = device.movies.get(imdb_id, {}).get("status")
            status = chance.choice([each for each in STATUSES if each != now])
            diary.write(f"try {imdb_id} {status}\n")
            device.do("updateMovieStatus", {"imdb_id": imdb_id, "status": status})
            diary.write(f"did {imdb_id} {status}\n")
            if chance.random() < 0.4:
                device.sync()


def at_random(file: Path, url: str, log: Path, count: int, seed: int) -> int:
    """So many lives, each ended by another process at a time of its choice."""
    chance = random.Random(seed)
    for number in range(count):
        ready, say_ready = os.pipe()
        child = os.fork()
        if child == 0:
            device = open_client(file, url)
            os.write(say_ready, b".")
            user(device, log, random.Random(seed * 1000 + number))
        os.close(say_ready)
        if chance.random() < 0.8:  # else it may die while it opens its file
            os.read(ready, 1)
        time.sleep(chance.uniform(0.0, LONGEST_LIFE))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), f"life {number} ended by itself"
        os.close(ready)
    return count


class Steps:
    """Ends this process at the step of this number; a step is a statement of SQL, a request sent, an answer got."""

    def __init__(self, fatal: int) -> None:
        self._left = fatal

    def take(self, *_: Any) -> None:
        """The next step."""
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """Count the steps of every client made from now on."""
        connect, send = sqlite3.connect, requests.Session.send

        def watched_connect(*arguments: Any, **options: Any) -> sqlite3.Connection:
            connection = connect(*arguments, **options)
            connection.set_trace_callback(self.take)
            return connection

        def watched_send(*arguments: Any, **options: Any) -> requests.Response:
            self.take()
            answer = send(*arguments, **options)
            self.take()
            return answer

        module.sqlite3.connect = watched_connect  # type: ignore[assignment]
        requests.Session.send = watched_send  # type: ignore[method-assign]


def errand(device: Client, number: int) -> None:
    """What somebody does who sees what is done already: three things, each once, then a sync."""
    imdb_id, old, new = f"tt{number:07}", f"Person {number}", f"Person {number} Senior"
    if imdb_id not in device.movies:
        device.do("addMovie", {"imdb_id": imdb_id, "recommender": old})
    if new not in device.people:
        device.do("updatePerson", {"name": old, "new_name": new})
    if device.movies[imdb_id]["status"] != "watched":
        device.do("watchMovie", {"imdb_id": imdb_id, "my_rating": 7.0, "date_watched": 1000.0})
    device.sync()


def at_each_step(file: Path, url: str, log: Path, count: int, seed: int) -> int:
    """A life that ends at its first step, one that ends at its second, and so on until one ends by itself."""
    for fatal in range(1, count):
        was_killed = _run(lambda fatal=fatal: _errand_until(fatal, file, url), fatal)  # type: ignore[misc]
        assert not _run(lambda fatal=fatal: errand(open_client(file, url), fatal), fatal)  # type: ignore[misc]
        if not was_killed:
            return fatal - 1
    raise AssertionError("the errand has no end")


def _errand_until(fatal: int, file: Path, url: str) -> None:
    Steps(fatal).watch()
    errand(open_client(file, url), fatal)


def _run(life: Callable[[], None], number: int) -> bool:
    """Whether it was killed; it must end in one of the two ways."""
    child = os.fork()
    if child == 0:
        life()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0, f"life {number} failed"
    return os.WIFSIGNALED(status)


LIVES = {"at_random": at_random, "at_each_step": at_each_step}

if __name__ == "__main__":
    life, file, url, log, count, seed = sys.argv[1:]
    print(LIVES[life](Path(file), url, Path(log), int(count), int(seed)))  # noqa: T201
