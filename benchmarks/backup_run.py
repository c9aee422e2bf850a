"""Backs up many users with small libraries: time for each, as their number grows, and peak memory.

    python benchmarks/backup_run.py [--users 1000,10000] [--movies 10] [--passphrase SECRET] [--folder FOLDER]

Each file is written to a folder, read back, restored into a database in memory and exported again. Each number of users
is measured in a process of its own, the run alone. Seconds of CPU tell more than seconds where others use the machine.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import shutil
import statistics
import time
import uuid
from pathlib import Path

from flask_migrate import upgrade
from sqlalchemy import insert

from movietracker import create_app
from movietracker.backup.catalog.run import RunReport, run_now
from movietracker.models.installation import User
from movietracker.services.movies import ensure_movie, recommend
from movietracker.services.people import seed_quick_recommenders
from movietracker.services.transactions import open_library, write_connection
from movietracker.state import state

COMMIT_EVERY = 200


def make_users(folder: Path, users: int, movies: int) -> None:
    app = create_app({"MOVIETRACKER_INSTANCE_PATH": str(folder)})
    with app.app_context():
        upgrade()
        for start in range(0, users, COMMIT_EVERY):
            with write_connection() as connection:
                for number in range(start, min(start + COMMIT_EVERY, users)):
                    account = {
                        "id": str(uuid.uuid4()),
                        "email": f"user{number}@example.com",
                        "username": f"user{number}",
                        "hashed_password": "",
                        "created_at": time.time(),
                        "backup_enabled": True,
                    }
                    connection.execute(insert(User.__table__), account)
                    tx = open_library(connection, account["id"])
                    seed_quick_recommenders(tx)
                    for title in range(movies):
                        imdb_id = f"tt{number * movies + title + 1:07}"
                        ensure_movie(tx, imdb_id)
                        recommend(tx, imdb_id, f"Friend {title % 3}")
                    tx.finish()


def measure(folder: Path, users: int, passphrase: str) -> None:
    app = create_app({"MOVIETRACKER_INSTANCE_PATH": str(folder), "BACKUP_PASSPHRASE": passphrase})
    moments: list[float] = []

    def note(report: RunReport, total: int) -> None:
        moments.append(time.process_time())

    with app.app_context():
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        begun, cpu_before = time.perf_counter(), time.process_time()
        report = run_now(state().backups, progress=note)
        seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu_before
    assert report is not None
    assert (report.status, report.users) == ("ok", users), report
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    gaps = [(later - earlier) * 1000 for earlier, later in zip([cpu_before, *moments], moments, strict=False)]
    tenth = max(1, users // 10)
    first, last = (statistics.median(part) for part in (gaps[:tenth], gaps[-tenth:]))
    print(
        f"{users:7,} users: {seconds:7.1f} s, {cpu:7.1f} s of CPU; each {seconds / users * 1000:.1f} ms, "
        f"{cpu / users * 1000:.1f} ms of CPU (median of the first tenth {first:.1f} ms, of the last {last:.1f} ms); "
        f"peak memory {peak:.0f} MiB ({before:.0f} before)",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", default="1000,10000")
    parser.add_argument("--movies", type=int, default=10)
    parser.add_argument("--passphrase", default="")
    parser.add_argument("--folder", type=Path, default=Path("/tmp/backups-benchmark"))
    options = parser.parse_args()
    for users in map(int, options.users.split(",")):
        shutil.rmtree(options.folder, ignore_errors=True)
        options.folder.mkdir(parents=True)
        try:
            for work in (make_users, measure):
                last = options.movies if work is make_users else options.passphrase
                process = multiprocessing.get_context("spawn").Process(target=work, args=(options.folder, users, last))
                process.start()
                process.join()
                if process.exitcode:
                    raise SystemExit(process.exitcode)
        finally:
            shutil.rmtree(options.folder)


if __name__ == "__main__":
    main()
