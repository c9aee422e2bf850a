"""Bringing files in with ``movietracker import``: questions, reports, lists of imports, undoing."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from support.client import Client
from support.imports import exported
from support.serving import run_program
from support.uploads import write_zip

from movietracker.services.accounts import Account

Run = Callable[..., Result]

WATCHED = "Date,Name,Year,Letterboxd URI\n2021-03-01,Casablanca,1942,https://boxd.it/29jS\n"
A_LIST = "\nDate,Name,Tags,URL,Description\n2021-01-01,Nelly's recommendations,,https://boxd.it/L,\n\n"
PLACES = "Position,Name,Year,URL,Description\n1,Metropolis,1927,https://boxd.it/2a9q,\n2,Ikiru,,https://boxd.it/2a9r,\n"


@pytest.fixture
def export(tmp_path: Path) -> str:
    """An export with a watched film, a list of recommendations, and a title without a year."""
    return str(write_zip(tmp_path / "export.zip", {"watched.csv": WATCHED, "lists/nelly.csv": A_LIST + PLACES}))


def titles(client: Client) -> dict[str, str]:
    return {movie["imdb_id"]: movie["status"] for movie in client.get("/api/movies").json}


def test_yes_leaves_out_what_is_not_certain_and_all_people(
    run: Run, anna: Account, client: Client, export: str
) -> None:
    result = run("import", export, "--user", "anna", "--yes", "--json")
    assert result.exit_code == 0, result.output
    job = json.loads(result.output)
    assert (job["state"], job["report"]["titles_added"], job["counts"]["ambiguous"]) == ("done", 2, 1)
    assert titles(client) == {"tt0034583": "watched", "tt0017136": "custom"}
    assert "Nelly" not in {person["name"] for person in client.get("/api/people").json}


def test_people_are_taken_when_told_to(run: Run, anna: Account, client: Client, export: str) -> None:
    assert run("import", export, "--user", "anna", "--yes", "--people").exit_code == 0
    (vote,) = client.get("/api/movies/tt0017136").json["recommendations"]
    assert vote["person_name"] == "Nelly"


def test_the_user_is_asked_for_titles_people_and_lists(run: Run, anna: Account, client: Client, export: str) -> None:
    result = run("import", export, "--user", "anna", stdin="1\nAunt Nelly\nn\ny\n")
    assert result.exit_code == 0, result.output
    assert titles(client) == {"tt0034583": "watched", "tt0017136": "toWatch", "tt0044741": "toWatch"}
    assert "Aunt Nelly" in {person["name"] for person in client.get("/api/people").json}


@pytest.mark.parametrize("answers", ["0\ndrop\nn\nn\n", "1\n", ""])
def test_nothing_is_imported_unless_it_is_confirmed(
    run: Run, anna: Account, client: Client, export: str, answers: str
) -> None:
    result = run("import", export, "--user", "anna", stdin=answers)
    assert result.exit_code == 1
    assert "Nothing was imported." in result.output
    assert titles(client) == {}


def test_imports_are_listed_and_taken_back(run: Run, app: Flask, anna: Account, export: str) -> None:
    with app.app_context():
        before = exported(anna) | {"exported_at": 0}
    batch = json.loads(run("import", export, "--user", "anna", "--yes", "--people", "--json").output)["id"]
    assert batch in run("import", "list", "--user", "anna").output
    assert [job["state"] for job in json.loads(run("import", "list", "--user", "anna", "--json").output)] == ["done"]
    assert run("import", "undo", batch, "--user", "anna").exit_code == 0
    with app.app_context():
        assert exported(anna) | {"exported_at": 0} == before


def test_an_import_of_another_user_cannot_be_taken_back(run: Run, anna: Account, ben: Account, export: str) -> None:
    batch = json.loads(run("import", export, "--user", "anna", "--yes", "--json").output)["id"]
    result = run("import", "undo", batch, "--user", "ben")
    assert (result.exit_code, result.output) == (1, "Error: You have no import with that id.\n")


@pytest.mark.slow
def test_the_program_imports_and_takes_back(folder: Path, export: str) -> None:
    made = ("--email", "anna@example.com", "--username", "anna", "--password-stdin")
    assert run_program(folder, "users", "create", *made, stdin="a long password\n").returncode == 0
    done = run_program(folder, "import", export, "--user", "anna", "--yes", "--json")
    assert done.returncode == 0, done.stderr
    undone = run_program(folder, "import", "undo", json.loads(done.stdout)["id"], "--user", "anna")
    assert undone.returncode == 0, undone.stderr
