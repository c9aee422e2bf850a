"""Texts that a spreadsheet would run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from movietracker.formulas import neutral, original


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_a_text_that_begins_like_a_formula_gets_a_quote(sign: str) -> None:
    assert neutral(f"{sign}1+1") == f"'{sign}1+1"


@pytest.mark.parametrize("text", ["", "Heat", "'Tis", "1-1", " =1", "''", "a=b"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert neutral(text) == text


@given(st.text() | st.text("'=+-@\t\r\n"))
def test_every_text_comes_back(text: str) -> None:
    assert original(neutral(text)) == text


@pytest.mark.parametrize("text", ["'Tis", "'", "''", "", "Heat", "=1", "a'=1"])
def test_a_text_that_was_not_changed_is_read_as_it_is(text: str) -> None:
    assert original(text) == text
