"""Processes that work at the same time until they are told to stop."""

import math
import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty
from typing import Any

from support.waiting import wait_until

Job = Callable[["Shift"], Any]
"""What a process does; its answer is handed back, so it must be picklable."""

FINISH_SECONDS = 120.0


@dataclass
class Shift:
    """What a process and its crew know of each other."""

    number: int
    _stop: Any
    _beats: Any

    @property
    def is_over(self) -> bool:
        """Whether it is time to stop."""
        return bool(self._stop.is_set())

    def succeeded(self) -> None:
        """Tell the crew that something was done just now."""
        self._beats[self.number] = time.monotonic()


class Crew:
    """One process for each job; all begin at once."""

    def __init__(self, jobs: list[Job]) -> None:
        context = multiprocessing.get_context("fork")  # the imports are done; each process connects by itself
        self._go, self._stop = context.Event(), context.Event()
        self._beats: Any = context.Array("d", len(jobs))
        self._results: Any = context.Queue()
        self._processes = [
            context.Process(target=self._work, args=(job, Shift(number, self._stop, self._beats)), daemon=True)
            for number, job in enumerate(jobs)
        ]

    def __enter__(self) -> "Crew":
        """Let all of them begin."""
        for process in self._processes:
            process.start()
        self._go.set()
        return self

    def __exit__(self, *_: object) -> None:
        """End every process that still runs, whatever happened."""
        for process in self._processes:
            process.kill()

    @property
    def is_working(self) -> bool:
        """Whether any of them still works."""
        return any(process.is_alive() for process in self._processes)

    def seconds_until_all_succeed(self, since: float, patience: float = 60.0) -> float:
        """Wait until each of them has done something later than ``since`` (monotonic); how long after it that was."""
        wait_until(lambda: all(beat > since for beat in self._beats), patience)
        return time.monotonic() - since

    def finish(self) -> list[Any]:
        """Tell them to stop, and return their results in the order of the jobs; raise when one failed."""
        self._stop.set()
        return self.wait(FINISH_SECONDS)

    def wait(self, seconds: float = math.inf) -> list[Any]:
        """Let them end by themselves, and return their results in the order of the jobs; raise when one failed."""
        answers: dict[int, Any] = {}
        deadline = time.monotonic() + seconds
        while len(answers) < len(self._processes):
            try:
                number, answer = self._results.get(timeout=1)
                answers[number] = answer
            except Empty:
                broken = [p for n, p in enumerate(self._processes) if n not in answers and p.exitcode not in (None, 0)]
                if broken or time.monotonic() > deadline:
                    raise RuntimeError(f"{len(broken)} of the processes broke, or they do not end") from None
        for process in self._processes:
            process.join(FINISH_SECONDS)
        return [answers[number] for number in range(len(answers))]

    def _work(self, job: Job, shift: Shift) -> None:
        self._go.wait()
        self._results.put((shift.number, job(shift)))
