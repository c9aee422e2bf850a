"""A PostgreSQL server of a script's own, which can be crashed and started again on its port."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from support.waiting import wait_until

# PostgreSQL refuses to run as root.
USER = "postgres"


def missing() -> str | None:
    """Why this machine cannot run one; None when it can."""
    if _programs() is None:
        return "the programs of a PostgreSQL server are not installed"
    if os.geteuid() == 0 and shutil.which("runuser") is None:
        return "root cannot start PostgreSQL without runuser"
    return None


def _programs() -> Path | None:
    """The folder of the newest installed version."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    on_path = shutil.which("initdb")
    return installed[-1].parent if installed else Path(on_path).parent if on_path else None


class PostgreSQLServer:
    """A cluster in a folder, on a free port of loopback, that trusts everybody and keeps what it has acknowledged."""

    def __init__(self, folder: Path) -> None:
        programs = _programs()
        assert programs is not None
        self._programs = programs
        self._data = folder / "data"
        self._log = folder / "log"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"postgresql://{USER}@127.0.0.1:{self.port}/postgres"
        if os.geteuid() == 0:
            shutil.chown(folder, USER)
        self._run("initdb", "--pgdata", str(self._data), "--username", USER, "--auth", "trust", "--encoding", "UTF8")

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=200"
        self._run("pg_ctl", "start", "--pgdata", str(self._data), "--log", str(self._log), "--options", options)
        wait_until(self.answers)

    def stop(self, mode: str) -> None:
        """``smart`` waits for clients, ``fast`` hangs up on them, ``immediate`` crashes; it is down afterwards."""
        self._run("pg_ctl", "stop", "--pgdata", str(self._data), "--mode", mode)

    def answers(self) -> bool:
        """Whether it takes connections now."""
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", USER, "--", *command]
        # pg_ctl's server keeps what it inherits, so that a pipe would never end.
        ended = subprocess.run(
            command, check=False, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120
        )
        if ended.returncode != 0:
            log = self._log.read_text() if self._log.exists() else ""
            raise RuntimeError(f"{program} failed with {ended.returncode}: {log[-2000:]}")


@contextmanager
def postgresql_server(folder: Path) -> Iterator[PostgreSQLServer]:
    """A running server that is gone at the end."""
    server = PostgreSQLServer(folder)
    server.start()
    try:
        yield server
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            server.stop("immediate")
