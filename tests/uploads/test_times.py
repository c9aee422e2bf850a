"""Times as programs write them."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from movietracker.imports.checking import fault_of_row
from movietracker.plugin.importers import ImportRow
from movietracker.uploads.times import known_day, when_watched


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("2024-05-06T19:30:00.000Z", {"watched_at": 1715023800.0}),
        ("2024-05-06T21:30:00+02:00", {"watched_at": 1715023800.0}),
        ("1965-05-06T19:30:00Z", {"watched_at": -146896200.0}),
        ("2024-05-06", {"watched_on": "2024-05-06"}),
        ("2024-05-06 19:30:00", {"watched_on": "2024-05-06"}),
        ("2024-05-06 19:30:00 +0000 UTC", {"watched_on": "2024-05-06"}),
        ("2024-05-06T00:00:00.000Z", {"watched_on": "2024-05-06"}),
        ("2024-05-06T00:00:00-05:00", {"watched_on": "2024-05-06"}),
        ("2024", {"watched_on": "2024"}),
        ("1970-01-01T00:00:00.000Z", {}),
        ("0001-01-01T00:00:00Z", {}),
        ("0001-01-01T10:00:00+14:00", {}),
        ("unknown", {}),
        ("", {}),
    ],
)
def test_a_time_is_a_moment_or_a_day_or_unknown(text: str, fields: dict[str, Any]) -> None:
    assert when_watched(text) == fields


@pytest.mark.parametrize(
    ("text", "day"), [("2024-05-06T19:30:00Z", "2024-05-06"), ("0001-01-01", None), ("1869-12-31", None), ("x", None)]
)
def test_a_day_drops_the_time_and_years_before_film(text: str, day: str | None) -> None:
    assert known_day(text) == day


@given(st.datetimes(max_value=datetime(2200, 1, 1), timezones=st.timezones()).map(str) | st.text(max_size=30))
def test_what_is_read_is_valid_in_a_row(text: str) -> None:
    row = ImportRow(source="x", row_id="1", where="x", title="Heat", added_on=known_day(text), **when_watched(text))
    assert fault_of_row(row) is None
