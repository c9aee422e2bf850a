"""Killed in the middle of a nightly run: the next process finishes it, and no torn file is ever listed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from flask import Flask
from support.applications import MakeApp
from support.backups import rows, switch_on
from support.library import add_stubs, imdb_ids
from support.serving import environment
from support.waiting import wait_until
from support.wall_clock import WallClock

from movietracker.backup.catalog.journal import Target
from movietracker.backup.catalog.restore import list_backups
from movietracker.backup.catalog.run import run_if_due
from movietracker.backup.catalog.verification import verify
from movietracker.models import BACKUP_FILES, BACKUP_RUNS
from movietracker.services.accounts import Account, delete_account
from movietracker.state import state

USERS = 12

# The nightly run as a serving process does it, with a lease that expires soon after the process was killed.
NIGHTLY = """
from movietracker import create_app
from movietracker.backup.catalog import run
from movietracker.state import state
run.LEASE_SECONDS = 1.0
with create_app().app_context():
    print("begun", flush=True)
    run.run_if_due(state().backups)
"""

# A disk that takes its time, so that there is a middle to be killed in.
SLOW = """
import time
from movietracker.pluginapi import hookimpl
from movietracker_plugins.local_backup.destination import LocalDestination

class Slow(LocalDestination):
    name = "slow"
    def write(self, user_id, name, content):
        class Reader:
            def read(self, size=-1):
                time.sleep(0.02)
                return content.read(500)
        super().write(user_id, name, Reader())
        while self._folder.with_name("stuck").exists():
            time.sleep(0.02)

@hookimpl
def register_backup_destinations(register, context):
    register(Slow(context.instance_path / "slow"))
"""


@pytest.fixture
def slow_app(make_app: MakeApp, instance_path: Path) -> Flask:
    """An application with a slow destination."""
    (instance_path / "plugins").mkdir(parents=True)
    (instance_path / "plugins" / "slow.py").write_text(SLOW)
    return make_app(BACKUP_DESTINATIONS="slow")


@pytest.fixture
def app(slow_app: Flask) -> Flask:
    return slow_app


def done() -> list[str]:
    return [record.user_id for record in rows(BACKUP_FILES) if record.verified]


def test_a_run_that_is_killed_again_and_again_is_finished_in_the_end(
    app: Flask, make_account: Callable[[str], Account], instance_path: Path
) -> None:
    users = [make_account(f"user{number}") for number in range(USERS)]
    with app.app_context():
        switch_on(*users)
        for user in users:
            add_stubs(user, imdb_ids(20))
        for _ in range(3):
            before = len(done())
            kill_in_the_middle(app, instance_path, lambda before=before: len(done()) > before)
            assert len(done()) < USERS, "it was killed in the middle"
            nothing_is_torn(users)
        finished_before = done()
        times = {path: path.stat().st_mtime_ns for path in (instance_path / "slow").rglob("*.json")}

        wait_until(lambda: run_if_due(state().backups), seconds=20)  # as soon as the dead process's lease expires

        assert sorted(done()) == sorted(user.id for user in users)
        *parts, run = sorted(rows(BACKUP_RUNS), key=lambda run: run.started_at)
        assert {part.status for part in parts} == {"interrupted"}
        assert (run.status, run.users, run.failed_users) == ("ok", USERS, 0)
        for path, written_at in times.items():
            if path.parent.name in finished_before:
                assert path.stat().st_mtime_ns == written_at, "finished users are not backed up again"
        for user in users:
            target = Target(user.id, user.email)
            found = list(verify(state().backups, state().backups.ready(), target, everything=True))
            assert {checked.error for checked in found} == {None}


def test_a_file_whose_writer_was_killed_goes_when_it_is_old(
    app: Flask, anna: Account, instance_path: Path, wall_clock: WallClock
) -> None:
    with app.app_context():
        switch_on(anna)
        (instance_path / "stuck").touch()
        kill_in_the_middle(app, instance_path, lambda: list_backups(state().backups.ready(), anna.id))
        (instance_path / "stuck").unlink()
        assert done() == []
        delete_account(anna.id)
        for _ in range(15):
            wall_clock.time += 86_400
            assert run_if_due(state().backups) is not None
        assert list((instance_path / "slow").rglob("*.json")) == []
        assert rows(BACKUP_FILES) == []


def kill_in_the_middle(app: Flask, instance_path: Path, is_far_enough: Callable[[], object]) -> None:
    settings = {
        "MOVIETRACKER_INSTANCE_PATH": str(instance_path),
        "DATABASE_URL": app.config["DATABASE_URL"],
        "BACKUP_DESTINATIONS": "slow",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", NIGHTLY], env=environment(settings), stdout=subprocess.PIPE, cwd=instance_path
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        wait_until(is_far_enough, seconds=30)
        time.sleep(0.03)
        os.kill(process.pid, signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL


def nothing_is_torn(users: list[Account]) -> None:
    for user in users:
        for backup in list_backups(state().backups.ready(), user.id):
            path = Path(state().backups.folder, "slow", user.id, backup.filename)
            assert len(orjson.loads(path.read_bytes())["movies"]) == 20
