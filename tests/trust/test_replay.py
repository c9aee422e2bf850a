"""The replay of MovieLens, on a small data set of the same form."""

import csv
import json
import random
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MEASURES = {"hit10", "ndcg10", "auc", "log_loss"}


def write(path: Path, names: str, rows: Iterable[Iterable[object]]) -> None:
    """Write a file as MovieLens has it."""
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([names.split(","), *rows])


@pytest.fixture
def movielens(tmp_path: Path) -> Path:
    """16 users who rate 100 titles: half of them love the one genre, half the other."""
    chance = random.Random(1)
    write(tmp_path / "links.csv", "movieId,imdbId,tmdbId", [(n, f"{n:07}", n) for n in range(1, 101)])
    genres = ["Drama", "Comedy|Crime"]
    write(
        tmp_path / "movies.csv", "movieId,title,genres", [(n, f"Film {n} (1999)", genres[n % 2]) for n in range(1, 101)]
    )
    ratings = [
        (user, title, (4.5 if title % 2 == user % 2 else 2.0) + chance.choice((-0.5, 0, 0.5)), chance.randrange(10**9))
        for user in range(1, 17)
        for title in range(1, 101)
    ]
    write(tmp_path / "ratings.csv", "userId,movieId,rating,timestamp", ratings)
    return tmp_path


def replay(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the script."""
    command = [sys.executable, ROOT / "benchmarks" / "trust_replay.py", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT)


def test_the_model_finds_the_genre_that_a_user_loves(movielens: Path) -> None:
    ran = replay(movielens, "--json", "--draws", 1)
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert set(found) == {"base_rate", "public_rating", "votes", "vote_count", "trust", "model", "details"}
    assert all(set(found[name]) == MEASURES for name in ("public_rating", "votes", "vote_count", "trust", "model"))
    assert found["model"]["hit10"] > 0.95 > found["base_rate"]
    assert found["model"]["log_loss"] < found["public_rating"]["log_loss"]
    assert found["details"]["owners"] == 6


def test_a_table_and_a_file_have_the_same_figures(movielens: Path, tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    written = replay(movielens, "--owners", 1, "--draws", 1, "--json", file)
    assert (written.returncode, written.stdout) == (0, "")
    loss = json.loads(file.read_text())["model"]["log_loss"]
    shown = replay(movielens, "--owners", 1, "--draws", 1).stdout
    model = next(line for line in shown.splitlines() if line.startswith("| model |"))
    assert f"| {loss:.3f} (" in model


def test_what_is_missing_is_told(movielens: Path) -> None:
    (movielens / "links.csv").unlink()
    ran = replay(movielens)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "has no links.csv" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_file_of_another_form_is_told(movielens: Path) -> None:
    (movielens / "ratings.csv").write_text("user,film\n1,2\n")
    ran = replay(movielens)
    assert ran.returncode == 1
    assert "is not as MovieLens has it" in ran.stderr
    assert "Traceback" not in ran.stderr
