"""Runs the machines: on SQLite files, and on PostgreSQL where there is a server."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from hypothesis.stateful import run_state_machine_as_test
from support.applications import close_app
from support.effort import thorough
from sync.restoring import Backup

from movietracker import clock, create_app
from movietracker.services import accounts

from .titles import TitleMachine
from .traffic import Clock

STEPS = 25


@pytest.fixture(params=["sqlite", "postgresql"])
def machine(
    request: pytest.FixtureRequest, tmp_path: Path, password_hash: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[type[TitleMachine]]:
    """The machine on an application with two accounts."""
    url = request.getfixturevalue("postgresql_url") if request.param == "postgresql" else ""
    if not url:
        shutil.copy(request.getfixturevalue("migrated_database"), tmp_path / "app.db")
    settings = {"DATABASE_URL": url, "MOVIETRACKER_INSTANCE_PATH": str(tmp_path), "SECRET_KEY": "x" * 40}
    app = create_app({**settings, "ADMIN_TOKEN": "y" * 20})
    monkeypatch.setattr(accounts, "hash_password", lambda *_: password_hash)
    monkeypatch.setattr(clock, "time", Clock())
    with app.app_context():
        users = [accounts.create_account(f"{name}@example.com", name, "a long secret") for name in ("anna", "ben")]
    yield _on(app, users)
    close_app(app)


def _on(app: Flask, users: list[accounts.Account]) -> type[TitleMachine]:
    class Machine(TitleMachine):
        pass

    Machine.app, Machine.accounts, Machine.beginning = app, users, Backup(app)
    return Machine


def test_whatever_happens_every_action_counts_once_and_every_device_has_what_the_server_has(
    machine: type[TitleMachine], request: pytest.FixtureRequest
) -> None:
    examples = 4 if "postgresql" in request.node.name else 15
    run_state_machine_as_test(machine, settings=thorough(examples, stateful_step_count=STEPS))
