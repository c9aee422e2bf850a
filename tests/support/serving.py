"""The ``movietracker`` program as a user runs it: processes of their own, in a folder of their own."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .forked import Forked
from .waiting import PATIENCE

# With its imports: what reads code again needs it.
PROGRAM = (sys.executable, "-c", "from movietracker.cli import main; main()")

FLASK = ("flask", "--app", "movietracker")
"""Flask's own program, which is forked, too."""

# What a process needs of the machine; settings of the machine must not reach it.
_KEPT = ("PATH", "HOME", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "LANG", "TMPDIR")


def environment(settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a program that is started with these settings and no others."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, **(settings or {})}


def run_program(
    folder: Path,
    *arguments: str,
    settings: Mapping[str, str] | None = None,
    stdin: str = "",
    program: Sequence[str] = (),
) -> subprocess.CompletedProcess[str]:
    """Run ``movietracker`` or FLASK, forked with its imports done, or another program, in a folder to its end."""
    with tempfile.TemporaryDirectory() as made:
        streams = [Path(made) / name for name in ("stdin", "stdout", "stderr")]
        streams[0].write_text(stdin)
        process = _start(program, list(arguments), folder, environment(settings), *streams)
        try:
            code = process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            _kill_group(process.pid)
            raise
        return subprocess.CompletedProcess(arguments, code, *(path.read_text() for path in streams[1:]))


def run_on_machines(
    folder: Path, count: int, *arguments: str, settings: Mapping[str, str]
) -> list[subprocess.CompletedProcess[str]]:
    """Run ``movietracker`` several times at once, each in a folder of its own."""
    machines = [folder / str(number) for number in range(count)]
    for machine in machines:
        machine.mkdir()
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda machine: run_program(machine, *arguments, settings=settings), machines))


@dataclass
class Serving:
    """A running ``movietracker serve``; ``stdout`` is what it has said by the time it is ready."""

    process: Forked | subprocess.Popen[bytes]
    url: str
    stdout: str
    stderr_path: Path

    @property
    def password(self) -> str:
        """The owner's password, from the file that it names."""
        named = re.search(r"Password +in (.+)", self.stdout)[1]  # type: ignore[index]
        return Path(named).read_text().strip()

    @property
    def stderr(self) -> str:
        """What it has said on its standard error until now."""
        return self.stderr_path.read_text()

    def workers(self) -> list[int]:
        """The process ids of its workers; Linux tells them."""
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def kill(self) -> None:
        """Have it and its workers die at once, as a machine without power does."""
        _kill_group(self.process.pid)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Stop it, and return the exit code."""
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)


@contextmanager
def serving(
    folder: Path, *options: str, settings: Mapping[str, str] | None = None, program: Sequence[str] = ()
) -> Iterator[Serving]:
    """``movietracker serve`` on a free port, ready to answer; stopped at the end."""
    out, err = folder / "stdout.txt", folder / "stderr.txt"
    arguments = ["serve", "--port", "0", *options]
    process = _start(program, arguments, folder, environment(settings), Path(os.devnull), out, err)
    try:
        yield Serving(process, _wait_until_ready(process, out, err), out.read_text(), err)
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(PATIENCE)
        finally:
            _kill_group(process.pid)


def _start(
    program: Sequence[str], arguments: list[str], folder: Path, env: dict[str, str], stdin: Path, out: Path, err: Path
) -> Forked | subprocess.Popen[bytes]:
    if program in ((), FLASK):
        return Forked([*(program or ("movietracker",)), *arguments], folder, env, stdin, out, err)
    with stdin.open("rb") as source, out.open("wb") as stdout, err.open("wb") as stderr:
        streams = {"stdin": source, "stdout": stdout, "stderr": stderr}
        return subprocess.Popen([*program, *arguments], cwd=folder, env=env, start_new_session=True, **streams)


def _wait_until_ready(process: Forked | subprocess.Popen[bytes], out: Path, err: Path) -> str:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if ready := re.search(r"Ready on (http\S+)", out.read_text()):
            return ready[1]
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise AssertionError(f"The server did not start: {out.read_text()}{err.read_text()}")


def _kill_group(pid: int) -> None:
    """Leave no worker behind, whatever happened."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
