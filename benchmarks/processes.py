"""What the processes need: memory of a worker that serves a whole library, and time to start."""

from __future__ import annotations

import statistics
import subprocess
import time
from pathlib import Path

from driving import PROGRAM, Http, serving

MEBIBYTE = 1024  # /proc counts in KiB
MANY = 100


def memory(folder: Path, email: str, password: str) -> list[tuple[str, float, float]]:
    """Resident MiB of one worker that answers GET /api/movies: name, figure, target."""
    with serving([*PROGRAM, "serve", "--workers", "1"], folder) as server:
        http = Http(server.port)
        http.log_in(email, password)
        http.ask("GET", "/api/people")
        (worker,) = server.workers()
        start = _resident(worker)
        http.ask("GET", "/api/movies")
        after_one = _resident(worker)
        for number in range(9):
            http.ask("GET", "/api/movies", headers={"Accept-Encoding": ("gzip", "identity")[number % 2]})
        after_ten = _resident(worker)
        for number in range(MANY):
            http.ask("GET", "/api/movies", headers={"Accept-Encoding": ("gzip", "identity")[number % 2]})
        after_many = _resident(worker)
        return [
            ("at its start", start, 0),
            ("peak while serving the list", _resident(worker, "VmHWM"), 300),
            ("after one list, more than at its start", after_one - start, 50),
            (f"after {MANY} more lists, more than after ten", after_many - after_ten, 0),
        ]


def _resident(pid: int, field: str = "VmRSS") -> float:
    time.sleep(0.3)  # memory is given back once an answer is out
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith(field + ":"))
    return int(line.split()[1]) / MEBIBYTE


def start_up(folder: Path, times: int = 7) -> list[tuple[str, float, float]]:
    """Median seconds: name, figure, target."""
    program = Path(PROGRAM[0]).with_name("movietracker")
    helped, served = [], []
    for _ in range(times):
        begun = time.perf_counter()
        subprocess.run([program, "--help"], cwd=folder, check=True, capture_output=True)
        helped.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        with serving([str(program), "serve"], folder):
            served.append(time.perf_counter() - begun)
    return [
        ("`movietracker --help`", statistics.median(helped), 0.5),
        ("`movietracker serve` until it answers", statistics.median(served), 1.5),
    ]
