"""Loads a synthetic catalogue of ten million lines, and searches it: time, peak memory, size, milliseconds a search.

    python benchmarks/catalogue_load.py [--lines 10000000] [--episodes 0.0] [--folder /tmp/catalogue-benchmark]

``--episodes`` is the share of lines that are episodes and so left out; in IMDb's own file it is about 0.75, and 0 is
the worst case. Words are drawn as in natural language: the n-th most frequent word n times as rarely as the first.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import random
import resource
import shutil
import sqlite3
import statistics
import time
from pathlib import Path

from movietracker_plugins.offline.loader import build_index
from movietracker_plugins.offline.queries import search

COMMON = (  # noqa: SIM905
    "the of a and in to love man my la night el life on de girl for me you story day at last with world no it house"
    " is from black one big dead little death good war woman home blood children dark time secret king city lost"
).split()
SYLLABLES = "ka ri to ma ne lo sa vi du pe chi ro tan gol mer ish ul bra fe no za ly or qui".split()  # noqa: SIM905
GENRES = ("Drama", "Comedy", "Documentary", "Action", "Romance", "Thriller", "Horror", "Sci-Fi", "Crime", "Family")
QUERIES = (
    "the",
    "the m",
    "love",
    "lov",
    "t",
    "of the",
    "the night of the",
    "man in the house",
    "kar",
    "kari",
    "karito",
    "the secret king",
    "love 1999",
    "dead children city",
    "zzzz",
    "a",
    "last day on earth",
    "matrix",
)


def vocabulary(size: int, rng: random.Random) -> list[str]:
    made = {"".join(rng.choices(SYLLABLES, k=rng.randint(2, 4))) for _ in range(size)}
    return COMMON + sorted(made - set(COMMON), key=lambda _: rng.random())


def write_dataset(folder: Path, lines: int, episodes: float) -> None:
    rng = random.Random(7)
    words = vocabulary(200_000, rng)
    weights = list(itertools.accumulate(1 / n for n in range(1, len(words) + 1)))
    kinds = ("movie", "tvSeries", "short", "video", "tvMovie")
    with (
        (folder / "title.basics.tsv").open("w") as basics,
        (folder / "title.ratings.tsv").open("w") as ratings,
        (folder / "title.crew.tsv").open("w") as crew,
    ):
        basics.write(
            "tconst\ttitleType\tprimaryTitle\toriginalTitle\tisAdult\tstartYear\tendYear\truntimeMinutes\tgenres\n"
        )
        ratings.write("tconst\taverageRating\tnumVotes\n")
        crew.write("tconst\tdirectors\twriters\n")
        for start in range(1, lines + 1, 10_000):
            drawn = iter(rng.choices(words, cum_weights=weights, k=60_000))
            for number in range(start, min(start + 10_000, lines + 1)):
                title = " ".join(itertools.islice(drawn, rng.randint(1, 5))).title()
                kind = "tvEpisode" if rng.random() < episodes else rng.choice(kinds)
                basics.write(
                    f"tt{number:07d}\t{kind}\t{title}\t{title}\t0\t{rng.randint(1900, 2025)}\t\\N\t"
                    f"{rng.randint(5, 180)}\t{rng.choice(GENRES)},{rng.choice(GENRES)}\n"
                )
                if rng.random() < 0.13:
                    votes = int(5 * rng.paretovariate(0.6)) % 3_000_000
                    ratings.write(f"tt{number:07d}\t{rng.randint(10, 95) / 10}\t{votes}\n")
                crew.write(f"tt{number:07d}\tnm{number % 3_000_000 + 1:07d}\t\\N\n")
    with (folder / "name.basics.tsv").open("w") as names:
        names.write("nconst\tprimaryName\tbirthYear\tdeathYear\tprimaryProfession\tknownForTitles\n")
        for number in range(1, lines // 3):
            name = f"{rng.choice(words)} {rng.choice(words)}".title()
            names.write(f"nm{number:07d}\t{name}\t\\N\t\\N\tdirector\ttt{rng.randint(1, lines):07d}\n")


def time_searches(index: Path) -> None:
    print(f"\n{'query':24} {'best ms':>8} {'median ms':>10} {'hits':>5}")
    for query in QUERIES:
        taken = []
        for _ in range(15):
            begun = time.perf_counter()
            connection = sqlite3.connect(f"file:{index}?mode=ro&immutable=1", uri=True)
            hits = search(connection, query)
            connection.close()
            taken.append((time.perf_counter() - begun) * 1000)
        print(f"{query:24} {min(taken):8.2f} {statistics.median(taken):10.2f} {len(hits):5}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--episodes", type=float, default=0.0)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/catalogue-benchmark"))
    parser.add_argument("--keep", action="store_true", help="leave the files there")
    options = parser.parse_args()
    shutil.rmtree(options.folder, ignore_errors=True)
    options.folder.mkdir(parents=True)
    try:
        # In a process of its own, so that only the build's memory is measured.
        writer = multiprocessing.Process(target=write_dataset, args=(options.folder, options.lines, options.episodes))
        writer.start()
        writer.join()
        index, stage = options.folder / "catalogue.sqlite", options.folder / "stage.sqlite"
        begun = time.perf_counter()

        def say(line: str) -> None:
            print(f"{time.perf_counter() - begun:7.1f} s ({time.process_time():6.1f} s of CPU)  {line}", flush=True)

        def report(step: str, _: float | None, remark: str) -> None:
            if remark:
                say(f"{step}: {remark}")

        build_index(options.folder, index, stage, facts={"source": "benchmark"}, report=report)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        say(f"built: peak memory {peak:.0f} MB, index {index.stat().st_size / 1e9:.2f} GB")
        say(
            f"staging file {stage.stat().st_size / 1e9:.2f} GB, title.basics.tsv "
            f"{(options.folder / 'title.basics.tsv').stat().st_size / 1e9:.2f} GB"
        )
        time_searches(index)
    finally:
        if not options.keep:
            shutil.rmtree(options.folder)


if __name__ == "__main__":
    main()
