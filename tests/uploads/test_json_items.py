"""JSON files, element by element."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.uploads import member

from movietracker.uploads import json_items
from movietracker.uploads.json_items import JsonItem, json_keys, read_json
from movietracker.uploads.upload import BrokenRow


def items(content: str | bytes, *sections: str) -> list[Any]:
    """Section, place and value of each item, or what is wrong."""
    return [
        item.reason if isinstance(item, BrokenRow) else (item.section, item.place, item.value)
        for item in read_json(member(content, "a.json"), *sections)
    ]


def test_the_elements_of_an_array_come_one_by_one() -> None:
    assert items('\ufeff[{"a": 1}, 2, [3.5]]') == [("", 1, {"a": 1}), ("", 2, 2), ("", 3, [3.5])]


def test_sections_of_an_object_are_chosen_by_key() -> None:
    content = '{"v": 1, "movies": [{"a": 1}], "shows": [[{}]], "user": {"name": "x"}, "deep": {"movies": [9]}}'
    assert items(content, "movies", "v", "user") == [("v", 0, 1), ("movies", 1, {"a": 1}), ("user", 0, {"name": "x"})]
    assert items(content) == []


@pytest.mark.parametrize("content", ["[1, 2", "[1, 2,,", "[1, 2\xff"])
def test_what_stands_before_a_damage_is_read(content: str) -> None:
    assert items(content.encode("latin-1"))[-1] == "is no valid JSON from some place on"
    assert ("", 1, 1) in items(content.encode("latin-1"))


def test_an_element_beyond_the_limits_ends_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_items, "MAX_ELEMENT_BYTES", 200_000)
    monkeypatch.setattr(json_items, "MAX_ELEMENT_EVENTS", 1_000)
    assert items("[1," + json.dumps("x" * 500_000) + "]") == [("", 1, 1), "holds an element of more than 0 MiB"]
    assert items("[1," + json.dumps([1] * 2_000) + "]") == [("", 1, 1), "holds an element of too many values"]
    assert items("[1," + "[" * 5_000) == [("", 1, 1), "holds an element of too many values"]


def test_a_section_that_is_not_wanted_may_be_of_any_depth() -> None:
    depth = 200_000
    assert items('{"x": ' + "[" * depth + "]" * depth + ', "movies": [1]}', "movies") == [("movies", 1, 1)]


@pytest.mark.parametrize(
    ("content", "keys"),
    [
        ('[{"a": 1, "b": {"c": 1}}, {"d": 1}]', {"": {"a", "b"}}),
        ('[1, {"a": 1}]', {"": {"a"}}),
        ("[]", {"": set()}),
        ('{"movies": [{"a": 1}], "shows": [], "v": 1}', {"movies": {"a"}, "shows": set(), "v": set()}),
        ('[{"a": "' + "x" * 20_000, {"": {"a"}}),
        ("Title,Date", {}),
        ("", {}),
        ("{", {}),
    ],
)
def test_a_file_is_told_by_the_keys_at_its_beginning(content: str, keys: dict[str, set[str]]) -> None:
    assert json_keys(member(content)) == keys


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(st.lists(JSON, max_size=5))
def test_every_array_is_read_as_json_reads_it(values: list[Any]) -> None:
    assert [each.value for each in read_json(member(json.dumps(values))) if isinstance(each, JsonItem)] == values


@given(st.binary(max_size=200))
def test_any_bytes_are_items_or_broken(content: bytes) -> None:
    for start in (b"", b"[", b'{"a":['):
        json_keys(member(start + content))
        list(read_json(member(start + content), "", "a"))
