"""How fast `movietracker import --dry-run` reads a file of many rows, and in how much memory.

    python benchmarks/import_reading.py [--rows 200000]

Each format is read by the command itself, in a process of its own: once with a few rows, which is what the program
takes anyway, and once with all; seconds are those of a processor, so that other programs do not count. Titles, people
and texts differ from row to row, as in the largest real exports.
"""

import argparse
import json
import os
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from driving import movietracker

EMAIL = "anna@example.com"
PROGRAM = Path(sys.executable).with_name("movietracker")
Rows = Iterator[str]


def letterboxd(rows: int, folder: Path) -> Path:
    """A ZIP archive: a third of the rows films, the rest viewings with tags and reviews."""
    path = folder / "export.zip"
    films = rows // 3
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("watched.csv", "w") as file:
            file.write(b"Date,Name,Year,Letterboxd URI\n")
            for at in range(films):
                file.write(f"2020-01-01,Film {at},{1950 + at % 70},https://boxd.it/{at:x}\n".encode())
        with archive.open("reviews.csv", "w") as file:
            file.write(b"Date,Name,Year,Letterboxd URI,Rating,Rewatch,Review,Tags,Watched Date\n")
            for at in range(rows - films):
                told = f"rec-by-{NAMES[at % 100]}" if at % 10 == 0 else "cinema"
                file.write(f"2020-01-01,Film {at},{1950 + at % 70},https://boxd.it/e{at:x},4.5,".encode())
                file.write(f',"Good, <i>very</i> good, {at * 7919}.","{told}",2019-12-{at % 28 + 1:02}\n'.encode())
    return path


def imdb(rows: int, folder: Path) -> Path:
    """Ratings; both passes over the file are counted."""
    header = "Const,Your Rating,Date Rated,Title,Original Title,URL,Title Type,IMDb Rating,Runtime (mins),Year,Genres"
    return _lines(
        folder / "ratings.csv",
        header,
        (
            f"tt{at + 100:07},{at % 10 + 1},2020-01-{at % 28 + 1:02},Film {at},Film {at},https://example.org/{at},Movie,7.1,"
            f'{at % 200},{1950 + at % 70},"Crime, Drama"'
            for at in range(rows)
        ),
    )


def generic(rows: int, folder: Path) -> Path:
    """A table with recommenders."""
    header = "title,year,tmdb_id,watched_on,rating,recommended_by"
    return _lines(
        folder / "table.csv",
        header,
        (
            f"Film {at},{1950 + at % 70},{at + 1},2020-01-{at % 28 + 1:02},{at % 10 + 1},{NAMES[at % 100]} & Mum"
            for at in range(rows)
        ),
    )


def generic_json(rows: int, folder: Path) -> Path:
    """The same as JSON."""
    path = folder / "table.json"
    with path.open("w") as file:
        for at in range(rows):
            row = {"title": f"Film {at}", "year": 1950 + at % 70, "tmdb_id": at + 1, "recommended_by": [NAMES[at % 9]]}
            file.write(("[" if at == 0 else ",") + json.dumps(row))
        file.write("]")
    return path


NAMES = [f"person{letter}{other}" for letter in "abcdefghij" for other in "abcdefghij"]
FORMATS: dict[str, Callable[[int, Path], Path]] = {
    "Letterboxd (ZIP)": letterboxd,
    "IMDb (CSV)": imdb,
    "table (CSV)": generic,
    "table (JSON)": generic_json,
}


def _lines(path: Path, header: str, rows: Rows) -> Path:
    with path.open("w") as file:
        file.write(header + "\n")
        file.writelines(f"{row}\n" for row in rows)
    return path


def run(file: Path, folder: Path) -> tuple[float, float]:
    """Seconds of a processor and MiB that reading a file took."""
    output = folder / "output.json"
    arguments = [str(PROGRAM), "import", str(file), "--user", EMAIL, "--dry-run", "--json"]
    with output.open("w") as out:
        process = os.posix_spawn(PROGRAM, arguments, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, out.fileno(), 1)])
        _, status, usage = os.wait4(process, 0)
    assert status == 0, arguments
    assert json.loads(output.read_text())["counts"]["broken"] == 0
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["MOVIETRACKER_INSTANCE_PATH"] = str(folder / "instance")
        os.chdir(folder)
        movietracker(folder, "db", "upgrade")
        movietracker(folder, "users", "create", "--email", EMAIL, "--username", "anna", "--password", "a long secret")
        print(f"| {rows:,} rows | rows a second | peak MiB | of it for few |\n| --- | ---: | ---: | ---: |")
        for label, make in FORMATS.items():
            idle_seconds, idle = run(make(3, folder), folder)
            seconds, peak = run(make(rows, folder), folder)
            print(f"| {label} | {rows / (seconds - idle_seconds):,.0f} | {peak:.0f} | {idle:.0f} |", flush=True)


if __name__ == "__main__":
    main()
