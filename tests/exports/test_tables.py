"""Plain CSV files of a whole library."""

import itertools
import json
import re
from collections.abc import Callable
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.client import Client
from support.exports import Record, files_in, sheets_in, written
from support.json_values import ANY_JSON
from support.libraries import LIBRARIES, MadeLibrary

from movietracker.exports.formats import FORMATS
from movietracker.exports.tables import SHEETS
from movietracker.services.accounts import Account

from .conftest import Export

Json = dict[str, Any]
Sheets = dict[str, list[Record]]


def number(cell: str) -> float | None:
    return float(cell) if cell else None


def flag(cell: str) -> bool:
    return {"true": True, "false": False}[cell]


def of_title(rows: list[Record], imdb_id: str) -> list[Record]:
    return [row for row in rows if row["imdb_id"] == imdb_id]


def movie(row: Record, sheets: Sheets) -> Json:
    """A title as the backup document has it, of what the files say."""
    viewings = [
        {
            **{name: viewing[name] or None for name in ("id", "watched_on", "note", "source")},
            **{name: number(viewing[name]) for name in ("watched_at", "rating", "created_at")},
        }
        for viewing in of_title(sheets["viewings"], row["imdb_id"])
    ]
    votes = [
        {
            "person_name": vote["person_name"],
            "date_recommended": number(vote["date_recommended"]),
            "vote_type": flag(vote["vote_type"]),
        }
        | ({"note": vote["note"]} if vote["note"] else {})
        for vote in of_title(sheets["recommendations"], row["imdb_id"])
    ]
    return {
        **{name: row[name] for name in ("imdb_id", "media_type", "status")},
        "custom_list_id": row["custom_list_id"] or None,
        **{name: number(row[name]) for name in ("added_at", "last_modified")},
        "recommendations": votes,
        "my_rating": number(row["my_rating"]),
        "viewings": viewings[::-1],
        **({"liked": True} if flag(row["liked"]) else {}),
        **({"tags": tags} if (tags := [each["tag"] for each in of_title(sheets["tags"], row["imdb_id"])]) else {}),
    }


def person(row: Record) -> Json:
    texts = {name: row[name] or None for name in ("name", "color", "emoji", "quick_key")}
    return {**texts, "is_trusted": flag(row["is_trusted"]), "last_modified": number(row["last_modified"])}


def listing(row: Record) -> Json:
    numbers = {name: number(row[name]) for name in ("position", "created_at", "last_modified")}
    return {**{name: row[name] for name in ("id", "name", "color", "icon")}, **numbers}


def rank(row: Record, sheets: Sheets) -> Json:
    place = {"imdb_id": row["imdb_id"], "liked": flag(row["liked"])}
    compared = [
        {name: each[name] for name in ("winner", "loser")} for each in of_title(sheets["comparisons"], row["imdb_id"])
    ]
    numbers = {name: number(row[name]) for name in ("position", "ranked_at")}
    return {**place, **numbers} | ({"comparisons": compared} if compared else {})


def told_by(archive: bytes) -> Json:
    """The sections of a backup document, of what the files say."""
    sheets = sheets_in(archive)
    return {
        "movies": [movie(row, sheets) for row in sorted(sheets["titles"], key=itemgetter("imdb_id"))],
        "people": [person(row) for row in sheets["people"]],
        "lists": [listing(row) for row in sheets["lists"]],
        "rankings": [rank(row, sheets) for row in sheets["rankings"]],
    }


def without_deleted(document: Json) -> Json:
    deleted = {each["imdb_id"] for each in document["movies"] if each["status"] == "deleted"}
    for each in document["movies"]:
        del each["watch_history"]  # which repeats the newest viewing and the rating
    sections = {name: document[name] for name in ("movies", "people", "lists", "rankings")}
    for name in ("movies", "rankings"):
        sections[name] = [each for each in sections[name] if each["imdb_id"] not in deleted]
    for each in sections["rankings"]:
        if each.get("comparisons") == []:
            del each["comparisons"]
    return sections


@pytest.mark.each_database
@given(LIBRARIES)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_the_files_of_any_account_say_all_that_its_backup_does(
    app: Flask, make_account: Callable[[str], Account], tmp_path: Path, made: MadeLibrary
) -> None:
    with app.app_context():
        user = make_account(f"user{next(_NUMBERS)}")
        made.build(user)
        archive, _ = written(user, "csv", tmp_path)
        document, _ = written(user, "json", tmp_path)
        assert told_by(archive) == without_deleted(json.loads(document))
        assert written(user, "csv", tmp_path)[0] == archive


_NUMBERS = itertools.count()


@given(st.lists(st.tuples(ANY_JSON, ANY_JSON), min_size=1, max_size=3))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_whatever_is_stored_of_titles_is_exported_in_every_format(
    client: Client, export: Export, stored: list[tuple[Any, Any]]
) -> None:
    for at, (details, ratings) in enumerate(stored, 1):
        body = {"person_name": "Mum", "tmdb_data": details, "omdb_data": ratings}
        client.post(f"/api/movies/tt{next(_NUMBERS) * 10 + at:07}/recommendations", json=body)
    for name in FORMATS:
        assert export(name)[0]


def test_the_document_has_the_columns_of_every_file() -> None:
    document = (Path(__file__).parents[2] / "docs/moving-out.md").read_text()
    rows = re.findall(r"^\| `(\w+)\.csv` \| (.+) \|$", document, flags=re.MULTILINE)
    listed = {name: re.findall(r"`(\w+)`", re.sub(r"\(.*?\)", "", columns)) for name, columns in rows}
    for sheet in SHEETS:
        assert set(listed.pop(sheet.name)) == set(sheet.columns), sheet.name
    assert listed == {}


def test_an_empty_library_has_all_headers_and_the_quick_recommenders(export: Export) -> None:
    archive, left_out = export("csv")
    files = files_in(archive)
    assert {name: content.count(b"\r\n") for name, content in files.items() if name != "README.txt"} == {
        "titles.csv": 1,
        "viewings.csv": 1,
        "recommendations.csv": 1,
        "tags.csv": 1,
        "people.csv": 5,
        "lists.csv": 1,
        "rankings.csv": 1,
        "comparisons.csv": 1,
    }
    assert left_out == {}


def test_titles_have_their_tags_in_one_cell_too(export: Export, client: Client, add: Callable[..., str]) -> None:
    film = add(1)
    for tag in ("noir", "1, 2"):
        client.put(f"{film}/tags/{tag}")
    sheets = sheets_in(export("csv")[0])
    assert [(row["liked"], row["tags"]) for row in sheets["titles"]] == [("false", "1, 2, noir")]
    assert [row["tag"] for row in sheets["tags"]] == ["1, 2", "noir"]


def test_formulas_in_names_and_notes_are_kept_from_running(export: Export, add: Callable[..., str]) -> None:
    add(1, {"title": '=HYPERLINK("http://evil.example","Heat")'}, by="@Mum", note="+1")
    files = files_in(export("csv")[0])
    titles, votes, people = (files[f"{name}.csv"].decode() for name in ("titles", "recommendations", "people"))
    assert ""","'=HYPERLINK(""http://evil.example"",""Heat"")",""" in titles
    assert ",'@Mum,true," in votes
    assert votes.endswith(",'+1\r\n")
    assert "\n'@Mum," in people
