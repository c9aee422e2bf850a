"""Destinations that return nonsense: each command says so in a sentence, and no backup counts as good."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from support.applications import MakeApp

from movietracker.services import accounts
from movietracker.services.accounts import Account

SHELF = """
import time
from movietracker.pluginapi import *

FILES = {{}}


class Shelf(BaseDestination):
    name = "shelf"

    def check(self):
        return {check}

    def write(self, user_id, name, content):
        FILES[user_id, name] = content.read()

    def list_files(self, user_id):
        found = [BackupFile(name, len(data), time.time()) for (user, name), data in FILES.items() if user == user_id]
        return {listed}

    def read(self, user_id, name, into):
        into.write(FILES[user_id, name])

    def delete(self, user_id, name):
        FILES.pop((user_id, name), None)


@hookimpl
def register_backup_destinations(register):
    register(Shelf())
"""

Command = Callable[..., Result]


@pytest.fixture
def command(make_app: MakeApp, instance_path: Path, anna: Account) -> Command:
    """Runs a command with the destination ``shelf`` alone, of which two methods return the given expressions."""

    def run(*arguments: str, check: str = "'There is room.'", listed: str = "found") -> Result:
        (instance_path / "plugins").mkdir(parents=True, exist_ok=True)
        (instance_path / "plugins" / "shelf.py").write_text(SHELF.format(check=check, listed=listed))
        app = make_app(BACKUP_DESTINATIONS="shelf")
        with app.app_context():
            accounts.set_backup_enabled(anna.id, True)
        return app.test_cli_runner().invoke(args=arguments)

    return run


NONSENSE = [
    ("[(file.name, file.size) for file in found]", "shelf listed tuple instead of BackupFile."),
    ("None", "shelf listed NoneType instead of files."),
    (
        "[BackupFile(file.name, str(file.size), 0.0) for file in found]",
        "shelf listed BackupFile whose size is of the wrong kind (str).",
    ),
]


@pytest.mark.parametrize(("listed", "sentence"), NONSENSE)
def test_a_run_fails_where_the_files_cannot_be_listed(command: Command, listed: str, sentence: str) -> None:
    result = command("backup", "run", listed=listed)

    assert result.exit_code == 1
    assert "1 with failures" in result.output
    assert sentence in result.output
    assert "Traceback" not in result.output


def test_a_run_fails_where_the_file_is_not_listed(command: Command) -> None:
    result = command("backup", "run", listed="[]")

    assert result.exit_code == 1
    assert "shelf does not have the file that was just written there." in result.output


def test_any_collection_of_files_is_a_list(command: Command) -> None:
    result = command("backup", "run", listed="(file for file in found)")

    assert result.exit_code == 0, result.output


@pytest.mark.parametrize("arguments", [("list",), ("verify",)])
def test_other_commands_say_so(command: Command, arguments: tuple[str, ...]) -> None:
    assert command("backup", "run").exit_code == 0
    result = command("backup", *arguments, listed="[('name', 7)]")

    assert result.exit_code == 1
    assert "shelf listed tuple instead of BackupFile." in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"check": "None"}, "shelf returned no sentence from check()."),
        ({"listed": "None"}, "shelf listed NoneType instead of files."),
        ({"listed": "FILES['a key']"}, "shelf failed: KeyError."),
        ({"check": "exit(3)"}, "shelf failed: SystemExit."),
    ],
)
def test_doctor_names_the_destination(command: Command, wrong: dict[str, str], sentence: str) -> None:
    result = command("doctor", "--json", **wrong)

    assert result.exit_code == 1
    findings = json.loads(result.stdout)["findings"]
    assert [each["sentence"] for each in findings if each["subject"] == "shelf"] == [sentence]
