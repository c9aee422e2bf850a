"""Clients that are killed with SIGKILL at each of their steps, each in a process of its own.

``python -m proofs.client.mortal <file> <url> <count>`` prints how many were killed. A client does an errand: what its
user does who sees what has been done so far. The first is killed at its first step, the second at its second, and so on
until one ends by itself, at the latest after ``count``; after each another client finishes the errand.
"""

import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from movietracker.client import client as module

from .implementations import Device, PythonDevice

EMAIL, PASSWORD = "anna@example.com", "a long secret"


class Steps:
    """Kills this process at the step of this number; a step is an SQL statement, a request or a response."""

    def __init__(self, fatal: int) -> None:
        self._left = fatal

    def take(self, *_: Any) -> None:
        """Take the next step."""
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
            response = send(*arguments, **options)
            self.take()
            return response

        module.sqlite3.connect = watched_connect  # type: ignore[assignment]
        requests.Session.send = watched_send  # type: ignore[method-assign]


def errand(device: Device, number: int) -> None:
    """Three actions, each unless it is done already, then a sync."""
    if device._get("token") is None:
        device.login(EMAIL, PASSWORD)
    imdb_id, old, new = f"tt{number:07}", f"Person {number}", f"Person {number} Senior"
    if imdb_id not in device.movies:
        device.do("addMovie", {"imdb_id": imdb_id, "recommender": old})
    if new not in device.people:
        device.do("updatePerson", {"name": old, "new_name": new})
    if device.movies[imdb_id]["status"] != "watched":
        device.do("watchMovie", {"imdb_id": imdb_id, "my_rating": 7.0, "date_watched": 1000.0})
    device.sync()


def kill_at_each_step(file: Path, url: str, count: int) -> int:
    """Run the errands; returns how many were killed."""
    for fatal in range(1, count):
        was_killed = _was_killed(
            lambda fatal=fatal: (Steps(fatal).watch(), errand(PythonDevice(file, url, page_size=2), fatal))  # type: ignore[misc]
        )
        assert not _was_killed(lambda fatal=fatal: errand(PythonDevice(file, url, page_size=2), fatal))  # type: ignore[misc]
        if not was_killed:
            return fatal - 1
    raise AssertionError("the errand has no end")


def _was_killed(life: Callable[[], object]) -> bool:
    child = os.fork()
    if child == 0:
        life()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
    return os.WIFSIGNALED(status)


if __name__ == "__main__":
    file, url, count = sys.argv[1:]
    print(kill_at_each_step(Path(file), url, int(count)))
