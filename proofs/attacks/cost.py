"""What an attack costs the processes of a server, and whether the server goes on responding."""

import http.client
import math
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from support.serving import Serving
from support.stopwatch import Stopwatch
from support.waiting import PATIENCE

MAX_MIB = 100.0
MAX_CPU_SECONDS = 2.0
MAX_IMPORT_CPU_SECONDS = 12.0
MAX_HEALTH_SECONDS = 2.0

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGES_OF_A_MIB = 2**20 / os.sysconf("SC_PAGE_SIZE")
_SAMPLE_SECONDS = 0.05
_PROBE_SECONDS = 0.25


@dataclass
class Cost:
    """What the server's processes took: CPU seconds, and at the peak so many MiB of memory more than before.

    ``health_seconds`` is the longest that GET /api/health took during the block, without waits for a processor;
    infinite when it did not respond.
    """

    cpu_seconds: float = 0.0
    mib: float = 0.0
    health_seconds: float = 0.0

    def check(self, max_cpu_seconds: float = MAX_CPU_SECONDS) -> None:
        """Assert that the cost is within the bounds."""
        assert self.cpu_seconds <= max_cpu_seconds, self
        assert self.mib <= MAX_MIB, self
        assert self.health_seconds <= MAX_HEALTH_SECONDS, self


@contextmanager
def cost_of(server: Serving) -> Iterator[Cost]:
    """Measure what the block costs the server; the figures are there at the end of the block."""
    cost, is_over = Cost(), threading.Event()
    cpu, pages = _cpu_seconds(server), _pages(server)

    def sample() -> None:
        while not is_over.wait(_SAMPLE_SECONDS):
            cost.mib = max(cost.mib, (_pages(server) - pages) / _PAGES_OF_A_MIB)

    def probe() -> None:
        while not is_over.wait(_PROBE_SECONDS):
            cost.health_seconds = max(cost.health_seconds, health_seconds(server))

    threads = [threading.Thread(target=each) for each in (sample, probe)]
    for thread in threads:
        thread.start()
    try:
        yield cost
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
        cost.cpu_seconds = _cpu_seconds(server) - cpu


def health_seconds(server: Serving) -> float:
    """How long GET /api/health takes, without waits for a processor; infinite when there is no response."""
    watch = Stopwatch(*_processes(server))
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=PATIENCE)
    try:
        connection.request("GET", "/api/health")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return math.inf
    finally:
        connection.close()
    return watch.seconds()


def _processes(server: Serving) -> list[int]:
    return [server.process.pid, *server.workers()]


def _cpu_seconds(server: Serving) -> float:
    """CPU seconds of the processes, and of those that have ended."""
    ticks = 0
    for pid in _processes(server):
        ticks += sum(map(int, _after_name(pid, "stat")[11:15]))
    return ticks / _TICKS


def _pages(server: Serving) -> int:
    return sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in _processes(server))


def _after_name(pid: int, file: str) -> list[str]:
    """The fields of a process after its name, which may hold blanks: the state is the first."""
    return Path(f"/proc/{pid}/{file}").read_text().rpartition(")")[2].split()
