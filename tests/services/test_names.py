"""Names of people and lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from movietracker.errors import Invalid
from movietracker.models.library import MAX_FOLDED_NAME
from movietracker.schemas.values import MAX_NAME_LENGTH
from movietracker.services.names import folded_name, new_persons_name, normal_form, normalise_name


def test_names_are_trimmed_and_composed() -> None:
    assert normalise_name(" \t Rene\u0301\u2003\n") == "Ren\u00e9"


@pytest.mark.parametrize("name", ["", " ", "\n\t\u2003", "x" * (MAX_NAME_LENGTH + 1)])
def test_nothing_and_too_much_are_refused(name: str) -> None:
    with pytest.raises(Invalid) as caught:
        normalise_name(name, "person_name")
    assert list(caught.value.errors or {}) == ["person_name"]


@given(st.text())
def test_the_normal_form_of_a_normal_form_is_itself(name: str) -> None:
    assert normal_form(normal_form(name)) == normal_form(name)


@given(st.text(max_size=MAX_NAME_LENGTH))
def test_the_form_in_which_names_are_compared_is_short_and_its_own(name: str) -> None:
    folded = folded_name(name)
    assert len(folded) <= MAX_FOLDED_NAME
    assert len(folded.encode()) <= 2400
    assert folded_name(folded) == folded


@given(st.text(max_size=20))
def test_a_person_is_given_no_name_that_is_compared_as_nothing(name: str) -> None:
    try:
        given_name = new_persons_name(name)
    except Invalid:
        return
    assert folded_name(f"x{given_name}") != "x"
