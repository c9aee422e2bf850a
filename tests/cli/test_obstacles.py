"""File systems on which SQLite, or the server, cannot lock files: the file and the cause are told."""

import errno
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from support.serving import PROGRAM, run_program

SOURCE = Path(__file__).parents[1] / "support" / "no_locks.c"
Program = Callable[..., tuple[str, ...]]


@pytest.fixture
def without_locks(tmp_path: Path) -> Program:
    """Makes the program one whose calls for locks fail with this error; options are the compiler's."""
    if sys.platform != "linux" or shutil.which("gcc") is None:
        pytest.skip("gcc is not installed, or this is not Linux")
    library = tmp_path / "no_locks.so"

    def make(error: int, *options: str) -> tuple[str, ...]:
        command = ["gcc", "-shared", "-fPIC", *options, "-o", library, SOURCE, "-ldl"]
        subprocess.run(command, check=True, capture_output=True)
        return ("env", f"LD_PRELOAD={library}", f"LOCK_ERROR={error}", *PROGRAM)

    return make


@pytest.fixture
def by_network(folder: Path, tmp_path: Path) -> Iterator[Path]:
    """The installation on what the kernel takes for sshfs, mounted by FUSE; skips where that cannot be done."""
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    mount = ["bindfs", "-o", "subtype=sshfs", folder, mounted]
    if shutil.which("bindfs") is None or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("bindfs is not installed, or may not mount here")
    try:
        yield mounted
    finally:
        subprocess.run(["umount", mounted], check=True)


def test_a_network_file_system_is_named(by_network: Path, without_locks: Program) -> None:
    told = f"{by_network / 'instance' / 'app.db'} is on a network file system (fuse.sshfs), where SQLite cannot rely on"
    assert told in run_program(by_network, "doctor").stdout

    result = run_program(by_network, "users", "list", program=without_locks(errno.EIO))
    assert result.stderr == f"Error: The database cannot be used: {told} locks; use a local disk, or PostgreSQL.\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "error"),
    [("users list", errno.ENOLCK), ("doctor", errno.EIO), ("serve --port 0", errno.EOPNOTSUPP)],
)
def test_that_sqlite_cannot_lock_its_file_is_told(
    folder: Path, without_locks: Program, command: str, error: int
) -> None:
    result = run_program(folder, *command.split(), program=without_locks(error))

    assert result.returncode == 1
    told = f"{folder / 'instance'} is on a file system without locks ({os.strerror(error)}); use a local disk"
    assert f"The database cannot be used: {told}." in result.stdout + result.stderr


def test_that_the_server_cannot_lock_a_file_is_told(folder: Path, without_locks: Program) -> None:
    """SQLite uses other locks than the server; a file system may have those only."""
    program = without_locks(errno.ENOLCK, "-DFLOCK_ONLY")
    locks = folder / "instance" / "locks"

    result = run_program(folder, "serve", "--port", "0", program=program)
    assert result.returncode == 1
    told = "is on a file system without locks (No locks available)"
    assert result.stderr.endswith(f"{locks} {told}; use a local disk.\n")

    result = run_program(folder, "doctor", program=program)
    assert f"{folder / 'instance'} {told}." in result.stdout
    assert f"No locks available: '{folder / 'instance' / '.catalogue.swap.lock'}'" in result.stdout


@pytest.mark.slow
def test_a_database_that_another_program_locks_is_named(folder: Path) -> None:
    path = folder / "instance" / "app.db"
    command = ("users", "create", "--email", "a@b.example", "--username", "a", "--password-stdin")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        result = run_program(folder, *command, stdin="correct horse battery\n")

    assert result.returncode == 1
    assert result.stderr.endswith(f"The database cannot be used: database is locked ({path}).\n")
