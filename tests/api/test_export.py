"""Downloading the library for other programs."""

import json
import re
from typing import Any

import pytest
from flask import Flask
from support.client import Client, client_of
from support.exports import files_in, records_in, sheets_in
from support.shapes import assert_invalid, assert_problem

from movietracker import clock
from movietracker.exports.formats import FORMATS
from movietracker.services.accounts import Account

HEAT = {"title": "Heat", "year": "1995", "director": "Michael Mann"}


@pytest.fixture
def filled(client: Client) -> Client:
    """A client who has watched a film late in the evening, by UTC."""
    address = "/api/movies/tt0113277"
    client.post(f"{address}/recommendations", json={"person_name": "Mum", "tmdb_data": HEAT})
    client.post(f"{address}/viewings", json={"watched_at": 1_699_999_999, "rating": 9})
    return client


def export(client: Client, name: str, query: str = "") -> Any:
    answer = client.get(f"/api/export/{name}{query}")
    assert answer.status_code == 200, answer.text
    return answer


@pytest.mark.each_database
@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_a_download_that_says_its_size(filled: Client, name: str) -> None:
    answer = export(filled, name)
    wanted = FORMATS[name]
    assert answer.mimetype == wanted.media_type
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    disposition = answer.headers["Content-Disposition"]
    assert re.fullmatch(rf'attachment; filename="movietracker-{name}-\d{{4}}-\d\d-\d\d\.{wanted.suffix}"', disposition)
    assert "tt0113277" in (str(sheets_in(answer.data)) if wanted.suffix == "zip" else answer.data.decode())


@pytest.mark.parametrize("name", FORMATS)
def test_head_says_what_get_would(filled: Client, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: 1_700_000_000.5)  # the document names it
    told, full = filled.head(f"/api/export/{name}"), export(filled, name)
    assert (told.status_code, told.data) == (200, b"")
    for header in ("Content-Type", "Content-Disposition", "Content-Length", "ETag"):
        assert told.headers[header] == full.headers[header]


def test_json_is_the_backup_document(filled: Client) -> None:
    exported, backup = (json.loads(filled.get(address).data) for address in ("/api/export/json", "/api/backup/export"))
    assert exported | {"exported_at": None} == backup | {"exported_at": None}


def test_days_are_those_of_the_time_zone(filled: Client) -> None:
    days = [
        sheets_in(export(filled, "letterboxd", query).data)["watched-1"][0]["WatchedDate"]
        for query in ("", "?tz=Asia/Tokyo")
    ]
    assert days == ["2023-11-14", "2023-11-15"]


def test_a_time_zone_that_does_not_exist_is_refused(client: Client) -> None:
    assert_invalid(client.get("/api/export/csv?tz=Vienna"), "tz")


def test_an_unknown_format_is_told_which_there_are(client: Client) -> None:
    answer = client.get("/api/export/xlsx")
    assert_problem(answer, 404, "export_format_unknown")
    assert answer.json["detail"] == (
        "There is no export format of this name, only: letterboxd, imdb, trakt, trakt-import, csv, json."
    )


def test_csv_is_compressed_for_who_accepts_it(client: Client) -> None:
    answer = client.get("/api/export/trakt", headers={"Accept-Encoding": "gzip"})
    assert (answer.content_encoding, answer.headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert "Content-Length" not in answer.headers


@pytest.mark.parametrize("name", FORMATS)
def test_an_unchanged_library_is_not_sent_again(filled: Client, name: str) -> None:
    tag = export(filled, name).headers["ETag"]
    again = filled.get(f"/api/export/{name}", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    filled.put("/api/movies/tt0113277/rating", json={"my_rating": 2})
    assert filled.get(f"/api/export/{name}", headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("name", ["letterboxd", "imdb", "csv"])
def test_an_archive_of_an_unchanged_library_is_the_same(filled: Client, name: str) -> None:
    assert export(filled, name).data == export(filled, name).data


def test_one_users_export_has_nothing_of_anothers(
    app: Flask, filled: Client, bens_client: Client, ben: Account
) -> None:
    for name in FORMATS:
        answer = export(client_of(app, ben), name)
        content = str(files_in(answer.data)) if FORMATS[name].suffix == "zip" else answer.data.decode()
        assert "tt0113277" not in content
        assert "Mum" not in content


def test_the_readme_of_an_archive_says_what_is_left_out(filled: Client) -> None:
    readme = files_in(export(filled, "letterboxd").data)["README.txt"].decode()
    assert readme.startswith(FORMATS["letterboxd"].summary)
    assert "Left out: recommendations (no column says who told you): 1\r\n" in readme


def test_the_document_of_the_api_describes_each_kind_of_file(openapi_document: dict[str, Any]) -> None:
    described = openapi_document["paths"]["/api/export/{format}"]["get"]
    assert described["operationId"] == "exportAs"
    assert described["responses"]["200"]["content"].keys() == {"application/json", "application/zip", "text/csv"}
    for name in FORMATS:
        assert name in described["summary"]


def test_a_token_is_needed(anonymous: Client) -> None:
    assert_problem(anonymous.get("/api/export/csv"), 401, "bad_token")


def test_trakt_is_one_csv_file(filled: Client) -> None:
    assert [row["action"] for row in records_in(export(filled, "trakt").data)] == ["history", "ratings"]
