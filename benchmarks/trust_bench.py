"""How long it takes to compute trust and the queue anew, in milliseconds, in one thread; the best round counts.

    python benchmarks/trust_bench.py [--watched 2000] [--waiting 1000] [--people 60] [--rounds 7]

The library is made up: three of the people recommend each title, and the ratings are drawn at random.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable
from typing import TypeVar

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # as the server has it

from pathlib import Path

from driving import SETTINGS, movietracker
from libraries import imdb_id, metadata

from movietracker import create_app
from movietracker.extensions import db
from movietracker.models.movie import Vote, Watch
from movietracker.services.accounts import find_account
from movietracker.services.movies import ensure_movie, recommend, watch
from movietracker.services.transactions import library_read, library_write
from movietracker.trust.fitting import fit
from movietracker.trust.judging import assess, examples_of
from movietracker.trust.library import read_library
from movietracker.trust.outcomes import opinions_of

EMAIL = "anna@example.com"
T = TypeVar("T")


def build(user_id: str, watched: int, waiting: int, people: int) -> None:
    """Fill a library."""
    chance = random.Random(watched)
    with library_write(user_id) as tx:
        for number in range(watched + waiting):
            ensure_movie(tx, imdb_id(number), metadata(number, chance))
            for person in chance.sample(range(people), min(3, people)):
                recommend(tx, imdb_id(number), f"Person {person}", Vote(vote_type=chance.random() < 0.8))
            if number < watched:
                watch(tx, imdb_id(number), Watch(1_700_000_000 + number, chance.randrange(2, 21) / 2))


def timed(name: str, rounds: int, work: Callable[[], T]) -> T:
    """Print how long the best round takes; what it returns."""
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - begun)
    print(f"{name:45}{1000 * min(times):8.1f}")
    return result


def main() -> None:
    """Run it from the shell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--watched", type=int, default=2000)
    parser.add_argument("--waiting", type=int, default=1000)
    parser.add_argument("--people", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        movietracker(folder, "db", "upgrade")
        movietracker(folder, "users", "create", "--email", EMAIL, "--username", "anna", "--password", "a long secret")
        app = create_app({"MOVIETRACKER_INSTANCE_PATH": str(folder / "instance"), **SETTINGS})
        with app.app_context():
            user_id = find_account(EMAIL).id
            build(user_id, options.watched, options.waiting, options.people)
            with library_read(user_id) as read:
                library = timed("reading the library", options.rounds, lambda: read_library(read))
            examples = examples_of(library, opinions_of(library.titles.values()))
            timed(
                f"fitting {options.watched} titles and {options.people} people", options.rounds, lambda: fit(examples)
            )
            timed("trust, fit and queue in all, after reading", options.rounds, lambda: assess(library))
            db.engine.dispose()


if __name__ == "__main__":
    main()
