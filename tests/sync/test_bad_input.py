"""Whatever a client sends: a rejected result or a 4xx in the contract's shape, the rest unharmed, never a 5xx."""

import json
from typing import Any

import orjson
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from support.effort import thorough
from support.shapes import assert_problem, assert_shape

from movietracker.sync.actions import registry

from .test_push import RESULT
from .wire import HEAT, MATRIX, Json, Wire, action, statuses, told

pytestmark = pytest.mark.each_database

NAMES = [name for each in registry.actions for name in (each.name, *each.aliases)]

HUGE = st.sampled_from(
    [2**31, 2**53, 2**63 - 1, 2**63, 2**64, -1, -(2**63), 10**30, 1e300, -1e300, 5e-324, 0.1, 1e15, 253402300800, -0.0]
)
WORDS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            *("", " ", "\x00", "a\x00b", "\u202e", "👨‍👩‍👧‍👦", "\ufdfa" * 40, "x" * 201, "x" * 10_000, "tt0133093"),
            *("Anna", "\ud7ff"),
        ]
    ),
)
ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), HUGE, st.floats(allow_nan=False, allow_infinity=False), WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=3)),
    max_leaves=6,
)
FIELDS = {name: sorted(registry.by_name[name].schema._declared_fields) for name in NAMES}
VIEWING = "3c5d0a52-5a0e-4d8e-9e27-0f2a6c1b7d90"

PLAUSIBLE = {
    "imdb_id": st.sampled_from([MATRIX, HEAT, "tt0000001"]),
    "person_name": st.sampled_from(["Anna", "Ben", "Google Search"]),
    "name": st.sampled_from(["Anna", "\u00e1nna", "Ben", "Google Search", "List"]),
    "into": st.sampled_from(["Anna", "ANNA", "Ben", "Google Search", 10_000_005, 10_000_001, 1]),
    "new_name": st.sampled_from(["Anna", "Ben", "Cleo"]),
    "recommender": st.sampled_from(["Anna", "Ben"]),
    "status": st.sampled_from(["toWatch", "watched", "deleted", "custom"]),
    "id": st.sampled_from(["list", "other", 10_000_005, VIEWING, VIEWING.upper(), VIEWING[:-1] + "1"]),
    "person_id": st.sampled_from([10_000_001, 10_000_005, 1]),
    "custom_list_id": st.sampled_from(["list", "other"]),
    "my_rating": st.sampled_from([1, 5.5, 10, 0.99, 10.01]),
    "vote_type": st.sampled_from([True, 0, "downvote", "up"]),
    "liked": st.booleans(),
    "after": st.sampled_from([None, MATRIX, HEAT, "tt0000001"]),
    "comparisons": st.sampled_from([None, [], [{"winner": MATRIX, "loser": HEAT}], [{"winner": MATRIX}]]),
    "date_watched": st.sampled_from([0, 1000, 1e12, 2e10]),
    "watched_on": st.sampled_from(
        [None, "1999", "1869", "2026-02-30", "1999-06-31", "9999-12", "0000", "1999-6", "1999"]
    ),
    "watched_at": st.sampled_from([None, 0, 1e9, 1e12, -4e9, 9e9]),
    "rating": st.sampled_from([None, 1, 5.5, 10, 0.99]),
    "note": st.sampled_from([None, "", "loud", "x" * 2001, "x" * 1_000_000]),
}


@st.composite
def data(draw: st.DrawFn, name: str) -> Any:
    """The data of an action: some of its fields, each plausible or anything, and perhaps one of another's."""
    chosen = draw(st.sets(st.sampled_from(FIELDS[name]))) | set(FIELDS[name]) & {"imdb_id", "id", "name"}
    if draw(st.integers(0, 4)) == 0:
        chosen |= {draw(st.sampled_from(sorted(PLAUSIBLE)))}
    made: Json = {}
    for key in sorted(chosen):
        is_odd = key not in PLAUSIBLE or draw(st.integers(0, 3)) == 0
        made[key] = draw(ANYTHING if is_odd else PLAUSIBLE[key])
    return made


@st.composite
def envelopes(draw: st.DrawFn) -> Any:
    """An action: mostly one by its form, with anything in any place."""
    if draw(st.integers(0, 9)) == 0:
        return draw(ANYTHING)
    name = draw(st.sampled_from(NAMES))
    made: Json = {"action": name, "data": draw(data(name))}
    for key in ("timestamp", "id", "base_rev", "device", "cursor"):
        if draw(st.integers(0, 4)) == 0:
            made[key] = draw(ANYTHING)
    if draw(st.integers(0, 9)) == 0:
        made[draw(st.sampled_from(["action", "data"]))] = draw(ANYTHING)
    return made


QUICK = thorough(25)


@pytest.fixture
def busy(wire: Wire) -> Wire:
    """A client of a library with something of each kind in it."""
    wire.push(
        action("addRecommendation", imdb_id=MATRIX, person_name="Anna"),
        action("watchMovie", imdb_id=MATRIX, my_rating=5),
        action("addViewing", imdb_id=MATRIX, id=VIEWING, watched_on="1999"),
        action("rankMovie", imdb_id=MATRIX, liked=True, after=None),
        action("addList", id="list", name="List"),
    )
    return wire


@QUICK
@given(items=st.lists(envelopes(), min_size=1, max_size=5))
def test_no_batch_is_a_fault_and_none_spoils_what_is_right_in_it(busy: Wire, items: list[Any]) -> None:
    marker = told(action("addPerson", name="Marker"), id="marker")
    right = action("updatePerson", name="Google Search", emoji="🎬")
    answer = busy.post({"actions": [right, *items, marker], "cursor": busy.cursor()})
    assert answer.status_code == 200, (items, answer.text)
    for result in answer.json["results"]:
        assert_shape(result, RESULT | ({"ignored_fields": [str]} if "ignored_fields" in result else {}))
    assert len(answer.json["results"]) == len(items) + 2
    assert answer.json["results"][0]["success"]
    assert answer.json["results"][-1]["success"] or "Marker" not in busy.pull().names()
    for result in answer.json["results"]:
        assert result["success"] == (result["status"] in ("applied", "noop"))
        assert (result["error"] is None) == result["success"]
        assert result["error"] is None or ("Traceback" not in result["error"] and len(result["error"]) < 500)


@QUICK
@given(item=envelopes())
def test_no_single_action_is_a_fault(busy: Wire, item: Any) -> None:
    answer = busy.post(item, "/api/sync")
    if answer.status_code == 200:
        assert answer.json["status"] in ("applied", "noop", "conflict", "rejected")
    else:
        assert answer.status_code in (400, 410, 422), (item, answer.text)
        problem = answer.json
        assert set(problem) <= {"detail", "code", "errors", "policy"}
        assert isinstance(problem["detail"], str)


@QUICK
@given(
    body=st.one_of(
        ANYTHING, st.fixed_dictionaries({}, optional=dict.fromkeys(("actions", "atomic", "cursor", "device"), ANYTHING))
    )
)
def test_no_body_is_a_fault(busy: Wire, body: Any) -> None:
    for path in ("/api/sync", "/api/sync/batch"):
        answer = busy.post(body, path)
        assert answer.status_code in (200, 400, 410, 422), (body, answer.text)
        if answer.status_code != 200:
            assert isinstance(answer.json["detail"], str)
            assert isinstance(answer.json["code"], str)


@QUICK
@given(
    query=st.dictionaries(
        st.sampled_from(["since", "cursor", "limit", "offset"]),
        st.one_of(WORDS, HUGE.map(repr), st.integers().map(str)),
        max_size=4,
    )
)
def test_no_query_is_a_fault(busy: Wire, query: dict[str, str]) -> None:
    query = {key: value for key, value in query.items() if value.isprintable()}
    for path in ("/api/sync", "/api/sync/changes"):
        answer = busy.get(path, **query)
        assert answer.status_code in (200, 400, 410, 422), (query, answer.text)
        if answer.status_code != 200:
            assert isinstance(answer.json["code"], str)


# By name


def raw(wire: Wire, body: str | bytes, path: str = "/api/sync/batch") -> Any:
    return wire.client.post(path, data=body, content_type="application/json")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_numbers_that_are_none_are_malformed_or_rejected(busy: Wire, number: str) -> None:
    watch = json.dumps(told(action("watchMovie", imdb_id=HEAT, my_rating="?"), timestamp="?"))
    answer = raw(busy, f'{{"actions":[{watch}]}}'.replace('"?"', number))
    if answer.status_code == 200:
        assert statuses(answer.json["results"]) == ["rejected"]
    else:
        assert_problem(answer, 400, "malformed_json")
    assert HEAT not in busy.pull().movies


@pytest.mark.parametrize("timestamp", [1e300, -1e300, -1, -0.001, "now", True, [], {}, 2**63, 10**30, ""])
def test_a_timestamp_that_is_no_time_is_rejected(busy: Wire, timestamp: Any) -> None:
    results = busy.push(
        told(action("addMovie", imdb_id=HEAT), timestamp=timestamp), action("addMovie", imdb_id="tt0000001")
    )
    assert statuses(results) == ["rejected", "applied"]
    assert HEAT not in busy.pull().movies


@pytest.mark.parametrize("action_id", ["x" * 10_000, "x" * 201, "", 7, True, [], {}, "a\x00b"])
def test_an_id_that_cannot_be_kept_is_rejected(busy: Wire, action_id: Any) -> None:
    item = told(action("addMovie", imdb_id=HEAT), id=action_id)
    assert statuses(busy.push(item, action("addMovie", imdb_id="tt0000001"))) == ["rejected", "applied"]
    assert_problem(busy.post(item, "/api/sync"), 422, "validation_error")
    assert HEAT not in busy.pull().movies


def test_an_id_of_any_characters_is_one(busy: Wire) -> None:
    for action_id in ("x" * 200, "'; DROP TABLE movies; --", "\u202e👨‍👩‍👧‍👦", " ", "%s ? :of_user"):
        item = told(action("addPerson", name="Ida"), id=action_id)
        busy.push(item)
        assert busy.push(item)[0]["replayed"]


def test_five_megabytes_in_one_action_are_rejected_and_the_rest_is_done(busy: Wire) -> None:
    large = action("addRecommendation", imdb_id=HEAT, person_name="Anna", tmdb_data={"plot": "x" * 5_000_000})
    results = busy.push(large, action("addMovie", imdb_id="tt0000001"))
    assert [result["code"] for result in results] == ["data_too_large", None]
    assert HEAT not in busy.pull().movies
    result = busy.post(large, "/api/sync").json
    assert (result["status"], result["code"]) == ("rejected", "data_too_large")


def test_a_body_beyond_8_mib_is_413(busy: Wire) -> None:
    answer = raw(busy, b'{"actions":[' + b" " * (8 * 2**20) + b"]}")
    assert_problem(answer, 413, "body_too_large")


def test_501_actions_are_422_and_nothing_is_done(busy: Wire) -> None:
    before = busy.cursor()
    answer = busy.post({"actions": [action("addMovie", imdb_id=f"tt{number:07}") for number in range(501)]})
    assert_problem(answer, 422, "validation_error")
    assert busy.cursor() == before


@pytest.mark.parametrize(
    "item",
    [
        '{"action":"addMovie","action":"addPerson","data":{"name":"Ben"}}',
        '{"action":"addPerson","data":{"imdb_id":"tt0113277"},"data":{"name":"Ben"}}',
        '{"action":"addPerson","data":{"name":"Cleo","\\u006eame":"Ben"}}',
    ],
)
def test_the_last_of_equal_keys_counts(busy: Wire, item: str) -> None:
    assert statuses(raw(busy, f'{{"actions":[],"actions":[{item}]}}').json["results"]) == ["applied"]
    assert raw(busy, item, "/api/sync").json["status"] == "noop"
    assert busy.pull().names() == {"Anna", "Ben"}


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"null", b'"actions"', b"\xff\xfe", b'{"actions": "many"}', b'{"actions": {}}'),
        *(b'{"actions":[{"data":"\\ud800"}]}', b"[" * 100_000),
    ],
)
def test_a_body_that_is_no_batch_is_4xx(busy: Wire, body: bytes) -> None:
    for path in ("/api/sync", "/api/sync/batch"):
        answer = raw(busy, body, path)
        assert answer.status_code in (400, 422), answer.text
        assert answer.headers["Content-Type"] == "application/json"
        assert isinstance(answer.json["detail"], str)


@pytest.mark.parametrize("depth", [100, 253, 300, 1000])
def test_data_nested_deeply_is_kept_or_rejected(busy: Wire, depth: int) -> None:
    deep = json.dumps(action("addMovie", imdb_id=HEAT, extra="?")).replace('"?"', "[" * depth + "]" * depth)
    answer = raw(busy, f'{{"actions":[{deep},{json.dumps(action("addMovie", imdb_id=MATRIX))}]}}')
    assert answer.status_code in (200, 400)
    if answer.status_code == 200:
        assert statuses(answer.json["results"])[1] == "noop"


def test_metadata_that_is_json_comes_back_as_it_was_sent(busy: Wire) -> None:
    odd = {"title": "A\u2028B", "year": "x", "cast": [1, None, "c"], "": {"\u0000": []}, "big": 2**63, "e": 1e308}
    busy.push(action("addRecommendation", imdb_id=HEAT, person_name="Anna", tmdb_data=odd, omdb_data={}))
    stored = busy.movie(HEAT)["tmdb_data"]
    assert stored == orjson.loads(orjson.dumps(odd))


def test_unknown_ids_are_rejected_or_mean_nothing(busy: Wire, app: Flask) -> None:
    results = busy.push(
        action("updatePerson", id=2**53 - 1, color="red"),
        action("addRecommendation", imdb_id=HEAT, person_id=2**53 - 1),
        action("updateList", id="x" * 36, color="red"),
        action("updateMovieStatus", imdb_id=HEAT, status="custom", custom_list_id="unknown"),
        action("updateMovieStatus", imdb_id=HEAT, status="custom"),
        action("removeRecommendation", imdb_id=MATRIX, person_name="Unknown"),
    )
    assert statuses(results) == ["rejected"] * 6
    assert HEAT not in busy.pull().movies
