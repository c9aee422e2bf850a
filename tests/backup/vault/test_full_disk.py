"""A disk that is really full."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from support.library import add_stubs, imdb_ids

from movietracker.backup.vault.fetching import list_backups, read_document
from movietracker.backup.vault.run import run_now
from movietracker.backup.vault.vault import Vault
from movietracker.services.accounts import Account
from movietracker.services.backup_settings import set_backup_enabled
from movietracker.state import state


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    mount = shutil.which("mount")
    disk = tmp_path / "small"
    disk.mkdir()
    if mount is None or os.geteuid() != 0:
        pytest.skip("only root can mount a file system")
    made = subprocess.run([mount, "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], check=False, capture_output=True)
    if made.returncode != 0:
        pytest.skip("this machine lets nobody mount a file system")
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.fixture
def vault(make_app: Callable[..., Flask], small_disk: Path) -> Iterator[Vault]:
    with make_app(BACKUP_LOCAL_PATH=str(small_disk / "backups")).app_context():
        yield state().vault


def test_the_old_file_stays_and_the_run_says_which_user_failed(
    vault: Vault, saved: Account, ben: Account, small_disk: Path
) -> None:
    set_backup_enabled(ben.id, True)
    run_now(vault)
    before = {path: path.read_bytes() for path in small_disk.rglob("*.json")}
    assert len(before) == 2
    add_stubs(saved, imdb_ids(1000))  # about 200 KiB as a document

    report = run_now(vault)

    assert report is not None
    assert (report.status, report.failed_users) == ("partial", 1)
    (failure,) = report.failures
    assert (failure.user, failure.destination, failure.error) == (
        "anna@example.com",
        "local",
        "local: No space left on device.",
    )
    (path,) = (path for path in before if path.parent.name == saved.id)
    assert path.read_bytes() == before[path]
    assert [each.name for each in path.parent.iterdir()] == [path.name], "no rubbish that fills the disk"
    (backup,) = list_backups(vault.ready(), saved.id)
    with read_document(vault, vault.ready()[0], saved.id, backup.filename) as document:
        assert document.size == len(before[path])
