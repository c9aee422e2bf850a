"""What one user's backup costs beside few users and beside many, measured in turns.

    python benchmarks/backup_growth.py [--users 1000,10000] [--movies 10] [--times 200] [--folder FOLDER]

Each number of users has a database and a process of its own, in which everybody already has a backup of yesterday. The
processes take turns, one user each, so that what else the machine does slows all of them alike. Each turn is a run of
``movietracker backup run --user``, without the start of the program.
"""

from __future__ import annotations

import argparse
import multiprocessing
import shutil
import statistics
import time
from multiprocessing.connection import Connection
from pathlib import Path

from backup_run import make_users
from sqlalchemy import insert, select

from movietracker import create_app
from movietracker.backup.catalog.run import run_now
from movietracker.extensions import db
from movietracker.models.installation import BackupRecord, User
from movietracker.services.transactions import write_connection
from movietracker.state import state

WARM_UP = 5


def back_up_in_turn(folder: Path, times: int, turns: Connection) -> None:
    """Back up a user whenever it is this process's turn, and return the seconds of CPU."""
    with create_app({"MOVIETRACKER_INSTANCE_PATH": str(folder)}).app_context():
        with db.engine.connect() as connection:
            ids = sorted(connection.execute(select(User.__table__.c.id)).scalars())
        note_yesterdays(ids)
        for user_id in ids[:: len(ids) // times][:times]:
            turns.recv()
            begun = time.process_time()
            report = run_now(state().backups, user_id=user_id)
            turns.send(time.process_time() - begun)
            assert report is not None
            assert report.status == "ok", report


def note_yesterdays(ids: list[str]) -> None:
    """As if there had been a run over all users yesterday."""
    row = {
        "run_id": "yesterday",
        "destination": "local",
        "name": "2000-01-01.json",
        "at": time.time() - 86_400,
        "size": 2000,
        "sha256": "0" * 64,
        "seconds": 0.1,
        "verified": True,
        "error": None,
    }
    with write_connection() as connection:
        connection.execute(insert(BackupRecord.__table__), [{**row, "user_id": user_id} for user_id in ids])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", default="1000,10000")
    parser.add_argument("--movies", type=int, default=10)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/backups-benchmark"))
    options = parser.parse_args()
    sizes = [int(size) for size in options.users.split(",")]
    spawn = multiprocessing.get_context("spawn")
    turns = []
    try:
        for users in sizes:
            folder = options.folder / str(users)
            folder.mkdir(parents=True)
            make_users(folder, users, options.movies)
            here, there = spawn.Pipe()
            spawn.Process(target=back_up_in_turn, args=(folder, options.times, there), daemon=True).start()
            turns.append(here)
        seconds: list[list[float]] = [[] for _ in sizes]
        for _ in range(options.times):
            for turn, taken in zip(turns, seconds, strict=True):
                turn.send(None)
                taken.append(turn.recv())
    finally:
        shutil.rmtree(options.folder, ignore_errors=True)
    for users, taken in zip(sizes, seconds, strict=True):
        print(f"{users:7,} users: {statistics.median(taken[WARM_UP:]) * 1000:.1f} ms of CPU each (median)", flush=True)


if __name__ == "__main__":
    main()
