"""What ``movietracker doctor`` says of nightly backups."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from flask import Flask
from support.applications import MakeApp

from movietracker.backup.catalog import journal
from movietracker.backup.catalog.run import run_if_due
from movietracker.services.accounts import Account, set_backup_enabled
from movietracker.state import state

DAY = 86_400.0


@pytest.fixture
def told(app: Flask) -> Callable[[], dict[str, str]]:
    """The finding on backups."""

    def examine() -> dict[str, str]:
        result = app.test_cli_runner().invoke(args=["doctor", "--json"])
        (finding,) = (each for each in orjson.loads(result.stdout)["findings"] if each["subject"] == "backups")
        assert result.exit_code == 0, "it is a warning at most"
        return dict(finding)

    return examine


@pytest.fixture
def wanted(app: Flask, anna: Account) -> Account:
    with app.app_context():
        set_backup_enabled(anna.id, True)
    return anna


def finish(app: Flask, days_ago: float, **ended: Any) -> None:
    """Note a nightly run that ended so many days ago."""
    with app.app_context(), pytest.MonkeyPatch.context() as patch:
        patch.setattr("movietracker.clock.now", lambda: time.time() - days_ago * DAY)
        run = journal.begin_run("nightly", "2026-01-31", time.time() - days_ago * DAY)
        journal.finish_run(run, **{"status": "ok", "users": 1, "failed_users": 0, **ended})


def test_that_no_user_wants_them(told: Callable[[], dict[str, str]], anna: Account) -> None:
    assert (told()["level"], told()["sentence"]) == (
        "warning",
        "No user is backed up: no active one has enabled nightly backups.",
    )
    assert told()["remedy"] == "Run: movietracker backup enable USER"


def test_that_there_has_been_none_yet(told: Callable[[], dict[str, str]], wanted: Account) -> None:
    assert (told()["level"], told()["sentence"]) == ("warning", "There has been no nightly backup yet.")
    assert "MOVIETRACKER_SCHEDULER" in told()["remedy"]


def test_that_all_is_well(app: Flask, told: Callable[[], dict[str, str]], wanted: Account) -> None:
    finish(app, 9, failed_users=1)
    with app.app_context():
        run_if_due(state().backups)
    assert told()["level"] == "ok"
    assert told()["sentence"].endswith("; users: 1, with failures: 0.")


def test_that_the_last_one_was_long_ago(app: Flask, told: Callable[[], dict[str, str]], wanted: Account) -> None:
    finish(app, 2)
    assert told()["level"] == "warning"
    finish(app, 1)
    assert told()["level"] == "ok"


def test_that_some_have_none(app: Flask, told: Callable[[], dict[str, str]], wanted: Account) -> None:
    finish(app, 0.5, users=5, failed_users=2, status="partial")
    assert told()["level"] == "warning"
    assert told()["sentence"].endswith("; users: 5, with failures: 2.")


def test_that_backups_on_request_do_as_well(app: Flask, told: Callable[[], dict[str, str]], wanted: Account) -> None:
    def back_up(*options: str) -> dict[str, str]:
        assert app.test_cli_runner().invoke(args=["backup", "run", *options]).exit_code == 0
        return told()

    assert back_up()["sentence"] == "There has been no nightly backup yet. All users have newer backups."
    finish(app, 0, users=1, failed_users=1, status="failed")
    assert told()["level"] == "warning"
    assert back_up()["level"] == "ok"


def test_that_a_backup_of_one_user_or_at_one_destination_does_not(
    make_app: MakeApp, anna: Account, ben: Account, tmp_path: Path
) -> None:
    (tmp_path / "disk").mkdir()
    app = make_app(BACKUP_REMOTE_URL=f"file://{tmp_path}/disk")
    with app.app_context():
        set_backup_enabled(anna.id, True)
        set_backup_enabled(ben.id, True)
    run = app.test_cli_runner().invoke
    for options in (["--user", "anna"], ["--destination", "local"]):
        assert run(args=["backup", "run", *options]).exit_code == 0
        assert "warning  backups " in run(args=["doctor"]).stdout
    assert run(args=["backup", "run", "--user", "ben"]).exit_code == 0
    assert "ok       backups " in run(args=["doctor"]).stdout
