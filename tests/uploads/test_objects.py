"""Objects of JSON files of any shape."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.uploads import member

from movietracker.uploads.objects import JsonRow, read_objects
from movietracker.uploads.upload import BrokenRow

ANY = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
)


def row(fields: dict[str, Any]) -> JsonRow:
    return JsonRow("file.json, item 1", "", fields)


def test_values_are_found_by_paths() -> None:
    found = row({"movie": {"ids": {"tmdb": 949, "imdb": " tt0113277 "}}, "seasons": [{"number": 1}, 7]})
    assert found.get("movie", "ids", "tmdb") == 949
    assert (found.text("movie", "ids", "tmdb"), found.text("movie", "ids", "imdb")) == ("949", "tt0113277")
    assert [season.get("number") for season in found.rows("seasons")] == [1]


@given(ANY, st.lists(st.sampled_from("abc"), min_size=1, max_size=4))
def test_no_shape_raises(value: Any, path: list[str]) -> None:
    found = row({"a": value})
    found.get(*path)
    assert isinstance(found.text(*path), str)
    assert all(isinstance(each, JsonRow) for each in found.rows(*path))


@pytest.mark.parametrize("value", [None, True, [], {}])
def test_what_is_no_text_is_empty(value: Any) -> None:
    assert row({"a": value}).text("a") == ""


def test_objects_come_with_their_places() -> None:
    first, broken, second = read_objects(member(json.dumps([{"a": 1}, 7, {"a": 2}]), "x.json"))
    assert isinstance(first, JsonRow)
    assert isinstance(second, JsonRow)
    assert (first.where, second.where, second.get("a")) == ("x.json, item 1", "x.json, item 3", 2)
    assert broken == BrokenRow("x.json, item 2", "is not an object")


def test_objects_of_sections_come_with_their_section() -> None:
    content = {"movies": [{"a": 1}], "shows": None, "other": [{"a": 2}]}
    (found,) = read_objects(member(json.dumps(content), "x.json"), "movies", "shows")
    assert isinstance(found, JsonRow)
    assert (found.where, found.section) == ("x.json, movies 1", "movies")
