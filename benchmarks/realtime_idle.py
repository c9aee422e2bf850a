"""What idle sockets on /ws/sync cost, how late messages are, and whether REST requests suffer.

    python benchmarks/realtime_idle.py [--sockets 500] [--users 100] [--workers 2] [--seconds 20] [--database URL]

Starts ``movietracker serve`` on an SQLite file (or on an empty PostgreSQL database), measures it without sockets and
with them: memory of all its processes (PSS), processor time of all its processes while idle, median and p95 of two REST
requests on a kept-alive connection; then how long after its commit a change is heard of, when another process commits
it and when a REST request does; last, how long the server takes to stop, and what the sockets hear of it.
"""

from __future__ import annotations

import argparse
import http.client
import os
import random
import re
import selectors
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from wsproto import ConnectionType, WSConnection
from wsproto.events import CloseConnection, Ping, Request, TextMessage

from movietracker import create_app
from movietracker.api.authentication import user_token
from movietracker.services import accounts, lists
from movietracker.services.accounts import Account
from movietracker.services.transactions import library_write

PROGRAM = [sys.executable, "-c", "from movietracker.cli import main; main()"]
TICKS = os.sysconf("SC_CLK_TCK")


class Sockets:
    """Clients that do nothing but answer pings and note what they hear; one thread serves them all."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._selector = selectors.DefaultSelector()
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.heard: dict[str, float] = {}  # list id -> when the first socket heard of it
        self.ends: Counter[int] = Counter()
        self.count = 0

    def start(self) -> None:
        """Serve what was opened."""
        self._thread.start()

    def open(self, token: str) -> None:
        """Connect, and wait until the server says that it listens."""
        sock = socket.create_connection(("127.0.0.1", self._port))
        protocol = WSConnection(ConnectionType.CLIENT)
        sock.sendall(protocol.send(Request(host="127.0.0.1", target=f"/ws/sync?token={token}")))
        while True:
            data = sock.recv(4096)
            assert data, "closed by the server: one user may have 50 sockets in each process"
            protocol.receive_data(data)
            if any(isinstance(event, TextMessage) for event in protocol.events()):
                break
        sock.setblocking(False)
        self._selector.register(sock, selectors.EVENT_READ, protocol)
        self.count += 1

    def wait_for_end(self, seconds: float) -> None:
        """Wait until the server has closed all."""
        self._thread.join(seconds)
        self._is_over.set()

    def _run(self) -> None:
        while self.count and not self._is_over.is_set():
            for key, _ in self._selector.select(1):
                self._receive(key.fileobj, key.data)  # type: ignore[arg-type]

    def _receive(self, sock: socket.socket, protocol: WSConnection) -> None:
        data = sock.recv(65_536)
        if not data:
            return self._end(sock, 1006)
        protocol.receive_data(data)
        for event in protocol.events():
            if isinstance(event, Ping):
                sock.sendall(protocol.send(event.response()))
            elif isinstance(event, TextMessage) and (told := re.search(r'"list_id":"([^"]+)"', event.data)):
                self.heard.setdefault(told[1], time.perf_counter())
            elif isinstance(event, CloseConnection):
                sock.sendall(protocol.send(event.response()))
                return self._end(sock, int(event.code))
        return None

    def _end(self, sock: socket.socket, code: int) -> None:
        self.ends[code] += 1
        self.count -= 1
        self._selector.unregister(sock)
        sock.close()


@contextmanager
def serving(folder: Path, workers: int, settings: dict[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    out = folder / "out.txt"
    command = [*PROGRAM, "serve", "--port", "0", "--workers", str(workers)]
    with out.open("wb") as stdout, (folder / "log.txt").open("wb") as stderr:
        process = subprocess.Popen(command, cwd=folder, env={**os.environ, **settings}, stdout=stdout, stderr=stderr)
    try:
        while not (ready := re.search(r"Ready on http://[^:]*:(\d+)", out.read_text())):
            if process.poll() is not None:
                raise RuntimeError(out.read_text())
            time.sleep(0.1)
        time.sleep(2)  # background jobs look once at the start
        yield process, int(ready[1])
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(30)


def processes_of(pid: int) -> list[int]:
    """The process and all that it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in processes_of(int(child)))]


def memory(pid: int) -> float:
    """Proportional set size of all processes, in MiB."""
    rollups = (Path(f"/proc/{each}/smaps_rollup").read_text() for each in processes_of(pid))
    return sum(int(re.search(r"^Pss: +(\d+)", rollup, re.MULTILINE)[1]) for rollup in rollups) / 1024  # type: ignore[index]


def processor_seconds(pid: int) -> float:
    """Processor time of all processes so far."""
    fields = (Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split() for each in processes_of(pid))
    return sum(int(each[11]) + int(each[12]) for each in fields) / TICKS


def threads(pid: int) -> int:
    """How many threads all processes have."""
    return sum(len(list(Path(f"/proc/{each}/task").iterdir())) for each in processes_of(pid))


class Rest:
    """A client with one kept-alive connection."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        self._connection.request(method, path, orjson.dumps(body) if body is not None else None, self._headers)
        answer = self._connection.getresponse()
        read = answer.read()
        assert answer.status < 300, read
        return orjson.loads(read)

    def times(self, path: str, count: int = 400) -> list[float]:
        """Milliseconds of so many requests."""
        self.ask("GET", path)
        taken = []
        for _ in range(count):
            begun = time.perf_counter()
            self.ask("GET", path)
            taken.append(1000 * (time.perf_counter() - begun))
        return taken


def warm_up(port: int, token: str) -> None:
    """Let all worker processes make their threads and caches, so that what comes later is due to the sockets."""
    for _ in range(40):
        rest = Rest(port, token)
        rest.ask("GET", "/api/people")
        Sockets(port).open(token)


def spread(milliseconds: list[float]) -> str:
    ordered = sorted(milliseconds)
    p95 = ordered[int(0.95 * (len(ordered) - 1))]
    return f"median {statistics.median(ordered):6.1f} ms   p95 {p95:6.1f} ms   most {ordered[-1]:6.1f} ms"


def measure_idle(label: str, pid: int, port: int, token: str, seconds: float) -> None:
    begun, at = processor_seconds(pid), time.perf_counter()
    time.sleep(seconds)
    share = (processor_seconds(pid) - begun) / (time.perf_counter() - at)
    print(f"{label}: {memory(pid):6.1f} MiB, {threads(pid)} threads, idle {100 * share:.2f}% of a core")
    rest = Rest(port, token)
    for path in ("/api/health", "/api/people"):
        print(f"  GET {path:12} {spread(rest.times(path))}")


def measure_delay(sockets: Sockets, app: Any, users: list[Account], rest: Rest, count: int = 100) -> None:
    """How long after its commit the first socket of the user hears of a change."""
    committed: dict[str, float] = {}
    with app.app_context():
        for _ in range(count):
            with library_write(random.choice(users).id) as tx:
                made = lists.add_list(tx, "from another process")
            committed[made] = time.perf_counter()
            time.sleep(random.uniform(0.05, 0.35))
    time.sleep(1)
    print(f"  another process {spread([1000 * (sockets.heard[key] - at) for key, at in committed.items()])}")
    committed.clear()
    for _ in range(count):
        made = rest.ask("POST", "/api/lists", {"name": "by REST"})
        committed[made["id"]] = time.perf_counter()
        time.sleep(random.uniform(0.05, 0.35))
    time.sleep(1)
    print(f"  by REST         {spread([1000 * (sockets.heard[key] - at) for key, at in committed.items()])}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sockets", type=int, default=500)
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--database", default="")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = {"MOVIETRACKER_INSTANCE_PATH": f"{folder}/instance", "DATABASE_URL": options.database}
        with serving(Path(folder), options.workers, settings) as (process, port):
            app = create_app(settings)
            users, tokens = accounts_for(app, options.users)
            print(f"{options.workers} workers, {options.sockets} sockets of {options.users} users")
            warm_up(port, tokens[0])
            measure_idle("without sockets", process.pid, port, tokens[0], options.seconds)
            sockets = Sockets(port)
            begun = time.perf_counter()
            for number in range(options.sockets):
                sockets.open(tokens[number % len(tokens)])
            print(f"opened in {time.perf_counter() - begun:.1f} s")
            sockets.start()
            measure_idle("with sockets   ", process.pid, port, tokens[0], options.seconds)
            print("delay of a message after the commit")
            measure_delay(sockets, app, users, Rest(port, tokens[0]))
            begun = time.perf_counter()
            process.send_signal(signal.SIGTERM)
            process.wait(30)
            print(f"stopped in {time.perf_counter() - begun:.1f} s")
            sockets.wait_for_end(5)
            print(f"sockets were closed with {dict(sockets.ends)}, {sockets.count} hang")


def accounts_for(app: Any, count: int) -> tuple[list[Account], list[str]]:
    """So many accounts, and a token of each; the password is hashed once, since hashing is slow on purpose."""
    hashed = accounts.hash_password("a long secret")
    accounts.hash_password = lambda *_: hashed
    with app.app_context():
        users = [accounts.create_account(f"u{n}@example.com", f"u{n}", "a long secret") for n in range(count)]
        return users, [user_token(user, 0) for user in users]


if __name__ == "__main__":
    main()
