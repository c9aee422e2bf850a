"""The programs ``movietracker`` and ``flask``, forked from a process with their imports done, which spares seconds."""

import atexit
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

_COMMANDS = ("serve", "users", "db", "backup", "doctor")

_forking = multiprocessing.get_context("forkserver")
_forking.set_forkserver_preload(["movietracker.factory", *(f"movietracker.cli.{name}" for name in _COMMANDS)])


class Forked:
    """A running program, with the methods of ``subprocess.Popen``; the first argument is its name."""

    def __init__(
        self, arguments: Sequence[str], folder: Path, env: Mapping[str, str], stdin: Path, stdout: Path, stderr: Path
    ) -> None:
        for path in (stdout, stderr):
            path.write_bytes(b"")
        streams = [str(stdin), str(stdout), str(stderr)]
        self._process = _forking.Process(target=_become, args=(list(arguments), str(folder), dict(env), streams))
        self._process.start()
        self.pid = self._process.pid or 0

    def poll(self) -> int | None:
        """The exit code, or the negated signal that ended it; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float) -> int:
        """Wait until it has ended; raises TimeoutExpired."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("movietracker", timeout)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        with suppress(ProcessLookupError):  # ended, although that has not been told yet
            if self.poll() is None:
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)


def _become(arguments: list[str], folder: str, env: dict[str, str], streams: list[str]) -> None:
    """Make this process what a shell would have started."""
    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    for number, path in enumerate(streams):
        opened = os.open(path, os.O_WRONLY if number else os.O_RDONLY)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w", buffering=1)  # noqa: SIM115
    sys.argv = arguments
    if arguments[0] == "flask":
        from flask.cli import main
    else:
        from movietracker.cli import main

    try:
        main()
    finally:
        atexit._run_exitfuncs()
