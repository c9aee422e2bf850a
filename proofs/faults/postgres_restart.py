"""What do clients see while PostgreSQL is restarted under them, and do they lose anything?

``python -m proofs.faults.postgres_restart --rounds 5``: 8 processes write to ``movietracker serve`` while its
database, a PostgreSQL server of the script's own, is stopped (crashed and shut down in turns), stays away for some
seconds, and comes back. While it is away every request that needs it must be answered by 503 with Retry-After; all
clients must write again within 5 s after it is back.
"""

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from support.postgresql_server import PostgreSQLServer, missing, postgresql_server

from .clients import Connection, Probes
from .crew import Crew
from .reporting import figures_of, is_whole, script
from .site import ADMIN_TOKEN, PASSWORD, User, make_users, site
from .writing import compare, writer

WRITERS = 8
USERS = 4
AWAY_SECONDS = 3.0
RECOVERY_SECONDS = 5.0
STOPS = ("immediate", "fast")


def run(rounds: int, away: float, patience: float) -> dict[str, Any]:
    """Restart it so many times; the figures, with the seconds that recovery may take."""
    seen = Probes()
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
        "patience": patience,
        "answers_while_away": dict(seen.statuses),
        "longest_answer_while_away_ms": round(seen.longest_ms),
        "seconds_until_all_write_again": [round(seconds, 2) for seconds in recovered],
        **figures,
    }


def _restart(
    number: int, database: PostgreSQLServer, url: str, user: User, crew: Crew, away: float, seen: Probes
) -> float:
    """Stop it under load and start it again; seconds until all clients have written after it was back."""
    crew.seconds_until_all_succeed(time.monotonic())
    database.stop(STOPS[number % len(STOPS)])
    _ask_for_a_while(url, user, away, seen)
    database.start()
    return crew.seconds_until_all_succeed(time.monotonic())


def _ask_for_a_while(url: str, user: User, seconds: float, seen: Probes) -> None:
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
            seen.send(connection, method, path, body, {503})
        seen.send(anonymous, "POST", "/api/auth/login", {"email": user.email, "password": PASSWORD}, {503})
        seen.send(anonymous, "GET", "/api/movies", None, {401})
        seen.send(anonymous, "GET", "/api/health/ready", None, {503})
        seen.send(anonymous, "GET", "/api/health", None, {200})
        seen.send(anonymous, "POST", "/api/auth/admin/login", {"token": ADMIN_TOKEN}, {200})


def is_proved(figures: dict[str, Any]) -> bool:
    """Whether responses were as promised, no write was lost, and all clients recovered in time."""
    is_in_time = max(figures["seconds_until_all_write_again"]) <= figures["patience"]
    return is_whole(figures) and is_in_time and figures["answers_while_away"].get("503", 0) > 0


if __name__ == "__main__":
    if reason := missing():
        sys.exit(f"Cannot be run here: {reason}.")
    script(__doc__, run, is_proved, rounds=5, away=AWAY_SECONDS, patience=RECOVERY_SECONDS)
