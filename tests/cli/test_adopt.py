"""``movietracker adopt``: an original installation comes in by one command."""

import json
from pathlib import Path

import pytest
from support.client import Client
from support.originals import HEAT, OriginalFile, fill
from support.serving import run_program

from movietracker.services.accounts import Account

from .conftest import Run


@pytest.fixture
def original(tmp_path: Path) -> OriginalFile:
    """A file of the newest generation with something in every table, and a vote that leads nowhere."""
    original = OriginalFile(tmp_path / "original.db")
    fill(original)
    original.add_vote("tt0000001", "Cleo")
    return original


def test_it_prints_a_table_of_rows_and_what_is_left_out(run: Run, original: OriginalFile) -> None:
    result = run("adopt", str(original.path))
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["anna@example.com", "(new)"] in lines
    assert ["recommendations", "4", "3", "1", "0"] in lines
    assert "Added 3 movies, 1 people, 1 lists, 2 rankings; changed 1 people." in result.stdout
    assert "anna@example.com: recommendations tt0000001, Cleo: left out: its title is not there" in result.stdout


def test_json_is_for_scripts(run: Run, original: OriginalFile) -> None:
    told = json.loads(run("adopt", str(original.path), "--json").stdout)
    assert told["dry_run"] is False
    (account,) = told["accounts"]
    assert (account["email"], account["state"], account["added"]["movies"]) == ("anna@example.com", "new", 3)
    assert {"table": "movies", "read": 3, "stored": 3, "left_out": 0, "newer_here": 0} in account["tables"]
    assert [each["table"] for each in told["findings"]] == ["recommendations"]


def test_a_trial_changes_nothing_and_says_so(run: Run, original: OriginalFile) -> None:
    result = run("adopt", str(original.path), "--dry-run")
    assert "Would add 3 movies" in result.stdout
    assert result.stdout.endswith("Nothing was changed.\n")
    assert run("users", "list").stdout == ""


def test_again_it_says_that_nothing_was_added(run: Run, original: OriginalFile) -> None:
    run("adopt", str(original.path))
    result = run("adopt", str(original.path))
    assert "anna@example.com (adopted before)" in result.stdout
    assert "Added nothing; changed nothing." in result.stdout


def test_a_file_without_accounts_goes_into_the_library_of_a_user(
    run: Run, tmp_path: Path, anna: Account, client: Client
) -> None:
    original = OriginalFile(tmp_path / "original.db", "oldest")
    fill(original)
    assert run("adopt", str(original.path)).exit_code == 1
    result = run("adopt", str(original.path), "--user", "anna@example.com")
    assert "anna@example.com (existing)" in result.stdout
    assert HEAT in {each["imdb_id"] for each in client.get("/api/movies").json}


def test_an_account_that_is_not_there_is_said_how_to_create(run: Run, original: OriginalFile) -> None:
    result = run("adopt", str(original.path), "--user", "zoe@example.com")
    assert result.exit_code == 1
    assert "movietracker users create --email" in result.stderr


def test_a_refusal_is_one_sentence_and_exit_code_1(run: Run, tmp_path: Path) -> None:
    result = run("adopt", str(tmp_path / "nothing.db"))
    assert (result.exit_code, result.stderr) == (1, f"Error: There is no file {tmp_path / 'nothing.db'}.\n")


def test_names_in_the_file_steer_no_terminal(run: Run, original: OriginalFile) -> None:
    original.add_vote("tt0000002", "\x1b[2JCleo")
    result = run("adopt", str(original.path))
    assert result.exit_code == 0
    assert "\x1b" not in result.output


@pytest.mark.slow
def test_it_runs_as_a_program(folder: Path, original: OriginalFile) -> None:
    result = run_program(folder, "adopt", str(original.path))
    assert (result.returncode, "Added 3 movies" in result.stdout) == (0, True), result.stderr
