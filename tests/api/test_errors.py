"""Every error has one shape, says one plain sentence, and tells nothing that a client must not know."""

import logging
import re
from typing import Any

import pytest
from flask import Flask
from support.client import Client, client_of
from support.shapes import assert_invalid, assert_problem

from movietracker.services import people
from movietracker.services.accounts import Account

MATRIX = "tt0133093"
SECRET = "password=hunter2 /srv/movietracker/instance/app.db SELECT * FROM users"


def test_an_unknown_address_is_404_with_or_without_a_token(anonymous: Client, client: Client) -> None:
    for address in [
        *("/nothing", "/api", "/api/", "/api/nothing", "/api//movies", "//api/movies"),
        *("/api/auth", "/API/movies", "/api/movies/tt0133093/nothing", "/static/app.js", "/%00", "/%FF"),
        *("/favicon.ico", "/.env", "/" + "x" * 8000),
    ]:
        for each in (anonymous, client):
            for method in ("GET", "POST", "DELETE"):
                assert_problem(each.open(address, method=method), 404, "not_found")


def test_the_documentation_shows_no_other_files(anonymous: Client) -> None:
    for name in ["nothing.js", "../setup.cfg", "..%2f..%2fsetup.cfg", "/etc/passwd", "%00", "."]:
        assert_problem(anonymous.get(f"/docs/{name}"), 404, "not_found")


def test_a_wrong_method_is_405_and_says_which_are_right(anonymous: Client) -> None:
    for method, address, allowed in [
        ("DELETE", "/api/movies", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("PATCH", "/api/people", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("GET", "/api/auth/login", {"OPTIONS", "POST"}),
        ("POST", "/api/health", {"GET", "HEAD", "OPTIONS"}),
        ("POST", "/openapi.json", {"GET", "HEAD", "OPTIONS"}),
        ("TRACE", "/docs", {"GET", "HEAD", "OPTIONS"}),
        ("BREW", "/api/lists", {"GET", "HEAD", "OPTIONS", "POST"}),
    ]:
        answer = anonymous.open(address, method=method)

        assert_problem(answer, 405, "method_not_allowed")
        assert set(answer.headers["Allow"].split(", ")) == allowed


BODIES: dict[str, bytes] = {
    "half a document": b'{"name": "Mu',
    "no JSON": b"name=Mum",
    "single quotes": b"{'name': 'Mum'}",
    "two documents": b'{"name": "Mum"}{"name": "Dad"}',
    "a comma too many": b'{"name": "Mum",}',
    "a comment": b'{"name": "Mum"} // me',
    "NaN": b'{"name": "Mum", "x": NaN}',
    "Infinity": b'{"name": "Mum", "x": -Infinity}',
    "not UTF-8": b'{"name": "M\xfcm"}',
    "UTF-16": '{"name": "Mum"}'.encode("utf-16"),
    "a lone surrogate": b'{"name": "\\ud800"}',
    "a raw control character": b'{"name": "a\x01b"}',
    "nested too deeply": b'{"name": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "deep and broken off": b"[" * 100_000,
    "deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "a number too large": b"1e999",
    "a NUL": b"\0",
    "gzip": b"\x1f\x8b\x08\x00",
}


def test_a_body_that_is_no_json_is_400(client: Client) -> None:
    for body in BODIES.values():
        for method, address in (
            ("POST", "/api/people"),
            ("PUT", "/api/people/Random Person"),
            ("PUT", f"/api/movies/{MATRIX}/status"),
            ("POST", "/api/auth/login"),
        ):
            assert_problem(client.open(address, method=method, data=body), 400, "malformed_json")


def test_a_body_that_is_no_object_is_422(client: Client) -> None:
    for body in [b"[]", b"null", b"7", b'"text"', b"true", b'[{"name": "Mum"}]', b"-0"]:
        for method, address in (
            ("POST", "/api/people"),
            ("PUT", "/api/people/Random Person"),
            ("POST", "/api/auth/login"),
        ):
            answer = client.open(address, method=method, data=body)
            assert_invalid(answer, "body")


def test_an_empty_body_has_no_fields(client: Client) -> None:
    for body in [b"", b"   ", b"{}"]:
        assert_invalid(client.post("/api/people", data=body), "name")


@pytest.mark.parametrize(
    "content_type", [None, "", "text/plain", "application/x-www-form-urlencoded", "nonsense", "a/b; c"]
)
def test_a_json_body_is_taken_whatever_it_is_called(client: Client, content_type: str | None) -> None:
    answer = client.post("/api/people", data=b'{"name": "Mum"}', content_type=content_type)
    assert answer.status_code == 201


def test_of_a_name_given_twice_the_last_counts(client: Client) -> None:
    answer = client.post("/api/people", data=b'{"name": "Mum", "name": "Dad"}')
    assert answer.json["name"] == "Dad"


def test_a_body_over_1_mib_is_413(client: Client) -> None:
    body = b'{"name": "' + b"x" * 1024 * 1024 + b'"}'

    for method, address in (
        ("POST", "/api/people"),
        ("PUT", f"/api/movies/{MATRIX}/status"),
        ("POST", "/api/auth/login"),
    ):
        assert_problem(client.open(address, method=method, data=body), 413, "body_too_large")
        chunked = {"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
        answer = client.open(address, method=method, data=body, environ_overrides=chunked)
        assert_problem(answer, 413, "body_too_large")


def test_a_body_of_1_mib_is_read(client: Client) -> None:
    filler = b" " * (1024 * 1024 - len(b'{"name": "Mum"}'))
    assert client.post("/api/people", data=b'{"name": "Mum"}' + filler).status_code == 201


@pytest.mark.parametrize("item", [b'{"a":1}', b"[]", b"0", b'""'])
def test_a_body_of_too_many_values_is_413(client: Client, item: bytes) -> None:
    answer = client.post("/api/sync/batch", data=b'{"actions":[],"x":[' + item + (b"," + item) * 500_000 + b"]}")
    assert_problem(answer, 413, "body_too_large")


def test_what_looks_like_values_in_a_text_is_none(client: Client) -> None:
    text = b'[{,\\"' * 200_000
    answer = client.post("/api/sync/batch", data=b'{"actions":[],"x":"' + text + b'"}')
    assert answer.json["results"] == []


def test_errors_is_there_on_422_only_and_names_every_field(client: Client) -> None:
    body = {"name": "", "is_trusted": 7, "color": None}
    problem = assert_problem(client.post("/api/people", json=body), 422, "validation_error")

    assert set(problem["errors"]) == {"name", "is_trusted", "color"}
    assert "errors" not in client.get("/api/movies/tt9999999").json


def fail(*_: Any, **__: Any) -> None:
    raise RuntimeError(SECRET)


class TestAnUnforeseenError:
    @pytest.fixture
    def broken(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
        monkeypatch.setattr(people.COLLECTION, "read_all", fail)
        return client

    def test_is_500_and_says_nothing_but_a_request_id(self, broken: Client) -> None:
        answer = broken.get("/api/people")

        problem = assert_problem(answer, 500, "internal_error")
        assert answer.headers["X-Request-ID"] in problem["detail"]
        for part in (SECRET, "hunter2", "RuntimeError", "people", "line"):
            assert part not in answer.text

    def test_can_be_found_in_the_log_by_its_id(self, broken: Client, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.ERROR):
            answer = broken.get("/api/people")

        record = next(record for record in caplog.records if answer.headers["X-Request-ID"] in record.getMessage())
        assert record.exc_info is not None
        assert "/api/people" in record.getMessage()

    def test_bears_the_id_that_the_client_gave(self, broken: Client) -> None:
        answer = broken.get("/api/people", headers={"X-Request-ID": "phone-7.1_a"})
        assert "phone-7.1_a" in answer.json["detail"]

    def test_takes_no_id_that_could_do_harm(self, broken: Client) -> None:
        for given in ["<script>", "a b", "x" * 65, "a;b", "\u00e4", "%0a", ""]:
            answer = broken.get("/api/people", headers={"X-Request-ID": given})

            assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-ID"])
            if given:
                assert given not in answer.json["detail"]

    def test_leaves_nothing_half_done(
        self, app: Flask, client: Client, anna: Account, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as patch:
            patch.setattr("movietracker.services.movies.list_recommendations", fail)
            body = {"person_name": "Mum"}
            assert client.post(f"/api/movies/{MATRIX}/recommendations", json=body).status_code == 500

        fresh = client_of(app, anna)
        assert fresh.get("/api/movies").json == []
        assert len(fresh.get("/api/people").json) == 4


def test_every_answer_bears_a_request_id(client: Client) -> None:
    ids = [
        client.get(address).headers["X-Request-ID"] for address in ("/api/movies", "/nothing", "/docs", "/api/health")
    ]
    assert len(set(ids)) == 4
