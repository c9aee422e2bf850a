"""What does the server answer when its disk is full, and is anything torn?

``python -m proofs.faults.disk_full --rounds 3``; only root may mount: the instance folder, which also has the
temporary files, is a file system of 16 MiB with 6 MiB of ballast. 8 processes write until there is no room; then all
workers are killed one by one, so that new ones start without room, and all other endpoints are requested; and then the
ballast goes. Until then the answers may be 503 or 507; afterwards everybody must be able to write again. At the end the
file must be sound, also for a server that was started anew, and hold every acknowledged write.
"""

import os
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from support import disks
from support.serving import Serving
from support.waiting import wait_until

from .clients import Connection, NoAnswer, Probes
from .crew import Crew
from .reporting import figures_of, is_whole, script
from .site import ADMIN_TOKEN, PASSWORD, SETTINGS, Site, User, make_users
from .writing import compare, writer

WRITERS = 8
USERS = 4
SIZE_MIB = 16
BALLAST_MIB = 6
FULL_SECONDS = 3.0
KIB_OF_DETAILS = 40
GOOD = frozenset({200, 201, 204})
FULL = frozenset({503, 507})


def run(rounds: int, full: float = FULL_SECONDS) -> dict[str, Any]:
    """Fill the disk so many times, a new one each time; the figures of all."""
    shown: list[dict[str, Any]] = [_fill_once(full) for _ in range(rounds)]
    total: dict[str, Any] = {"rounds": rounds}
    for name in shown[0]:
        values = [each[name] for each in shown]
        if isinstance(values[0], dict):
            total[name] = dict(sum((Counter(value) for value in values), Counter()))
        elif isinstance(values[0], list):
            total[name] = [item for value in values for item in value][:20]
        else:
            total[name] = sum(values)
    return total


def _fill_once(full: float) -> dict[str, Any]:
    seen, faults = Probes(), []
    with tempfile.TemporaryDirectory(prefix="movietracker-faults-") as name:
        folder = Path(name)
        instance = folder / "instance"
        instance.mkdir()
        with disks.small_disk(instance, f"{SIZE_MIB}m"):
            temporary = instance / "tmp"
            temporary.mkdir()
            settings = {"LOGIN_RATE_LIMIT": "1000 per minute", "TMPDIR": str(temporary)}
            place = Site(folder, SETTINGS | settings)
            ballast = instance / "ballast"
            ballast.write_bytes(os.urandom(BALLAST_MIB << 20))
            with place.serving() as server:
                *users, guest = make_users(server.url, USERS + 1)
                jobs = [
                    writer(server.url, users[n % USERS], tolerated=FULL, bulk=KIB_OF_DETAILS << 10)
                    for n in range(WRITERS)
                ]
                with Crew(jobs) as crew:
                    wait_until(lambda: _free(instance) < 64 << 10, 120)
                    _replace_workers(server)
                    _ask_for_a_while(server.url, guest, full, seen)
                    ballast.unlink()
                    recovered = crew.seconds_until_all_succeed(time.monotonic())
                    written = crew.finish()
                figures = figures_of(written, compare(server.url, written))
                log = server.stderr
            faults += place.damage()
            with place.serving() as server:
                again = figures_of(written, compare(server.url, written))
                faults += [] if again == figures else [f"other figures after a restart: {again}"]
    faults += ["a stack trace in the log: " + log[log.index("Traceback") :][:2000]] if "Traceback" in log else []
    figures["faults"] = (figures["faults"] + seen.faults + faults)[:20]
    return {
        "answers_while_full": dict(seen.statuses),
        "seconds_until_all_write_again": [round(recovered, 2)],
        **figures,
    }


def _replace_workers(server: Serving) -> None:
    """Kill the workers one after the other; each is replaced at once."""
    before = server.workers()
    for pid in before:
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: pid not in server.workers() and len(server.workers()) == len(before))  # noqa: B023
    wait_until(lambda: all(_answers(server.url) for _ in range(10)))


def _answers(url: str) -> bool:
    connection = Connection(url)
    try:
        return connection.ask("GET", "/api/health").status_code == 200
    except NoAnswer:
        return False
    finally:
        connection.close()


def _free(folder: Path) -> int:
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize


def _ask_for_a_while(url: str, user: User, seconds: float, seen: Probes) -> None:
    """Ask what reads, which must go on, and what writes, which may be refused properly."""
    deadline = time.monotonic() + seconds
    connection, anonymous = Connection(url, user.token), Connection(url)
    login = {"email": user.email, "password": PASSWORD}
    document = {"version": 2, "exported_at": 1, "people": [], "lists": [], "movies": _movies(12_000)}
    turn = 0
    while time.monotonic() < deadline:
        turn += 1
        calls: list[tuple[Connection, str, str, Any]] = [
            (connection, "GET", "/api/auth/me", None),
            (connection, "GET", "/api/movies?limit=20", None),
            (connection, "GET", "/api/sync/changes", None),
            (connection, "GET", "/api/backup/export", None),
            (connection, "POST", "/api/backup/import", document),
            (connection, "POST", "/api/movies", {"imdb_id": "tt0133093", "recommender": "Anna"}),
            (connection, "GET", f"/api/external/tmdb/search?q=matrix{turn}", None),
            (connection, "GET", "/api/external/tmdb/discover/list?kind=popular", None),
            (anonymous, "POST", "/api/auth/login", login),
            (anonymous, "POST", "/api/auth/admin/login", {"token": ADMIN_TOKEN}),
            (anonymous, "GET", "/api/health", None),
            (anonymous, "GET", "/api/health/ready", None),
        ]
        for asking, method, path, body in calls:
            seen.send(asking, method, path, body, GOOD | FULL)


def _movies(count: int) -> list[dict[str, Any]]:
    return [
        {
            "imdb_id": f"tt{90_000_000 + number}",
            "media_type": "movie",
            "status": "toWatch",
            "custom_list_id": None,
            "last_modified": 1,
            "recommendations": [],
            "watch_history": None,
        }
        for number in range(count)
    ]


def is_proved(figures: dict[str, Any]) -> bool:
    """Whether writes were refused as promised, and nothing was lost or torn."""
    return is_whole(figures) and bool(figures["refused"])


if __name__ == "__main__":
    if reason := disks.missing():
        sys.exit(f"Cannot be run here: {reason}.")
    script(__doc__, run, is_proved, rounds=3, full=FULL_SECONDS)
