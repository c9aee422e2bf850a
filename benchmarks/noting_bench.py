"""What it costs each request to be counted, logged and given the security headers, in microseconds.

    python benchmarks/noting_bench.py [--rounds 5] [--requests 5000]

The hooks run alone on a made-up request, counting in files that processes share, as under ``movietracker serve``; the
log goes to a file. The best round counts.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from flask import Response

from movietracker import create_app
from movietracker.cli import logs


def best(rounds: int, requests: int, ask: Callable[[], object]) -> float:
    """Microseconds of one call, in the best round."""
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        for _ in range(requests):
            ask()
        times.append((time.perf_counter() - begun) / requests)
    return 1e6 * min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=5000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        app = create_app({"MOVIETRACKER_INSTANCE_PATH": f"{folder}/instance"})
        from movietracker.api import guards, observing

        with Path(folder, "log.txt").open("w") as log, app.test_request_context("/api/people"):
            sys.stderr = log
            bare = best(options.rounds, options.requests, Response)

            def noted(note: Callable[[Response], Response]) -> float:
                def ask() -> None:
                    observing._begin()
                    note(Response())

                return best(options.rounds, options.requests, ask) - bare

            print(f"counted            {noted(observing._count):5.1f}")
            for style in ("plain", "json"):
                logs.configure(style, [app.config["SECRET_KEY"], app.config["ADMIN_TOKEN"]])
                print(f"counted and logged {noted(observing._note):5.1f} ({style})")
            print(f"security headers   {noted(guards.secure) - noted(lambda response: response):5.1f}")


if __name__ == "__main__":
    main()
