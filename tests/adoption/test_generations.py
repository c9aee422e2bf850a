"""An installation of each generation is adopted, on both databases, with all that it has."""

from pathlib import Path

import pytest
from flask import Flask
from support.client import Client, client_of
from support.originals import (
    ALIEN,
    DETAILS,
    GENERATIONS,
    HEAT,
    LONG_AGO,
    MATRIX,
    OLD_PASSWORD,
    RAINY,
    RATINGS,
    OriginalFile,
    fill,
)

from movietracker.adoption.adopting import AdoptionReport, adopt
from movietracker.services.accounts import create_account, find_account


def adopted(app: Flask, original: OriginalFile) -> tuple[AdoptionReport, Client]:
    """The report of an adoption, and a client of Anna's."""
    with app.app_context():
        anna = None
        if original.generation == "oldest":
            anna = create_account("anna@example.com", "anna", OLD_PASSWORD)
        report = adopt(original.path, into=anna)
    return report, client_of(app).login("anna@example.com", OLD_PASSWORD)


@pytest.mark.each_database
@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_library_of_each_generation_comes_over_whole(app: Flask, tmp_path: Path, generation: str) -> None:
    original = OriginalFile(tmp_path / "app.db", generation)
    fill(original)
    report, client = adopted(app, original)
    assert report.findings == []
    exported = client.get("/api/backup/export").json
    titles = {each["imdb_id"]: each for each in exported["movies"]}
    has_lists = generation in ("with lists", "newest")
    assert {imdb_id: each["status"] for imdb_id, each in titles.items()} == {
        ALIEN: "custom" if has_lists else "toWatch",
        MATRIX: "watched",
        HEAT: "watched",
    }
    assert titles[MATRIX]["watch_history"] == {"date_watched": LONG_AGO, "my_rating": 9.5}
    assert (titles[HEAT]["my_rating"], [each["watched_at"] for each in titles[HEAT]["viewings"]]) == (
        None,
        [LONG_AGO + 60],
    )
    votes = {(each["person_name"], each["vote_type"]) for each in titles[HEAT]["recommendations"]}
    assert votes == {("Cleo", generation == "oldest"), ("Google Search", True)}
    assert titles[MATRIX]["recommendations"] == [
        {"person_name": "Cleo", "date_recommended": LONG_AGO, "vote_type": True}
    ]
    people = {each["name"]: each for each in exported["people"]}
    assert (len(people), people["Cleo"]["is_trusted"]) == (5, True)
    assert (people["Google Search"]["quick_key"], people["Google Search"]["is_trusted"]) == ("google", True)
    assert [each["id"] for each in exported["lists"]] == ([RAINY] if has_lists else [])
    ranking = [HEAT, MATRIX] if generation == "newest" else []
    assert [each["imdb_id"] for each in client.get("/api/ranking").json] == ranking


@pytest.mark.parametrize("generation", GENERATIONS)
def test_rows_read_and_stored_are_counted_by_table(app: Flask, tmp_path: Path, generation: str) -> None:
    original = OriginalFile(tmp_path / "app.db", generation)
    fill(original)
    (account,) = adopted(app, original)[0].accounts
    counts = {each.table: (each.read, each.stored, each.left_out, each.newer_here) for each in account.tables}
    expected = {"people": 2, "movies": 3, "movie_status": 3, "watch_history": 2, "recommendations": 3}
    if generation in ("with lists", "newest"):
        expected["custom_lists"] = 1
    if generation == "newest":
        expected["movie_rankings"] = 2
    assert counts == {table: (count, count, 0, 0) for table, count in expected.items()}


def test_a_questionable_title_is_to_watch_and_the_report_says_so(app: Flask, tmp_path: Path) -> None:
    original = OriginalFile(tmp_path / "app.db", "votes as words")
    fill(original)
    (account,) = adopted(app, original)[0].accounts
    assert account.notes == ["Titles that were questionable and are to watch now: 1."]


@pytest.mark.parametrize("generation", GENERATIONS)
def test_stored_details_come_along_and_are_searched(app: Flask, tmp_path: Path, generation: str) -> None:
    original = OriginalFile(tmp_path / "app.db", generation)
    fill(original)
    client = adopted(app, original)[1]
    for words in ("matrix", "wachowski", "action"):
        (found,) = client.get("/api/movies", query_string={"q": words}).json
        assert (found["imdb_id"], found["tmdb_data"], found["omdb_data"]) == (MATRIX, DETAILS, RATINGS)


@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_file_is_not_touched(app: Flask, tmp_path: Path, generation: str) -> None:
    folder = tmp_path / "original"
    folder.mkdir()
    original = OriginalFile(folder / "app.db", generation)
    fill(original)
    before = original.path.read_bytes(), original.path.stat().st_mtime_ns
    adopted(app, original)
    assert (original.path.read_bytes(), original.path.stat().st_mtime_ns) == before
    assert list(folder.iterdir()) == [original.path]


@pytest.mark.each_database
@pytest.mark.parametrize("generation", GENERATIONS)
def test_adopting_again_changes_nothing(app: Flask, tmp_path: Path, generation: str) -> None:
    original = OriginalFile(tmp_path / "app.db", generation)
    fill(original)
    client = adopted(app, original)[1]
    before = client.get("/api/sync").json["cursor"]
    with app.app_context():
        into = None if generation != "oldest" else find_account("anna@example.com")
        (again,) = adopt(original.path, into=into).accounts
    assert sum(again.added.values()) == sum(again.changed.values()) == 0
    assert all(each.read == each.stored for each in again.tables)
    assert client.get("/api/sync").json["cursor"] == before
