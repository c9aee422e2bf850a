"""Imports from other trackers by the API: upload, preview, decisions, confirmation, undoing."""

import base64
import io
import json
from typing import Any

import pytest
from flask import Flask
from support.client import Client
from support.imports import work
from support.shapes import assert_invalid, assert_problem
from support.uploads import zip_bytes

from movietracker.api import imports as api
from movietracker.imports import jobs
from movietracker.services.accounts import Account

WATCHED = "Date,Name,Year,Letterboxd URI\n2021-03-01,Casablanca,1942,https://boxd.it/29jS\n"
A_LIST = "\nDate,Name,Tags,URL,Description\n2021-01-01,Nelly's recommendations,,https://boxd.it/L,\n\n"
DIARY = "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n2024-01-01,Ikiru,1952,,,,,2024-01-01\n"
PLACES = "Position,Name,Year,URL,Description\n1,Metropolis,1927,https://boxd.it/2a9q,\n2,Ikiru,,https://boxd.it/2a9r,\n"
EXPORT = zip_bytes({"watched.csv": WATCHED, "lists/nelly.csv": A_LIST + PLACES})


class Imports:
    """Anna's imports, and the background that works on them."""

    def __init__(self, app: Flask, client: Client, anna: Account) -> None:
        self.app, self.client, self.anna = app, client, anna

    def upload(self, content: bytes = EXPORT, query: str = "") -> str:
        answer = self.client.post(f"/api/import{query}", data=content, content_type="application/octet-stream")
        assert answer.status_code == 202, answer.text
        return str(answer.json["id"])

    def work(self, job_id: str) -> Any:
        with self.app.app_context():
            work(jobs.get_job(self.anna.id, job_id))
        return self.client.get(f"/api/import/{job_id}").json

    def ready(self) -> str:
        job_id = self.upload()
        assert self.work(job_id)["state"] == "ready"
        return job_id

    def rows(self, job_id: str, query: str = "") -> Any:
        return self.client.get(f"/api/import/{job_id}/rows{query}")

    def ask(self, job_id: str, what: str, body: Any = None) -> Any:
        return self.client.post(f"/api/import/{job_id}/{what}", json={} if body is None else body)


@pytest.fixture
def imports(app: Flask, client: Client, anna: Account) -> Imports:
    return Imports(app, client, anna)


def titles(client: Client) -> dict[str, str]:
    return {movie["imdb_id"]: movie["status"] for movie in client.get("/api/movies").json}


def test_an_upload_is_previewed_confirmed_and_taken_back(imports: Imports, client: Client) -> None:
    job_id = imports.ready()
    assert titles(client) == {}
    assert imports.ask(job_id, "confirm").status_code == 202
    report = imports.work(job_id)["report"]
    assert (report["titles_added"], report["titles_left_out"]) == (1, 1)  # of a list that nobody decided
    assert titles(client) == {"tt0034583": "watched"}
    assert imports.ask(job_id, "undo").status_code == 202
    assert imports.work(job_id)["state"] == "undone"
    assert titles(client) == {}


def test_files_of_a_form_are_one_import(imports: Imports, client: Client) -> None:
    files = [(io.BytesIO(WATCHED.encode()), "watched.csv"), (io.BytesIO((A_LIST + PLACES).encode()), "nelly.csv")]
    answer = client.post("/api/import", data={"file": files})
    assert answer.status_code == 202, answer.text
    assert imports.work(answer.json["id"])["counts"]["titles"] == 3


def test_a_form_without_a_file_is_refused(client: Client) -> None:
    assert_invalid(client.post("/api/import", data={"other": "text"}, content_type="multipart/form-data"), "file")


def test_a_body_that_is_too_large_is_refused_and_leaves_no_job(
    app: Flask, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = next(each for each in api.blueprint.operations if each.view is api.upload)
    monkeypatch.setattr(upload, "max_body", 10)
    assert_problem(client.post("/api/import", data=bytes(11)), 413, "body_too_large")
    assert client.get("/api/import").json == []


def test_the_name_of_a_file_and_the_format_can_be_told(imports: Imports) -> None:
    job_id = imports.upload(WATCHED.encode(), "?format=letterboxd&filename=watchlist.csv")
    assert imports.work(job_id)["counts"]["watchlist"] == 1


def test_a_file_of_no_known_format_fails_with_a_sentence(imports: Imports) -> None:
    job = imports.work(imports.upload(b"Amount\n12\n", "?format=nothing"))
    assert job["state"] == "failed"
    assert job["error"].startswith("There is no importer named nothing.")


def test_files_that_no_importer_recognizes_are_named(imports: Imports) -> None:
    def error(content: bytes, query: str = "") -> str:
        return str(imports.work(imports.upload(content, query))["error"])

    other = '{"theme": "dark"}'
    assert error(other.encode(), "?filename=theme.json") == "No importer recognizes theme.json."
    assert error(b"", "?filename=films.csv") == "There is nothing in films.csv."
    assert error(zip_bytes({})) == "There is nothing in the archive."
    several = zip_bytes({f"{number}.json": other for number in range(5)})
    assert error(several) == "No importer recognizes 0.json, 1.json, 2.json and 2 more."


def test_what_is_wrong_with_a_row_or_an_upload_has_a_code_and_its_values(imports: Imports, client: Client) -> None:
    table = DIARY + ",".join(["x"] * 1001)
    job_id = imports.upload(table.encode(), "?filename=diary.csv")
    imports.work(job_id)
    told = [(row["said"], row["reason_code"], row["reason_values"]) for row in imports.rows(job_id).json]
    (said, *removed), broken = told
    assert said["needs_review"] == "Letterboxd has removed this title"
    assert removed == ["title_removed", {"tracker": "Letterboxd"}]
    assert broken == ({"reason": "has more than 1000 columns"}, "too_many_columns", {"most": 1000})

    files = [(io.BytesIO(b"x"), f"{number}.csv") for number in range(101)]
    problem = client.post("/api/import", data={"file": files}).json
    assert (problem["code"], problem["detail_code"]) == ("upload_refused", "too_many_files")
    assert problem["detail_values"] == {"most": 100}


def test_rows_are_shown_by_state_and_by_page(imports: Imports) -> None:
    job_id = imports.ready()
    assert [row["state"] for row in imports.rows(job_id).json] == ["new", "new", "ambiguous"]
    assert [row["said"]["title"] for row in imports.rows(job_id, "?state=ambiguous").json] == ["Ikiru"]
    first = imports.rows(job_id, "?limit=2")
    rest = imports.rows(job_id, f"?limit=2&cursor={first.headers['X-Next-Cursor']}")
    assert [row["number"] for row in first.json + rest.json] == [0, 1, 2]
    assert "X-Next-Cursor" not in rest.headers
    assert_invalid(imports.rows(job_id, "?state=odd"), "state")


@pytest.mark.parametrize("number", [2**31, 2**63 - 1, -(2**63), 2**63, -(2**63) - 1, 2**64 - 1, 1.5, "0"])
def test_a_cursor_that_is_made_up_is_refused_or_shows_a_page(imports: Imports, number: Any) -> None:
    cursor = base64.urlsafe_b64encode(json.dumps(["import rows", number]).encode()).decode().rstrip("=")
    answer = imports.rows(imports.ready(), f"?cursor={cursor}")
    if type(number) is int and -(2**63) <= number < 2**63:
        assert len(answer.json) == (0 if number > 0 else 3)
    else:
        assert_invalid(answer, "cursor")


def test_titles_people_and_lists_are_decided(imports: Imports, client: Client) -> None:
    job_id = imports.ready()
    found = client.get(f"/api/import/{job_id}").json
    assert [person["name"] for person in found["people"]] == ["Nelly"]
    (name,) = [each["name"] for each in found["lists"]]
    decided = {
        "rows": [{"row": 2, "candidate": 0}],
        "people": [{"name": "Nelly", "to": "Aunt Nelly"}, {"name": "Nobody there", "to": "X"}],
        "lists": [{"name": name, "to": "To see"}],
    }
    answer = imports.ask(job_id, "resolve", decided)
    assert answer.status_code == 200, answer.text
    assert answer.json["choices"]["people"] == {"Nelly": "Aunt Nelly"}
    imports.ask(job_id, "confirm")
    imports.work(job_id)
    assert titles(client) == {"tt0034583": "watched", "tt0017136": "custom", "tt0044741": "custom"}
    (vote,) = client.get("/api/movies/tt0044741").json["recommendations"]
    assert vote["person_name"] == "Aunt Nelly"
    assert [each["name"] for each in client.get("/api/lists").json] == ["To see"]


def test_what_was_chosen_is_shown_also_by_the_next_import_and_can_be_changed(imports: Imports) -> None:
    def chosen(job_id: str) -> list[tuple[str, str]]:
        rows = imports.rows(job_id, "?is_chosen=true").json
        return [(row["said"]["title"], row["imdb_id"]) for row in rows]

    first = imports.ready()
    assert chosen(first) == []
    imports.ask(first, "resolve", {"rows": [{"row": 2, "imdb_id": "tt0000001"}]})
    imports.ask(first, "resolve", {"rows": [{"row": 2, "imdb_id": "tt0000002"}]})
    assert chosen(first) == [("Ikiru", "tt0000002")]
    assert [row["is_chosen"] for row in imports.rows(first).json] == [False, False, True]
    imports.ask(first, "resolve", {"rows": [{"row": 2, "candidate": 0}]})
    (row,) = imports.rows(first, "?is_chosen=true").json
    assert row["candidates"][0]["imdb_id"] == row["imdb_id"], "so that it is seen which candidate was chosen"
    imports.ask(first, "resolve", {"rows": [{"row": 2, "imdb_id": "tt0000002"}]})
    assert len(imports.rows(first, "?is_chosen=false").json) == 2

    again = imports.ready()
    assert chosen(again) == [("Ikiru", "tt0000002")]
    imports.ask(again, "resolve", {"rows": [{"row": 2}]})
    assert chosen(again) == []
    assert [row["state"] for row in imports.rows(imports.ready()).json] == ["new", "new", "ambiguous"]


def test_a_list_becomes_a_tag_when_the_user_says_so(imports: Imports, client: Client) -> None:
    job_id = imports.ready()
    (name,) = [each["name"] for each in client.get(f"/api/import/{job_id}").json["lists"]]
    for become, kept in (("list", {}), ("tag", {name: "To see"})):
        answer = imports.ask(job_id, "resolve", {"lists": [{"name": name, "to": "To see", "as": become}]})
        assert answer.json["choices"]["list_tags"] == kept
    imports.ask(job_id, "confirm")
    imports.work(job_id)
    assert client.get("/api/lists").json == []
    assert client.get("/api/tags").json == [{"tag": "To see", "titles": 1}]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"rows": [{"row": 99}]}, "rows"),
        ({"rows": [{"row": 2, "candidate": 99}]}, "rows"),
        ({"rows": [{"row": 2, "imdb_id": "nm1"}]}, "rows[0].imdb_id"),
        ({"rows": [{}]}, "rows[0].row"),
        ({"rows": [{"row": 1}] * 501}, "rows"),
        ({"people": [{"name": "Nelly"}]}, "people[0].to"),
        ({"people": [{"name": "Nelly", "to": " "}]}, "people[0].to"),
        ({"ratings": "mine"}, "ratings"),
    ],
)
def test_decisions_that_cannot_be_are_refused(imports: Imports, body: Any, field: str) -> None:
    assert_invalid(imports.ask(imports.ready(), "resolve", body), field)


def test_what_does_not_fit_the_state_is_refused(imports: Imports, client: Client) -> None:
    job_id = imports.upload()
    for what in ("confirm", "undo", "resolve"):
        assert_problem(imports.ask(job_id, what), 409, "import_not_ready")
    assert_problem(client.delete(f"/api/import/{job_id}"), 409, "import_not_ready")
    assert imports.ask(job_id, "cancel").json["state"] == "cancelled"
    assert client.delete(f"/api/import/{job_id}").status_code == 204
    assert_problem(client.get(f"/api/import/{job_id}"), 404, "import_not_found")


def test_too_many_unfinished_imports_are_refused(imports: Imports, client: Client) -> None:
    for _ in range(jobs.MAX_UNFINISHED):
        imports.upload()
    assert_problem(client.post("/api/import", data=EXPORT), 409, "too_many_imports")


def test_imports_are_listed_the_newest_first(imports: Imports, client: Client) -> None:
    made = [imports.upload() for _ in range(3)]
    assert [job["id"] for job in client.get("/api/import").json] == made[::-1]
