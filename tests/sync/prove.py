"""The long proof of the sync protocol, in one command: ``make prove``.

Mutations of the protocol, the state machines with many examples, rows that pullers miss among eight writers on
PostgreSQL, and exactly-once under SIGKILL. Prints a summary; exit 1 when any of them fails. Takes at most 30 minutes
on two cores: a part that is not done by its time counts as failed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TESTS = Path(__file__).parent.parent
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2")


@dataclass(frozen=True)
class Part:
    """A part of the proof: its command, how many times as many examples, and after how many seconds it has failed."""

    name: str
    command: tuple[str, ...]
    patience: int
    times: int = 1


PARTS = (
    Part("seeded defects, by the tests that name them", ("-m", "sync.mutations", "--jobs", "2"), 240),
    Part(
        "state machines of the server and of the client",
        (*PYTEST, "sync/machine", "client/test_client_machine.py", "sync/test_bad_input.py"),
        780,
        times=15,
    ),
    Part(
        "seeded defects, by the state machine alone",
        ("-m", "sync.mutations", "--machine", "--jobs", "2", "--patience", "60", "--least", "24"),
        540,
        times=15,
    ),
    Part("rows lost among 8 writers in 60 s (PostgreSQL)", ("-m", "stress.lost_updates", "--seconds", "60"), 100),
    Part(
        "1,000 actions, each sent 3 times by 8 processes, to a server that is killed every 0.5 s",
        ("-m", "stress.exactly_once", "--actions", "1000", "--kill-every", "0.5"),
        140,
    ),
)


@dataclass(frozen=True)
class Ended:
    """How a part came out."""

    part: Part
    code: int | None
    seconds: float
    text: str

    def __str__(self) -> str:
        """In one line."""
        became = "NOT DONE" if self.code is None else "ok" if self.code == 0 else "FAILED"
        return f"{became:8} {self.seconds:6.0f} s  {self.part.name}"


def carry_out(part: Part) -> Ended:
    """Run a part to its end, or until its time is up, and show what it says."""
    environment = os.environ | {"PROVE": str(part.times)}
    begun = time.monotonic()
    with tempfile.TemporaryFile("w+") as output:
        command = (sys.executable, *part.command)
        with subprocess.Popen(command, cwd=TESTS, env=environment, stdout=output, stderr=output) as process:
            try:
                code: int | None = process.wait(part.patience)
            except subprocess.TimeoutExpired:
                process.terminate()
                code = None
        output.seek(0)
        return Ended(part, code, time.monotonic() - begun, output.read())


def main(parts: Sequence[Part] = PARTS) -> int:
    """Run these parts, one after the other; answers 1 when any failed."""
    ended = []
    for part in parts:
        print(f"--- {part.name} ---", flush=True)  # noqa: T201
        ended.append(carry_out(part))
        print(ended[-1].text, flush=True)  # noqa: T201
    print("--- summary ---", *ended, sep="\n")  # noqa: T201
    return 0 if all(each.code == 0 for each in ended) else 1


if __name__ == "__main__":
    sys.exit(main())
