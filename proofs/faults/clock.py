"""Does sync stay correct when the server's clock is set back an hour in the middle, and right again later?

``python -m proofs.faults.clock --seconds 20 --database sqlite``: 4 processes write, 4 pull by cursor and 4 by
time, as older clients do, while the server's clock is moved. Writers have the right time all along, so for a third of
the run they are an hour ahead of the server. No user may be logged out, meet a conflict with themselves, or be told to
fetch everything again; times must never go back; and at the end each puller must have exactly what the server has.
"""

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.serving import Serving
from support.waiting import wait_until
from sync.wire import Store

from .clients import Connection
from .crew import Crew, Job, Shift
from .reporting import figures_of, is_whole, script
from .site import ADMIN_TOKEN, User, make_users, site
from .writing import Written, compare, writer

WRITERS = CURSOR_PULLERS = SINCE_PULLERS = 4
USERS = 2
HOUR = 3600.0
ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, "-m", "proofs.faults.moving_clock")


@dataclass
class Pulled:
    """What a puller has at the end, and how it got there."""

    user: User
    kind: str
    store: Store = field(default_factory=Store)
    pulls: int = 0
    started_over: int = 0
    times_back: int = 0
    newest: float = 0.0
    is_begun: bool = False
    """Whether the first pull is over, which may take several pages."""

    def take(self, answer: dict[str, Any]) -> None:
        """Merge an answer, and look at its time."""
        self.started_over += self.is_begun and answer["full_sync"]
        self.is_begun |= not answer["has_more"]
        self.times_back += answer["timestamp"] < self.newest
        self.newest = answer["timestamp"]
        self.store.merge(answer)
        self.pulls += 1


def cursor_puller(url: str, user: User) -> Job:
    """A process that pulls by cursor until its shift is over, and then to the end."""

    def job(shift: Shift) -> Pulled:
        pulled, connection, cursor, is_last = Pulled(user, "cursor"), Connection(url, user.token), "", False
        while not is_last:
            is_last = shift.is_over
            has_more = True
            while has_more:
                answer = connection.get(f"/api/sync/changes?limit=50{cursor and '&cursor=' + cursor}")
                cursor, has_more = answer["cursor"], answer["has_more"]
                pulled.take(answer)
            shift.succeeded()
        return pulled

    return job


def since_puller(url: str, user: User) -> Job:
    """A process that hands back the time of the last answer, until its shift is over and once more."""

    def job(shift: Shift) -> Pulled:
        pulled, connection, is_last = Pulled(user, "since"), Connection(url, user.token), False
        while not is_last:
            is_last = shift.is_over
            pulled.take(connection.get(f"/api/sync?since={pulled.newest!r}"))
            shift.succeeded()
        return pulled

    return job


def run(seconds: float, database: str) -> dict[str, Any]:
    """Run for so long, the clock being an hour back in the middle third; the figures."""
    with site(database) as place:
        clock = place.folder / "clock"
        clock.write_text("0")
        with place.serving(program=PROGRAM, PYTHONPATH=str(ROOT), CLOCK_FILE=str(clock)) as server:
            users = make_users(server.url, USERS)
            writers = [writer(server.url, users[n % USERS]) for n in range(WRITERS)]
            pullers = [cursor_puller(server.url, users[n % USERS]) for n in range(CURSOR_PULLERS)]
            pullers += [since_puller(server.url, users[n % USERS]) for n in range(SINCE_PULLERS)]
            with Crew(writers) as writing, Crew(pullers) as pulling:
                logins = [_go_on(by, clock, server, seconds / 3, writing, pulling) for by in (0.0, -HOUR, 0.0)]
                written: list[Written] = writing.finish()
                pulled: list[Pulled] = pulling.finish()
            figures = figures_of(written, compare(server.url, written))
            figures["diverged"] = [fault for each in pulled for fault in _differences(server.url, each)][:20]
    return {
        "database": database,
        "logins": logins,
        "pulls": {kind: sum(each.pulls for each in pulled if each.kind == kind) for kind in ("cursor", "since")},
        "started_over": sum(each.started_over for each in pulled),
        "times_back": sum(each.times_back for each in pulled),
        **figures,
    }


def _go_on(by: float, clock: Path, server: Serving, seconds: float, writing: Crew, pulling: Crew) -> int:
    """Move the clock and let all go on for a while; return how a login with a new token ended."""
    _move(clock, by)
    wait_until(lambda: all(_is_moved(server.url, by) for _ in range(20)))
    since = time.monotonic()
    time.sleep(seconds)
    writing.seconds_until_all_succeed(since)
    pulling.seconds_until_all_succeed(since)
    token = Connection(server.url).post("/api/auth/admin/login", {"token": ADMIN_TOKEN})["access_token"]
    return Connection(server.url, token).ask("GET", "/api/auth/admin/users").status_code


def _move(clock: Path, by: float) -> None:
    new = clock.with_suffix(".new")
    new.write_text(repr(by))
    new.replace(clock)  # at once: a server that looks at this moment sees one or the other


def _is_moved(url: str, by: float) -> bool:
    """Whether the process that happens to answer has the moved time."""
    connection = Connection(url)
    told = connection.get("/api/health")["timestamp"]
    connection.close()
    return bool(abs(told - (time.time() + by)) < HOUR / 2)


def _differences(url: str, pulled: Pulled) -> list[str]:
    """Where a puller differs from somebody who pulls everything now."""
    fresh = Store()
    fresh.merge(Connection(url, pulled.user.token).get("/api/sync?since=0"))
    return [
        f"{pulled.kind}: {kind} {key}"
        for kind in ("movies", "people", "lists")
        for key in fresh.kind(kind).keys() | pulled.store.kind(kind).keys()
        if fresh.kind(kind).get(key) != pulled.store.kind(kind).get(key)
    ]


def is_proved(figures: dict[str, Any]) -> bool:
    """Whether no client lost anything or was misled."""
    misled = any(figures[name] for name in ("diverged", "started_over", "times_back", "refused"))
    return is_whole(figures) and not misled and set(figures["logins"]) == {200}


if __name__ == "__main__":
    script(__doc__, run, is_proved, seconds=20.0, database="sqlite")
