"""Backups in a folder: what every destination must do, and what only a folder can get wrong."""

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from movietracker_plugins.local_backup.destination import LocalDestination
from support.destinations import planting_in

from movietracker.pluginapi import BackupNotFound, DestinationFailed, DestinationProblem
from movietracker.testing.destinations import (
    ANNA,
    BEN,
    DAY,
    NEXT_DAY,
    BackupDestinationContract,
    Plant,
    names,
    read,
    write,
)

WRITE_FOR_EVER = """
import io, sys
from pathlib import Path
from movietracker_plugins.local_backup.destination import LocalDestination
destination = LocalDestination(Path(sys.argv[1]))
print("begun", flush=True)
for number in range(10**9):
    destination.write(sys.argv[2], "2026-01-31.json", io.BytesIO((b"%09d" % number) * 200_000))
"""


class TestContract(BackupDestinationContract):
    @pytest.fixture
    def plant(self, folder: Path) -> Plant:
        return planting_in(folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "backups"


@pytest.fixture
def destination(folder: Path) -> LocalDestination:
    return LocalDestination(folder)


def test_files_are_where_the_documentation_says_and_private(destination: LocalDestination, folder: Path) -> None:
    write(destination, ANNA, DAY, b"content")
    assert (folder / ANNA / DAY).read_bytes() == b"content"
    for path, mode in ((folder, 0o700), (folder / ANNA, 0o700), (folder / ANNA / DAY, 0o600)):
        assert stat.S_IMODE(path.stat().st_mode) == mode


class TestLinks:
    @pytest.fixture(autouse=True)
    def _something_to_steal(self, destination: LocalDestination, tmp_path: Path) -> None:
        write(destination, BEN, DAY, b"Ben's")
        write(destination, ANNA, NEXT_DAY, b"Anna's")
        (tmp_path / "secret").write_bytes(b"a secret")

    @pytest.mark.parametrize("target", [f"../{BEN}/{DAY}", "../../../secret"])
    def test_a_link_is_neither_listed_nor_read(self, destination: LocalDestination, folder: Path, target: str) -> None:
        (folder / ANNA / DAY).symlink_to(target)
        assert (folder / ANNA / DAY).read_bytes(), "the link itself leads somewhere"
        assert names(destination.list_files(ANNA)) == [NEXT_DAY]
        with pytest.raises(BackupNotFound):
            read(destination, ANNA, DAY)

    def test_writing_over_a_link_replaces_the_link_and_not_what_it_leads_to(
        self, destination: LocalDestination, folder: Path, tmp_path: Path
    ) -> None:
        (folder / ANNA / DAY).symlink_to(tmp_path / "secret")
        write(destination, ANNA, DAY, b"Anna's")
        assert (tmp_path / "secret").read_bytes() == b"a secret"
        assert not (folder / ANNA / DAY).is_symlink()
        assert read(destination, ANNA, DAY) == b"Anna's"

    def test_removing_a_link_leaves_what_it_leads_to(
        self, destination: LocalDestination, folder: Path, tmp_path: Path
    ) -> None:
        (folder / ANNA / DAY).symlink_to(tmp_path / "secret")
        destination.delete(ANNA, DAY)
        assert (tmp_path / "secret").exists()

    def test_a_user_s_folder_that_is_a_link_is_refused(self, destination: LocalDestination, folder: Path) -> None:
        other = "ffffffff-56d1-45a2-8a40-6b5e5f9d3c77"
        (folder / other).symlink_to(folder / BEN)
        assert destination.list_files(other) == []
        with pytest.raises(BackupNotFound):
            read(destination, other, DAY)
        with pytest.raises((OSError, DestinationProblem, BackupNotFound)):
            write(destination, other, DAY, b"content")
        destination.delete(other, DAY)
        assert read(destination, BEN, DAY) == b"Ben's"

    def test_a_folder_or_pipe_named_as_a_backup_is_not_read(self, destination: LocalDestination, folder: Path) -> None:
        (folder / ANNA / DAY).mkdir()
        os.mkfifo(folder / ANNA / "2026-03-01.json")
        assert names(destination.list_files(ANNA)) == [NEXT_DAY]
        for name in (DAY, "2026-03-01.json"):
            with pytest.raises((BackupNotFound, OSError)):
                read(destination, ANNA, name)


def test_a_process_killed_while_writing_leaves_a_whole_file(destination: LocalDestination, folder: Path) -> None:
    write(destination, ANNA, DAY, b"%09d" % 0 * 200_000)
    for pause in (0.05, 0.13, 0.2):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITE_FOR_EVER, str(folder), ANNA], stdout=subprocess.PIPE, text=True
        )
        with process:
            assert process.stdout is not None
            assert process.stdout.readline() == "begun\n"
            time.sleep(pause)
            process.send_signal(signal.SIGKILL)
        content = read(destination, ANNA, DAY)
        assert len(content) == 1_800_000
        assert content == content[:9] * 200_000, "one version of the file, whole"
        assert names(destination.list_files(ANNA)) == [DAY]


def test_what_a_killed_process_left_behind_is_removed_a_day_later(destination: LocalDestination, folder: Path) -> None:
    write(destination, ANNA, DAY, b"content")
    old, young = (folder / ANNA / f".{NEXT_DAY}.0a1b2c3{digit}.part" for digit in "de")
    for part in (old, young):
        part.write_bytes(b"half")
    day_ago = time.time() - 90_000
    os.utime(old, (day_ago, day_ago))
    write(destination, ANNA, NEXT_DAY, b"content")
    assert not old.exists()
    assert young.exists(), "another process may still be writing it"


def test_a_folder_that_cannot_be_created_is_reported_by_its_check(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(DestinationFailed, match="leads to a file"):
        LocalDestination(tmp_path / "file" / "backups").check()
