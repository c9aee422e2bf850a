"""Requests that mean something other than what they say byte by byte: final slashes, compression, proxies' tags."""

import gzip
import json
import zlib
from urllib.parse import urljoin

import pytest
from support.client import Client
from support.shapes import assert_problem


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("/docs/", "/docs"),
        ("/api/people/?limit=2&q=a%20b", "/api/people?limit=2&q=a%20b"),
        ("/api/auth/me/", "/api/auth/me"),
        ("/", "/docs"),
    ],
)
def test_an_address_that_is_almost_right_leads_to_the_right_one(client: Client, path: str, address: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 308
    assert not answer.headers["Location"].startswith("/"), "below the prefix of a proxy, it stays there"
    assert urljoin(path, answer.headers["Location"]) == address
    assert client.get(address).status_code == 200


def test_a_request_with_a_body_is_led_on_and_keeps_its_method(client: Client) -> None:
    answer = client.post("/api/people/", json={"name": "Mum"})
    assert (answer.status_code, answer.headers["Location"]) == (308, "../people")


@pytest.mark.parametrize("path", ["/nothing/", "/api/nothing/", "/%2Fevil.example/", "/docs//"])
def test_what_is_not_there_without_the_slash_is_not_there_with_it(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_name_of_a_person_may_end_with_a_slash(client: Client) -> None:
    client.post("/api/people", json={"name": "Mum/"})
    assert client.get("/api/people/Mum%2F/stats").status_code == 200


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "x-gzip", "identity"])
def test_a_body_may_be_compressed(client: Client, coding: str) -> None:
    body = json.dumps({"name": "Mum"}).encode()
    sent = body if coding == "identity" else gzip.compress(body)
    answer = client.post("/api/people", data=sent, headers={"Content-Encoding": coding})
    assert (answer.status_code, answer.json["name"]) == (201, "Mum")


@pytest.mark.parametrize(
    ("body", "coding", "status", "code"),
    [
        (gzip.compress(b" " * 2_000_000, mtime=0), "gzip", 413, "body_too_large"),
        (gzip.compress(b"{}", mtime=0)[:-4], "gzip", 400, "malformed_json"),
        (b"{}", "gzip", 400, "malformed_json"),
        (zlib.compress(b"{}"), "deflate", 400, "malformed_json"),
        (b"{}", "br", 400, "malformed_json"),
    ],
    ids=["too large", "broken off", "not gzip", "deflate", "brotli"],
)
def test_a_body_that_cannot_be_unpacked_is_refused(
    client: Client, body: bytes, coding: str, status: int, code: str
) -> None:
    assert_problem(client.post("/api/people", data=body, headers={"Content-Encoding": coding}), status, code)


@pytest.mark.parametrize("path", ["/api/movies", "/api/people", "/api/auth/me"])
@pytest.mark.parametrize("suffix", ["", "-gzip", ";gzip", "-br"])
def test_a_tag_to_which_a_proxy_has_added_its_coding_is_known(client: Client, path: str, suffix: str) -> None:
    tag = client.get(path).headers["ETag"]
    marked = f'"other", {tag[:-1]}{suffix}"'
    assert client.get(path, headers={"If-None-Match": marked}).status_code == 304


def test_private_responses_are_for_no_shared_cache(client: Client) -> None:
    client.post("/api/people", json={"name": "Mum"})
    for path in ("/api/people", "/api/people/Mum/stats", "/api/auth/me", "/api/movies", "/api/sync?since=0"):
        headers = client.get(path).headers
        assert "private" in headers["Cache-Control"] or "no-store" in headers["Cache-Control"], path
