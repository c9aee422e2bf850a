"""Rows that are not what their contract says are broken, whoever made them."""

from typing import Any

import pytest

from movietracker.imports.checking import fault_of_row
from movietracker.plugin.importers import ImportRow, ListPlace, Recommender


def fault(**facts: Any) -> str | None:
    return fault_of_row(ImportRow(**{"source": "test", "row_id": "1", "where": "a file", "title": "Heat"} | facts))


def test_a_title_alone_is_enough_and_so_is_an_id() -> None:
    assert fault() is None
    assert fault(title=None, tmdb_id=949) is None
    assert fault(title=None, other_ids=(("x", "1"),)) is None
    assert fault(title=None) == "has neither a title nor an id"
    assert fault(title="") == "has neither a title nor an id"


def test_a_title_that_swallowed_the_rows_behind_an_open_quotation_mark_is_named() -> None:
    said = "has a title of several lines; a closing quotation mark may be missing"
    assert fault(title="Heat,2020-01-02\nRan,2020-01-03") == said


@pytest.mark.parametrize(
    "facts",
    [
        {"title": "x" * 501},
        {"title": "a\0b"},
        {"note": "\ud800"},
        {"note": b"bytes"},
        {"year": 1799},
        {"year": "1995"},
        {"imdb_id": "tt1"},
        {"tmdb_id": True},
        {"tmdb_id": 0},
        {"kind": "film"},
        {"status": "seen"},
        {"watched_on": "2021-02-30"},
        {"watched_on": "1869"},
        {"watched_at": float("nan")},
        {"rating": 0.5},
        {"rating": 8},
        {"viewing_rating": 10.1},
        {"tags": ["list"]},
        {"tags": ("x",) * 1001},
        {"list_place": ListPlace("")},
        {"list_place": ListPlace("Best", 0)},
        {"list_place": "Best"},
        {"recommended_by": (Recommender("", "x"),)},
        {"other_ids": (("x",),)},
        {"is_viewing": 1},
        {"row_id": ""},
    ],
)
def test_what_is_not_valid_is_named(facts: dict[str, Any]) -> None:
    (name,) = facts
    assert fault(**facts) == f"has no valid {name.replace('_', ' ')}"
