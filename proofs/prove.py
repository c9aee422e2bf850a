"""Runs the long forms of the proofs: ``python -m proofs.prove sync`` and ``python -m proofs.prove faults``.

Prints a summary and exits with 1 when a part fails; a part that exceeds its time limit has failed.
"""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Part:
    """A part of a proof: its command, how many times as many examples as in the short form, and its time limit."""

    name: str
    command: tuple[str, ...]
    limit_seconds: int = 300
    times: int = 1


@dataclass(frozen=True)
class Result:
    """How a part ended; ``code`` is None when it exceeded its time limit."""

    part: Part
    code: int | None
    seconds: float

    def __str__(self) -> str:
        """One line."""
        outcome = "TIMEOUT" if self.code is None else "ok" if self.code == 0 else "FAILED"
        return f"{outcome:8} {self.seconds:6.0f} s  {self.part.name}"


def _script(name: str, module: str, options: str, limit_seconds: int = 300) -> Part:
    return Part(name, ("-m", f"proofs.{module}", *options.split()), limit_seconds)


CLIENTS = ("proofs/client/test_client_machine.py", "proofs/client/test_client_shows_what_happens.py")
INPUTS = ("tests/sync/test_bad_input.py", "tests/adoption/test_any_values.py", "tests/services/test_order_keys.py")
MACHINES = ("proofs/machine", *CLIENTS, *INPUTS)
PROOFS = {
    "sync": (
        Part(
            "state machines of the server and of both clients",
            ("-m", "pytest", "-p", "no:cacheprovider", "-n", "2", *MACHINES),
            limit_seconds=960,
            times=15,
        ),
        _script("rows lost among 8 writers (PostgreSQL)", "stress.lost_updates", "--seconds 60", 100),
        _script(
            "1,000 actions, each sent 3 times by 8 processes, to a server that is killed every 0.5 s",
            "stress.exactly_once",
            "--actions 1000 --kill-every 0.5",
            140,
        ),
    ),
    "faults": (
        _script("8 writers and 8 readers (SQLite)", "faults.load", "--seconds 60"),
        _script("8 writers and 8 readers (PostgreSQL)", "faults.load", "--seconds 60 --database postgresql"),
        _script("a worker killed 20 times (SQLite)", "faults.kill", "--rounds 20"),
        _script("a worker killed 20 times (PostgreSQL)", "faults.kill", "--rounds 20 --database postgresql"),
        _script("PostgreSQL restarted 6 times", "faults.postgres_restart", "--rounds 6"),
        _script("the clock set back an hour (SQLite)", "faults.clock", "--seconds 30"),
        _script("the clock set back an hour (PostgreSQL)", "faults.clock", "--seconds 30 --database postgresql"),
        _script("the disk full 5 times", "faults.disk_full", "--rounds 5"),
        _script("an import killed 4 times in each state (SQLite)", "faults.imports", "--rounds 4 --lease 2"),
        _script("the same by commands (SQLite)", "faults.imports", "--rounds 2 --by command --lease 2"),
        _script(
            "an import killed once in each state, with the usual lease (PostgreSQL)",
            "faults.imports",
            "--database postgresql",
            400,
        ),
        _script("100,000 requests made from the OpenAPI document", "faults.generated", "--requests 100000", 7200),
    ),
}


def run(part: Part) -> Result:
    """Run a part until it ends or its time is up."""
    print(f"--- {part.name} ---", flush=True)
    started = time.monotonic()
    command = [sys.executable, *part.command]
    code: int | None = None
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PROVE": str(part.times)}) as process:
        try:
            code = process.wait(part.limit_seconds)
        except subprocess.TimeoutExpired:
            process.terminate()
    return Result(part, code, time.monotonic() - started)


def main(proof: str) -> int:
    """Run the parts of a proof in turn; returns 1 when any of them failed."""
    results = [run(part) for part in PROOFS[proof]]
    print("--- summary ---", *results, sep="\n")
    return 0 if all(result.code == 0 for result in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
