"""Whatever is sent to the import: all of it is taken or it is refused, and never does the server fail."""

import gzip
import json
from collections.abc import Callable
from functools import reduce
from operator import getitem
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support.client import Client
from support.library import head_of
from support.shapes import assert_problem

from movietracker.services.accounts import Account

from .documents import (
    HEAT,
    LONG_AGO,
    MATRIX,
    RAINY,
    Json,
    content,
    document,
    export,
    listing,
    movie,
    person,
    send,
    vote,
)

fuzzing = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

WATCHED = {"date_watched": LONG_AGO, "my_rating": 8.0}
WHOLE = document(
    movie(MATRIX, vote("Anna"), vote("Ben"), status="watched", watch_history=WATCHED, tmdb_data={"title": "Matrix"}),
    movie(HEAT, vote("Kagi"), status="custom", custom_list_id=RAINY),
    people=[person("Anna"), person("Ben", emoji="🎬"), person("Kagi", quick_key="google")],
    lists=[listing(RAINY, "Rainy")],
)
BYTES = json.dumps(WHOLE, ensure_ascii=False).encode()

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=20),
        st.sampled_from(
            [MATRIX, RAINY, "Anna", "watched", "custom", 1e300, -1e300, 2**63 - 1, -(2**63), "\x00", "\ud800"]
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from([*WHOLE, *WHOLE["movies"][0]]), inner, max_size=4)
    ),
    max_leaves=8,
)


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The way to every value in a document."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(each for step, inner in steps for each in paths(inner, (*path, step)))]


def changed(path: tuple[Any, ...], new: Any) -> Any:
    """The whole document with one value changed."""
    if not path:
        return new
    copy = json.loads(BYTES)
    reduce(getitem, path[:-1], copy)[path[-1]] = new
    return copy


_Sender = Callable[..., None]


@pytest.fixture
def sender(app: Flask, anna: Account, client: Client) -> _Sender:
    """Sends what is made up, and checks that the result is an import or a refusal that changes nothing."""

    def send_it(body: bytes, **query: str) -> None:
        with app.app_context():
            before = head_of(anna)
            response = send(client, body, **query)
            if response.status_code == 200:
                assert response.json["success"] is True
                return
            assert response.status_code in (400, 422), response.text
            assert_problem(response, response.status_code, response.json["code"])
            assert head_of(anna) == before

    return send_it


@given(st.sampled_from(paths(WHOLE)), VALUES, st.sampled_from(["merge", "replace"]))
@fuzzing
def test_wrong_types_and_values_everywhere(sender: _Sender, path: tuple[Any, ...], new: Any, mode: str) -> None:
    body = json.dumps(changed(path, new)).encode()
    sender(body, mode=mode, dry_run="true")
    sender(body)


@given(VALUES)
@fuzzing
def test_any_json(sender: _Sender, value: Any) -> None:
    sender(json.dumps(value).encode())
    if isinstance(value, dict):
        sender(json.dumps({"version": 2, "movies": [], "people": [], "lists": []} | value).encode())


@pytest.mark.parametrize("whole", [BYTES, gzip.compress(BYTES, mtime=0)], ids=["plain", "packed"])
@given(st.data())
@fuzzing
def test_flipped_bits(sender: _Sender, whole: bytes, data: st.DataObject) -> None:
    body = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    sender(bytes(body))


@given(st.integers(0, len(BYTES)))
@example(0)
@example(len(BYTES) - 1)
@fuzzing
def test_files_that_break_off(sender: _Sender, length: int) -> None:
    sender(BYTES[:length])
    sender(gzip.compress(BYTES)[:length])


@given(st.binary(max_size=200))
@fuzzing
def test_any_bytes(sender: _Sender, body: bytes) -> None:
    sender(body)


@given(st.sampled_from([path for path in paths(WHOLE) if path]))
@fuzzing
def test_missing_fields(sender: _Sender, path: tuple[Any, ...]) -> None:
    copy = json.loads(BYTES)
    del reduce(getitem, path[:-1], copy)[path[-1]]
    sender(json.dumps(copy).encode())


def test_what_is_taken_is_exported_as_it_was_sent(client: Client) -> None:
    assert send(client, BYTES).status_code == 200
    exported: Json = content(export(client))
    assert {each["name"] for each in exported["people"]} >= {"Anna", "Ben", "Kagi"}
    assert exported["lists"] == content(WHOLE)["lists"]
