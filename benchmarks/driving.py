"""Starting servers and driving them over HTTP, and measuring a request beside its floor."""

from __future__ import annotations

import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SETTINGS = {"LOGIN_RATE_LIMIT": "", "MOVIETRACKER_SCHEDULER": "no"}
PROGRAM = [sys.executable, "-c", "from movietracker.cli import main; main()"]

Call = Callable[[], Any]


class Http:
    """One connection to the server, kept alive."""

    def __init__(self, port: int) -> None:
        self.port = port
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

    def log_in(self, email: str, password: str) -> dict[str, Any]:
        """Send the token of this account from now on, and return the User."""
        answer = json.loads(self.ask("POST", "/api/auth/login", {"email": email, "password": password}))
        self.headers["Authorization"] = f"Bearer {answer['access_token']}"
        user: dict[str, Any] = answer["user"]
        return user


@dataclass(frozen=True)
class Measured:
    """A request and its floor: milliseconds."""

    median: float
    p95: float
    floor: float


def measure(
    call: Call, floor: Sequence[Call], *, before: Call | None = None, budget: float = 4.0, least: int = 7
) -> Measured:
    """Time a request and the parts of its floor in turns, so that both meet the same moods of the machine.

    As many turns as fit into the budget of seconds, 300 at most; ``before`` is done before each request, untimed.
    """
    times, floors = [], []
    begun = time.perf_counter()
    for turn in range(301):
        least_time = sum(_milliseconds(part) for part in floor)
        if before is not None:
            before()
        took = _milliseconds(call)
        if turn > 0:  # the first turn warms up
            times.append(took)
            floors.append(least_time)
        if turn >= least and time.perf_counter() - begun > budget:
            break
    p95 = statistics.quantiles(times, n=20, method="inclusive")[-1]
    return Measured(statistics.median(times), p95, statistics.median(floors))


def _milliseconds(call: Call) -> float:
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


def movietracker(folder: Path, *arguments: str) -> None:
    """Run the program to its end."""
    subprocess.run([*PROGRAM, *arguments], cwd=folder, env={**os.environ, **SETTINGS}, check=True, capture_output=True)


@dataclass(frozen=True)
class Served:
    """A running server."""

    port: int
    process: subprocess.Popen[bytes]

    def workers(self) -> list[int]:
        """The process ids of its workers."""
        listed = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in listed.split()]


@contextmanager
def serving(command: list[str], folder: Path, option: str = "--port", address: str = "{port}") -> Iterator[Served]:
    """A server on a free port, stopped at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [*command, option, address.format(port=port)],
        cwd=folder,
        env={**os.environ, **SETTINGS},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        yield Served(port, process)
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(port: int) -> None:
    for _ in range(3000):
        try:
            Http(port).ask("GET", "/api/health")
        except (OSError, http.client.HTTPException):
            time.sleep(0.01)
        else:
            return
    raise TimeoutError("the server did not start")
