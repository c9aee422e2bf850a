"""``movietracker import``."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from support.client import Client
from support.uploads import write_zip

from movietracker.services.accounts import Account

Run = Callable[..., Result]

FILMS = "Date,Name,Year,Letterboxd URI\n2021-03-01,[red]Heat\x1b[2J,1995,https://boxd.it/29jS\n"


@pytest.fixture
def export(tmp_path: Path) -> str:
    """A small export with a list of recommendations and a broken member."""
    a_list = "\nDate,Name,Tags,URL,Description\n2021-01-01,Nelly's recomendations,,https://boxd.it/L,\n\n"
    places = "Position,Name,Year,URL,Description\n1,Ran,1985,https://boxd.it/2a9q,\n"
    files = {"watched.csv": FILMS, "lists/nelly.csv": a_list + places, "ratings.csv": bytes(100)}
    return str(write_zip(tmp_path / "export.zip", files))


def test_a_dry_run_shows_what_a_file_holds(run: Run, anna: Account, export: str) -> None:
    result = run("import", export, "--user", anna.email, "--dry-run")
    assert result.exit_code == 0, result.output
    assert result.output.startswith("Letterboxd, for anna")
    for line in ("titles +2", "places in lists +1", "recommenders +1", "rows that cannot be read +1"):
        assert re.search(f"^ *{line} *$", result.output, flags=re.MULTILINE)
    assert "Nelly's recomendations" in result.output
    assert "holds nothing but NUL bytes" in result.output


def test_a_dry_run_prints_json_for_scripts(run: Run, anna: Account, export: str) -> None:
    printed = json.loads(run("import", export, "--user", "anna", "--dry-run", "--json").output)
    assert printed["format"] == "letterboxd"
    assert {name: count for name, count in printed["counts"].items() if count} == {
        "titles": 2,
        "lists": 1,
        "list_items": 1,
        "people": 1,
        "broken": 1,
    }
    assert printed["people"] == [{"name": "Nelly", "written_as": ["Nelly's recomendations"], "titles": 1}]


def test_a_dry_run_changes_nothing(run: Run, anna: Account, client: Client, export: str) -> None:
    run("import", export, "--user", "anna", "--dry-run")
    assert client.get("/api/movies").json == []


def test_several_files_are_one_import(run: Run, anna: Account, tmp_path: Path) -> None:
    for name in ("watched", "watchlist"):
        (tmp_path / f"{name}.csv").write_text(FILMS)
    files = [str(tmp_path / f"{name}.csv") for name in ("watched", "watchlist")]
    counts = json.loads(run("import", *files, "--user", "anna", "--dry-run", "--json").output)["counts"]
    assert (counts["titles"], counts["watchlist"]) == (1, 1)


@pytest.mark.parametrize(
    ("content", "options", "sentence"),
    [
        ('{"theme": "dark"}', ["--dry-run"], "No importer recognizes this file. There are importers for: "),
        (FILMS, ["--format", "x"], "There is no importer named x. There are importers for: "),
        (FILMS, ["--dry-run", "--format", "x"], "There is no importer named x. There are importers for: "),
        ("\x1f\x8b", ["--dry-run"], "file.csv is not a ZIP archive that can be read"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    run: Run, anna: Account, tmp_path: Path, content: str, options: list[str], sentence: str
) -> None:
    (tmp_path / "file.csv").write_bytes(b"PK\x03\x04" if content.startswith("\x1f") else content.encode())
    result = run("import", str(tmp_path / "file.csv"), "--user", "anna", *options)
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: {sentence}")
    assert len(result.output.splitlines()) == 1


def test_an_unknown_user_is_one_sentence(run: Run, export: str) -> None:
    result = run("import", export, "--user", "nobody", "--dry-run")
    assert result.exit_code == 1
    assert result.output == "Error: There is no account with the e-mail, username or id nobody.\n"
