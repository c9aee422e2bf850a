"""``movietracker export``."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from support.client import Client
from support.exports import files_in, records_in
from support.serving import run_program

from movietracker.exports.formats import FORMATS
from movietracker.services.accounts import Account

Run = Callable[..., Result]


@pytest.fixture
def filled(client: Client) -> Client:
    """A client with a film that was watched late in the evening, by UTC, and a series."""
    for imdb_id, media_type in (("tt0113277", "movie"), ("tt0306414", "tv")):
        address = f"/api/movies/{imdb_id}"
        client.post(f"{address}/recommendations", json={"person_name": "Mum", "media_type": media_type})
        client.post(f"{address}/viewings", json={"watched_at": 1_699_999_999, "rating": 9})
    return client


def test_a_file_is_written_and_what_is_left_out_is_told(
    run: Run, anna: Account, filled: Client, tmp_path: Path
) -> None:
    path = tmp_path / "mine.zip"
    result = run("export", anna.email, "--format", "letterboxd", "--output", str(path), "--tz", "Asia/Tokyo")
    assert (result.exit_code, result.stdout) == (0, f"Wrote {path}.\n")
    assert result.stderr.splitlines() == [
        "Left out: recommendations (no column says who told you): 1",
        "Left out: series (Letterboxd has films only): 1",
    ]
    (row,) = records_in(files_in(path.read_bytes())["watched-1.csv"])
    assert (row["imdbID"], row["WatchedDate"]) == ("tt0113277", "2023-11-15")
    assert not list(tmp_path.glob(".*.part"))


@pytest.mark.parametrize("name", FORMATS)
def test_in_a_folder_the_file_has_a_name_with_the_day(
    run: Run, anna: Account, filled: Client, tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    result = run("export", "anna", "--format", name, "-o", str(folder))
    assert result.exit_code == 0, result.output
    (path,) = folder.iterdir()
    assert path.match(f"movietracker-{name}-20??-??-??.{FORMATS[name].suffix}")
    assert path.stat().st_size > 100


def test_standard_output_gets_the_bytes_of_the_api(run: Run, anna: Account, filled: Client) -> None:
    for name in ("csv", "trakt-import"):
        result = run("export", "anna", "--format", name)
        assert result.exit_code == 0, result.output
        assert result.stdout_bytes == filled.get(f"/api/export/{name}").data


def test_json_is_the_backup_document(run: Run, anna: Account, filled: Client) -> None:
    exported, backup = (
        json.loads(run(*command).stdout)
        for command in (("export", "anna", "--format", "json"), ("backup", "export", "anna"))
    )
    assert exported | {"exported_at": 0} == backup | {"exported_at": 0}


def test_the_formats_are_listed_with_a_sentence_each(run: Run) -> None:
    result = run("export", "--list")
    assert result.exit_code == 0
    for each in FORMATS.values():
        assert f"{each.name} " in result.output
        assert each.summary in result.output


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("anna", "--format", "xlsx"), 2, "'letterboxd', 'imdb', 'trakt', 'trakt-import', 'csv', 'json'"),
        (("anna",), 2, "Missing option '--format'"),
        (("nobody", "--format", "csv"), 1, "There is no account"),
        (("anna", "--format", "csv", "--tz", "Vienna"), 1, "tz: Must be a time zone such as Europe/Vienna."),
        (("anna", "--format", "csv", "--output", "/nowhere/x.zip"), 1, "/nowhere"),
    ],
)
def test_what_cannot_be_is_said(run: Run, anna: Account, arguments: tuple[str, ...], code: int, words: str) -> None:
    result = run("export", *arguments)
    assert result.exit_code == code
    assert words in result.output


def test_an_existing_file_stays_whole_when_an_export_fails(run: Run, anna: Account, tmp_path: Path) -> None:
    path = tmp_path / "mine.zip"
    path.write_bytes(b"before")
    assert run("export", "nobody", "--format", "csv", "--output", str(path)).exit_code == 1
    assert path.read_bytes() == b"before"


def test_the_program_lists_the_formats_without_a_database(tmp_path: Path) -> None:
    result = run_program(tmp_path, "export", "--list")
    assert result.returncode == 0
    assert "trakt-import" in result.stdout
