"""What do clients see while PostgreSQL is restarted under them, and do they lose anything?

``python -m faults.postgres_restart --rounds 5`` (from tests/): 8 processes write to ``movietracker serve`` while its
database, a PostgreSQL server of the script's own, is stopped (crashed and shut down in turns), stays away for some
seconds, and comes back. While it is away every request that needs it must be answered by 503 with Retry-After; all
clients must write again within 5 s after it is back.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.postgresql_server import PostgreSQLServer, missing, postgresql_server

from faults.clients import Connection, NoAnswer
from faults.crew import Crew
from faults.reporting import figures_of, finish, is_whole
from faults.site import ADMIN_TOKEN, PASSWORD, User, make_users, site
from faults.writing import compare, writer

WRITERS = 8
USERS = 4
AWAY_SECONDS = 3.0
RECOVERY_SECONDS = 5.0
STOPS = ("immediate", "fast")


@dataclass
class Away:
    """What was answered while the database was away."""

    statuses: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    longest_ms: float = 0.0


def run(rounds: int, away: float = AWAY_SECONDS) -> dict[str, Any]:
    """Restart it so many times; the figures."""
    seen = Away()
    with tempfile.TemporaryDirectory(prefix="movietracker-postgresql-") as folder:
        Path(folder).chmod(0o755)  # its owner is another user
        own = Path(folder, "cluster")
        own.mkdir()
        with postgresql_server(own) as database, site("sqlite", DATABASE_URL=database.url) as place:
            with place.serving() as server:
                users = make_users(server.url, USERS)
                jobs = [writer(server.url, users[n % USERS], tolerated=frozenset({503})) for n in range(WRITERS)]
                with Crew(jobs) as crew:
                    recovered = [_restart(n, database, server.url, users[0], crew, away, seen) for n in range(rounds)]
                    written = crew.finish()
            with place.serving() as server:
                figures = figures_of(written, compare(server.url, written))
    figures["faults"] += seen.faults[:20]
    return {
        "restarts": rounds,
        "answers_while_away": dict(seen.statuses),
        "longest_answer_while_away_ms": round(seen.longest_ms),
        "seconds_until_all_write_again": [round(seconds, 2) for seconds in recovered],
        **figures,
    }


def _restart(
    number: int, database: PostgreSQLServer, url: str, user: User, crew: Crew, away: float, seen: Away
) -> float:
    """Stop it under load and start it again; seconds until all clients have written after it was back."""
    crew.seconds_until_all_succeed(time.monotonic())
    database.stop(STOPS[number % len(STOPS)])
    _ask_meanwhile(url, user, away, seen)
    database.start()
    return crew.seconds_until_all_succeed(time.monotonic())


def _ask_meanwhile(url: str, user: User, seconds: float, seen: Away) -> None:
    """Ask all kinds of things until the time is up."""
    deadline = time.monotonic() + seconds
    connection, anonymous = Connection(url, user.token), Connection(url)
    while time.monotonic() < deadline:
        for method, path, body in (
            ("GET", "/api/movies", None),
            ("GET", "/api/auth/me", None),
            ("GET", "/api/sync?since=0", None),
            ("POST", "/api/people", {"name": "Somebody"}),
            ("POST", "/api/auth/logout", None),
            ("GET", "/api/external/tmdb/search?q=matrix", None),
        ):
            _expect(503, connection, method, path, body, seen)
        _expect(503, anonymous, "POST", "/api/auth/login", {"email": user.email, "password": PASSWORD}, seen)
        _expect(401, anonymous, "GET", "/api/movies", None, seen)
        _expect(503, anonymous, "GET", "/api/health/ready", None, seen)
        _expect(200, anonymous, "GET", "/api/health", None, seen)
        _expect(200, anonymous, "POST", "/api/auth/admin/login", {"token": ADMIN_TOKEN}, seen)


def _expect(status: int, connection: Connection, method: str, path: str, body: Any, seen: Away) -> None:
    try:
        answer = connection.ask(method, path, body)
    except NoAnswer as broken:
        seen.faults.append(f"{method} {path}: {broken}")
        return
    seen.statuses[str(answer.status_code)] += 1
    seen.longest_ms = max(seen.longest_ms, answer.milliseconds)
    if answer.status_code != status:
        seen.faults.append(f"{method} {path}: {answer.status_code} {answer.text[:300]}, not {status}")
    elif status >= 400 and path != "/api/health/ready" and (fault := answer.impropriety()):
        seen.faults.append(f"{method} {path}: {fault}")


def main() -> None:
    """Run it from the shell; exit 1 when a write was lost, an answer was not as promised, or recovery took long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--away", type=float, default=AWAY_SECONDS, help="seconds")
    parser.add_argument("--patience", type=float, default=RECOVERY_SECONDS, help="seconds that recovery may take")
    arguments = parser.parse_args()
    if reason := missing():
        sys.exit(f"Cannot be run here: {reason}.")
    figures = run(arguments.rounds, arguments.away)
    is_in_time = max(figures["seconds_until_all_write_again"]) <= arguments.patience
    finish(figures, is_proved=is_whole(figures) and is_in_time and figures["answers_while_away"].get("503", 0) > 0)


if __name__ == "__main__":
    main()
