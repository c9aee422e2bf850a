"""Do the tests see the seeded defects of ``defects.py``? And does the protocol without them pass?

``python -m sync.mutations`` (from tests/) runs, under each defect, the plain day, which must pass, and the tests that
are known to see it, of which one must fail. ``--machine`` runs the state machine instead, which has to find the defect
by itself. ``--tests`` says which tests to run, names say under which defects.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from .defects import DEFECTS

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
PLAIN_DAY = str(HERE / "test_plain_day.py")
MACHINE = str(HERE / "machine" / "test_machine.py")
UNHARMED = "none"

# Imported once, before the processes for each defect part: most of the time of a short run would go there.
THIRD_PARTIES = (
    *(
        "alembic.command",
        "apscheduler.schedulers.background",
        "flask_apscheduler",
        "flask_jwt_extended",
        "flask_limiter",
    ),
    *("flask_migrate", "flask_smorest", "flask_sock", "hypothesis.stateful", "jsonschema", "psycopg", "requests_cache"),
    *("sqlalchemy.dialects.postgresql", "sqlalchemy.dialects.sqlite"),
)


@dataclass(frozen=True)
class Task:
    """Which tests to run under which defect, and for how many seconds at most."""

    defect: str
    tests: tuple[str, ...]
    patience: int


@dataclass
class Verdict:
    """What became of it: ``caught_by`` is the first test that failed; ``problem`` says why it proves nothing."""

    defect: str
    seconds: float = 0.0
    caught_by: str | None = None
    problem: str | None = None
    is_late: bool = False
    skipped: int = 0
    passed: int = 0

    @property
    def is_good(self) -> bool:
        """Whether the defect was seen, or, without one, nothing was; a test that cannot run here says nothing."""
        if self.problem is not None or self.is_late:
            return False
        if self.defect == UNHARMED:
            return self.caught_by is None
        return self.caught_by is not None or self.skipped > 0


class Recorder:
    """A plugin of pytest that notes what became of the tests."""

    def __init__(self, verdict: Verdict) -> None:
        self._verdict = verdict

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a failure: of the plain day, of the preparations, or of a test that has seen the defect."""
        name = Path(report.nodeid).name
        if report.failed and (report.when != "call" or name.startswith("test_plain_day")):
            self._verdict.problem = f"it breaks too much to prove anything: {name} fails"
        elif report.failed:
            self._verdict.caught_by = name
        self._verdict.skipped += report.skipped
        self._verdict.passed += report.passed and report.when == "call"

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note that tests cannot be read."""
        if report.failed:
            self._verdict.problem = f"the tests cannot be collected: {report.longreprtext[-300:]}"


class OutOfTime(KeyboardInterrupt):
    """The tests take longer than they may; pytest takes anything but a KeyboardInterrupt for a failure of the test."""


def run(task: Task) -> Verdict:
    """Run the tests of a task in this process, which must be a fresh one."""
    verdict = Verdict(task.defect)
    if task.defect != UNHARMED:
        os.environ["SYNC_DEFECT"] = task.defect
    begun = time.monotonic()
    with tempfile.TemporaryFile("w+") as output, _quiet(output), tempfile.TemporaryDirectory() as folder:
        ended = _pytest(task, verdict, folder)
        output.seek(0)
        text = output.read()
    verdict.seconds = round(time.monotonic() - begun, 1)
    if ended == pytest.ExitCode.INTERRUPTED:
        verdict.is_late = True
    elif verdict.problem is None and ended not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        verdict.problem = f"pytest ended with {ended!r}: {text[-600:]}"
    return verdict


def _pytest(task: Task, verdict: Verdict, folder: str) -> int:
    def give_up(*_: object) -> None:
        raise OutOfTime

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(task.patience)
    options = ["-x", "--tb=short", "-p", "no:cacheprovider", "-p", "no:xdist", f"--basetemp={folder}/tests"]
    options += ["-k", "not (machine and postgresql)"]  # where an example takes much longer
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # of third parties that are imported already
    try:
        return pytest.main([*options, PLAIN_DAY, *task.tests], plugins=[Recorder(verdict)])
    finally:
        signal.alarm(0)


@contextlib.contextmanager
def _quiet(output: Any) -> Iterator[None]:
    """What is printed goes to a file."""
    kept = os.dup(1), os.dup(2)
    for number in (1, 2):
        sys.__stdout__.flush() if sys.__stdout__ else None
        os.dup2(output.fileno(), number)
    try:
        yield
    finally:
        sys.stdout.flush()
        for number, before in zip((1, 2), kept, strict=True):
            os.dup2(before, number)
            os.close(before)


def run_all(tasks: list[Task], jobs: int) -> Iterator[Verdict]:
    """The verdicts, as they come; each task has a process of its own."""
    for name in THIRD_PARTIES:
        importlib.import_module(name)
    assert not any(name.partition(".")[0] == "movietracker" for name in sys.modules)
    with multiprocessing.get_context("fork").Pool(jobs, maxtasksperchild=1) as pool:
        yield from pool.imap_unordered(run, tasks, chunksize=1)


def tasks_of(options: argparse.Namespace) -> list[Task]:
    """What to run: the protocol without a defect, then with each of them."""
    unknown = set(options.names) - set(DEFECTS)
    if unknown:
        raise SystemExit(f"no such defect: {', '.join(sorted(unknown))}")
    defects = [DEFECTS[name] for name in options.names or DEFECTS]
    if options.tests:
        chosen = {defect.name: tuple(options.tests) for defect in defects}
    elif options.machine:
        chosen = {defect.name: (MACHINE,) for defect in defects}
    else:
        chosen = {defect.name: tuple(str(HERE / killer) for killer in defect.killers) for defect in defects}
    tasks = [Task(name, tests, options.patience) for name, tests in chosen.items()]
    if options.machine:  # its runs without a defect are tests of their own
        return tasks
    everything = tuple(dict.fromkeys(test for tests in chosen.values() for test in tests))
    return [Task(UNHARMED, everything, 900), *tasks]


def told(verdict: Verdict) -> str:
    """A verdict in one line."""
    if verdict.problem is not None:
        became = f"BAD      {verdict.problem}"
    elif verdict.is_late:
        became = "LATE     not caught within the time"
    elif verdict.defect == UNHARMED:
        became = f"FAILS    {verdict.caught_by}" if verdict.caught_by else f"passes   {verdict.passed} tests"
    elif verdict.caught_by is not None:
        became = f"caught   {verdict.caught_by}"
    else:
        became = "skipped  its tests cannot run here" if verdict.skipped else "SURVIVES"
    return f"{verdict.defect:20} {verdict.seconds:6.1f} s  {became}"


def main(arguments: list[str] | None = None) -> int:
    """Run what is asked for; answers 1 when a defect survives or the protocol itself fails."""
    parser = argparse.ArgumentParser(prog="python -m sync.mutations", description=__doc__)
    parser.add_argument("names", nargs="*", help="defects; all unless given")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time")
    parser.add_argument("--machine", action="store_true", help="let the state machine find them")
    parser.add_argument("--tests", nargs="+", help="tests to run instead of those that are known to see the defect")
    parser.add_argument("--patience", type=int, default=300, help="seconds for each defect at most")
    parser.add_argument("--least", type=int, help="so many must be caught; all unless given")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    options = parser.parse_args(arguments)
    os.chdir(ROOT)
    verdicts = []
    for verdict in run_all(tasks_of(options), options.jobs):
        print(told(verdict), flush=True)  # noqa: T201
        verdicts.append(verdict)
    defects = [verdict for verdict in verdicts if verdict.defect != UNHARMED]
    caught = sum(verdict.caught_by is not None and verdict.problem is None for verdict in defects)
    print(f"{caught} of {len(defects)} defects caught")  # noqa: T201
    if options.json:
        options.json.write_text(json.dumps([asdict(verdict) for verdict in verdicts], indent=1) + "\n")
    is_seen = all(verdict.is_good for verdict in defects) if options.least is None else caught >= options.least
    return 0 if is_seen and all(verdict.is_good for verdict in verdicts if verdict.defect == UNHARMED) else 1


if __name__ == "__main__":
    sys.exit(main())
