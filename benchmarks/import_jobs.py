"""How fast a whole import is, and in how much memory: dry run, preview, applying it, and taking it back.

    python benchmarks/import_jobs.py [--rows 20000,200000] [--database postgresql://user@host/empty]

All is done by the commands that users have. Rows a second are those of a command's processor, without its start, so
that other programs do not count; nor does a server of the database. While a command runs, the state of its job says
which step the time goes to. A library holds 100,000 titles at most, so of 200,000 rows two speak of each title.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from driving import SETTINGS, movietracker
from flask import Flask
from import_reading import NAMES, PROGRAM, imdb, letterboxd

from movietracker import create_app
from movietracker.imports.jobs import list_jobs
from movietracker.services.accounts import find_account

STEPS = {"reading": "preview", "matching": "preview", "applying": "apply", "undoing": "undo"}
SECONDS_BETWEEN_LOOKS = 0.02
TICKS = os.sysconf("SC_CLK_TCK")


class Ran(NamedTuple):
    """Seconds of a processor by step, and the most MiB, that a command took."""

    seconds: Counter[str]
    peak: float
    output: dict[str, object]


def ratings_and_watchlist(rows: int, folder: Path) -> list[Path]:
    """IMDb's two files, each with the same titles."""
    ratings = imdb(rows // 2, folder)
    watchlist = folder / "watchlist.csv"
    with ratings.open() as lines, watchlist.open("w") as file:
        for number, line in enumerate(lines):
            file.write(f"{number or 'Position'},{line}")
    return [ratings, watchlist]


def table(titles: Callable[[int], int]) -> Callable[[int, Path], list[Path]]:
    """Viewings with ratings, and two recommenders each, of so many titles."""

    def made(rows: int, folder: Path) -> list[Path]:
        path = folder / "table.csv"
        with path.open("w") as file:
            file.write("title,year,imdb_id,watched_on,viewing_rating,recommended_by\n")
            for at in range(rows):
                title, time_of = at % titles(rows), at // titles(rows)
                day = f"{2000 + time_of % 20}-{time_of // 20 % 12 + 1:02}-{title % 28 + 1:02}"
                told = f"{title % 10 + 1},{NAMES[title % 100]} & Mum"
                file.write(f"Film {title},{1950 + title % 70},tt{title + 100:07},{day},{told}\n")
        return [path]

    return made


CASES: dict[str, Callable[[int, Path], list[Path]]] = {
    "IMDb, ratings and watchlist": ratings_and_watchlist,
    "table, two rows a title": table(lambda rows: rows // 2),
    "table, a hundred rows a title": table(lambda rows: rows // 100),
    "Letterboxd, looked up in the offline catalog": lambda rows, folder: [letterboxd(rows, folder)],
}


def run(app: Flask, email: str, *arguments: str) -> Ran:
    """Run a command of an import for a user, and see where its time goes."""
    output = Path("output.json")
    with output.open("w") as out:
        actions = [
            (os.POSIX_SPAWN_DUP2, out.fileno(), 1),
            (os.POSIX_SPAWN_OPEN, 2, "progress.txt", os.O_WRONLY | os.O_CREAT, 0o600),
        ]
        command = [str(PROGRAM), "import", *arguments, "--user", email, "--json"]
        pid = os.posix_spawn(PROGRAM, command, {**os.environ, **SETTINGS}, file_actions=actions)
    seconds: Counter[str] = Counter()
    used = 0.0
    for step in _steps(app, email, pid):
        now = _seconds_of(pid)
        seconds[step] += now - used
        used = now
    _, status, usage = os.wait4(pid, 0)
    assert status == 0, output.read_text()[-500:]
    seconds["end"] += usage.ru_utime + usage.ru_stime - used
    return Ran(seconds, usage.ru_maxrss / 1024, json.loads(output.read_text()))


def _steps(app: Flask, email: str, pid: int) -> Iterator[str]:
    """The step at which a process is, again and again until it ends."""
    with app.app_context():
        user_id = find_account(email).id
        while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
            newest = list_jobs(user_id)[:1]
            yield STEPS.get(newest[0].state, "start") if newest else "start"
            time.sleep(SECONDS_BETWEEN_LOOKS)


def _seconds_of(pid: int) -> float:
    return sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13])) / TICKS


def measure(app: Flask, email: str, rows: int, files: list[Path]) -> list[str]:
    """Rows a second of each step, and the peak memory of the commands."""
    names = [str(path) for path in files]
    idle = run(app, email, "list").seconds.total()
    dry = run(app, email, *names, "--dry-run")
    job = run(app, email, *names, "--yes", "--people")
    undone = run(app, email, "undo", str(job.output["id"]))
    added = job.output["report"].get("titles_added", 0)  # type: ignore[attr-defined]
    assert [job.output["state"], undone.output["state"]] == ["done", "undone"]
    speeds = [dry.seconds.total() - idle, job.seconds["preview"]]
    speeds += [job.seconds["apply"], undone.seconds["undo"]] if added else []
    shown = [f"{rows / each:,.0f}" for each in speeds] + ["–"] * (4 - len(speeds))
    return [f"{added:,}", *shown, *(f"{ran.peak:.0f}" for ran in (dry, job, undone))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", default="20000,200000")
    parser.add_argument("--database", default="")
    given = parser.parse_args()
    steps = ["dry run", "preview", "apply", "undo", "MiB dry run", "MiB import", "MiB undo"]
    print("| " + " | ".join(["file", "rows", "titles", *steps]) + " |\n| --- |" + " ---: |" * (2 + len(steps)))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["MOVIETRACKER_INSTANCE_PATH"] = str(folder / "instance")
        os.environ["DATABASE_URL"] = given.database
        os.chdir(folder)
        movietracker(folder, "db", "upgrade")
        app = create_app()
        for rows in map(int, given.rows.split(",")):
            for number, (label, make) in enumerate(CASES.items()):
                email = f"anna{rows}-{number}@example.com"
                account = ["--email", email, "--username", email.partition("@")[0], "--password", "a long secret"]
                movietracker(folder, "users", "create", *account)
                figures = measure(app, email, rows, make(rows, folder))
                print(f"| {label} | {rows:,} | " + " | ".join(figures) + " |", flush=True)
    print(f"\nLoad: {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors, Python {sys.version.split()[0]}.")


if __name__ == "__main__":
    main()
