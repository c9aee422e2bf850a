"""Whatever is sent, the answer is one that the contract knows: nothing makes the server fail."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.applications import MakeApp
from support.client import Client

MATRIX = "tt0133093"

ANY = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    database=None,
)

# Characters that have broken programs: NUL, surrogates' neighbours, combining marks, right-to-left, beyond the BMP.
AWKWARD = st.sampled_from(
    [
        *("", " ", "\0", "a\0b", "\ufffe", "\uffff", "\u202e", "\u0301", "e\u0301" * 150, "\U0010ffff"),
        *("👩‍👩‍👧‍👦" * 30, "%", "%00", "../..", "/", "\\", "'", '"; DROP TABLE movies; --', "{0}{}%s%n", "null"),
        *("NaN", "-0", "1e400", "9" * 400, "x" * 5000, "\r\nSet-Cookie: a=b"),
    ]
)
TEXT = AWKWARD | st.text(max_size=40)
NUMBERS = (
    st.sampled_from(
        [0, -0.0, -1, 1, 0.1, 1e300, -1e300, 2**31, 2**53, 2**63 - 1, 2**63, -(2**63) - 1, 2**64, 10**40, 5e-324]
    )
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXT
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=8
)

# Field names that mean something somewhere, so that wrong values reach the code behind them.
FIELDS = st.sampled_from(
    [
        *("imdb_id", "tmdb_id", "recommender", "media_type", "vote_type", "person_id", "person_name", "person"),
        *("date_recommended", "tmdb_data", "omdb_data", "people", "person_ids", "status", "custom_list_id", "note"),
        *("date_watched", "my_rating", "name", "is_trusted", "color", "emoji", "icon", "position", "email"),
        *("username", "password", "current_password", "new_password", "token", "is_active"),
    ]
)
PLAUSIBLE = st.sampled_from(
    [MATRIX, "custom", "watched", "Mum", 8.5, 1, 1.7e9, 1.7e12, True, "upvote", ["Mum"], {"title": 7}]
)
BODIES = st.dictionaries(FIELDS, PLAUSIBLE | VALUES, max_size=6)

PARTS = TEXT | st.sampled_from(
    [MATRIX, "Mum", "603", "tmdb", "9" * 30, "Random Person", "00000000-0000-0000-0000-000000000000"]
)

WRITES = [
    *("POST /api/movies", "POST /api/movies/{}/recommendations", "POST /api/movies/{}/recommendations/bulk"),
    *("DELETE /api/movies/{}/recommendations/{}", "PUT /api/movies/{}/status", "PUT /api/movies/{}/watch"),
    *("POST /api/people", "PUT /api/people/{}", "DELETE /api/people/{}", "POST /api/lists", "PUT /api/lists/{}"),
    *("DELETE /api/lists/{}", "POST /api/auth/password", "POST /api/auth/login", "POST /api/auth/admin/login"),
]
READS = [
    *("/api/movies", "/api/movies/{}", "/api/movies/{}/metadata/{}", "/api/people", "/api/people/{}/stats"),
    *("/api/lists", "/api/lists/{}", "/api/lists/{}/movies", "/api/external/tmdb/search"),
    *("/api/external/tmdb/movie/{}", "/api/external/tmdb/tv/{}", "/api/external/tmdb/movie/{}/credits"),
    *("/api/external/omdb/movie/{}", "/api/external/tmdb/discover/genre", "/api/external/tmdb/discover/person"),
    "/api/external/tmdb/discover/list",
]
PARAMETERS = st.dictionaries(
    st.sampled_from(
        [
            *("limit", "cursor", "status", "person", "list", "media_type", "q", "sort", "year", "role", "kind"),
            *("region", "days"),
        ]
    ),
    TEXT | NUMBERS.map(str) | st.sampled_from(["title", "-added", "watched", "popular", "1", "DE"]),
    max_size=4,
)


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    """An application without metadata providers: every call of theirs is provider_not_configured."""
    return make_app(
        MOVIETRACKER_PLUGINS_DISABLED="offline", METADATA_PROVIDERS="tmdb,omdb", TMDB_API_KEY="", OMDB_API_KEY=""
    )


def addressed(template: str, parts: list[str]) -> str:
    pieces = iter(parts)
    return "".join(quote(next(pieces), safe="") if piece == "{}" else piece for piece in split(template))


def split(template: str) -> list[str]:
    first, *rest = template.split("{}")
    return [first, *(piece for each in rest for piece in ("{}", each))]


def check(answer: Any) -> None:
    """Fail unless the answer is one of the contract's."""
    code = answer.json["code"] if answer.status_code >= 400 else None
    assert answer.status_code < 500 or code == "provider_not_configured", (answer.status_code, answer.text[:300])
    assert answer.status_code != 405, "the address was not what was meant"
    if code is not None:
        assert set(answer.json) <= {"detail", "code", "errors"}


@ANY
@given(write=st.sampled_from(WRITES), parts=st.lists(PARTS, min_size=2, max_size=2), body=BODIES)
def test_any_fields_can_be_sent(client: Client, write: str, parts: list[str], body: Any) -> None:
    method, _, template = write.partition(" ")
    address = addressed(template, parts)
    if method == "DELETE" or "{}" not in template or all(parts):
        answer = client.open(address, method=method, data=json.dumps(body))
        if answer.status_code != 405:  # an empty name leads to the address of the list
            check(answer)


@ANY
@given(write=st.sampled_from(WRITES), body=VALUES)
def test_any_json_can_be_sent(client: Client, write: str, body: Any) -> None:
    method, _, template = write.partition(" ")
    check(client.open(addressed(template, [MATRIX, "Mum"]), method=method, data=json.dumps(body)))


@ANY
@given(write=st.sampled_from(WRITES), body=st.binary(max_size=200))
def test_any_bytes_can_be_sent(client: Client, write: str, body: bytes) -> None:
    method, _, template = write.partition(" ")
    check(client.open(addressed(template, [MATRIX, "Mum"]), method=method, data=body))


@ANY
@given(template=st.sampled_from(READS), parts=st.lists(PARTS.filter(bool), min_size=2, max_size=2), query=PARAMETERS)
def test_anything_can_be_asked(client: Client, template: str, parts: list[str], query: dict[str, str]) -> None:
    check(client.get(addressed(template, parts), query_string=query))


@ANY
@given(query=st.binary(max_size=60), path=st.binary(max_size=40))
def test_addresses_need_not_be_text(client: Client, query: bytes, path: bytes) -> None:
    answer = client.get(f"/api/movies/{quote(path)}?q={quote(query)}&limit={quote(query)}")
    assert answer.status_code < 500


@ANY
@given(
    header=st.sampled_from(
        [
            *("Authorization", "If-None-Match", "Accept-Encoding", "Content-Type", "X-Request-ID", "Origin"),
            *("Range", "Accept"),
        ]
    ),
    value=st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=60),
)
def test_headers_need_make_no_sense(client: Client, header: str, value: str) -> None:
    answer = client.get("/api/movies", headers={header: value})

    assert answer.status_code in ((401,) if header == "Authorization" else (200, 206, 304, 416))


ACCOUNTS = ["POST /api/auth/admin/users", "PATCH /api/auth/admin/users/{}", "DELETE /api/auth/admin/users/{}"]


@ANY
@given(write=st.sampled_from(ACCOUNTS), part=PARTS.filter(bool), body=BODIES)
def test_administrators_may_send_anything(admin: Client, write: str, part: str, body: Any) -> None:
    method, _, template = write.partition(" ")
    answer = admin.open(addressed(template, [part]), method=method, data=json.dumps(body))
    assert answer.status_code < 500


def test_what_was_stored_can_be_read_and_compared(client: Client) -> None:
    """The library that odd input left behind is whole."""
    for name in ("\u202e", "a" * 200, "🎬", "\u0301"):
        client.post(
            f"/api/movies/{MATRIX}/recommendations", json={"person_name": name, "tmdb_data": {name: [None, 1e300]}}
        )
    for address in ("/api/movies", "/api/people", f"/api/movies/{MATRIX}", "/api/movies?q=%F0%9F%8E%AC"):
        assert client.get(address).status_code == 200
