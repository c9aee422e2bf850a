"""Bringing files in with ``movietracker import``: questions, reports, lists of imports, undoing."""

import json
import re
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


def test_what_is_left_out_is_named(run: Run, anna: Account, export: str) -> None:
    output = run("import", export, "--user", "anna", "--yes").output
    assert re.search(r"Ikiru \(no year\) .* not certain which title is meant", output), output


def test_people_are_taken_when_told_to(run: Run, anna: Account, client: Client, export: str) -> None:
    assert run("import", export, "--user", "anna", "--yes", "--people").exit_code == 0
    (vote,) = client.get("/api/movies/tt0017136").json["recommendations"]
    assert vote["person_name"] == "Nelly"


@pytest.mark.parametrize(("become", "lists", "tags"), [("list", 1, 0), ("tag", 0, 1), ("skip", 0, 0)])
def test_lists_become_what_the_user_says(
    run: Run, anna: Account, client: Client, export: str, become: str, lists: int, tags: int
) -> None:
    assert run("import", export, "--user", "anna", "--yes", "--lists", become).exit_code == 0
    assert [len(client.get(f"/api/{kind}").json) for kind in ("lists", "tags")] == [lists, tags]
    assert ("tt0017136" in titles(client)) == (become != "skip")


def test_the_user_is_asked_for_titles_people_and_lists(run: Run, anna: Account, client: Client, export: str) -> None:
    result = run("import", export, "--user", "anna", stdin="1\nAunt Nelly\ntag\ny\n")
    assert result.exit_code == 0, result.output
    assert titles(client) == {"tt0034583": "watched", "tt0017136": "toWatch", "tt0044741": "toWatch"}
    assert client.get("/api/tags").json == [{"tag": "Nelly's recommendations", "titles": 2}]
    assert "Aunt Nelly" in {person["name"] for person in client.get("/api/people").json}


IMDB = "Position,Const,Created,Title,Title Type,Year\n1,tt0113277,2020-01-01,Heat,Movie,1995\n"


@pytest.mark.parametrize(("answer", "status"), [("y", {"tt0113277": "toWatch"}), ("n", {})])
def test_rows_to_be_looked_at_come_in_when_the_user_says_so_once_for_each_reason(
    run: Run, anna: Account, client: Client, tmp_path: Path, answer: str, status: dict[str, str]
) -> None:
    (tmp_path / "some list.csv").write_text(IMDB)
    result = run("import", str(tmp_path / "some list.csv"), "--user", "anna", stdin=f"{answer}\ny\n")
    assert "1 rows to be looked at: the file does not say which list it is" in result.output
    assert titles(client) == status


def test_what_a_row_to_be_looked_at_means_is_asked_once_for_each_title(
    run: Run, anna: Account, client: Client, tmp_path: Path
) -> None:
    viewings = "".join(f"2020-02-0{day},Ikiru,,,3.5,,,2020-01-0{day}\n" for day in (1, 2))
    (tmp_path / "orphans.csv").write_text(WATCHED.splitlines()[0] + ",Rating,Rewatch,Tags,Watched Date\n" + viewings)
    result = run("import", str(tmp_path / "orphans.csv"), "--user", "anna", stdin="y\n1\ny\n")
    assert result.exit_code == 0, result.output
    assert len(client.get("/api/movies/tt0044741").json["viewings"]) == 2


@pytest.mark.parametrize("answers", ["0\ndrop\nskip\nn\n", "1\n", ""])
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
