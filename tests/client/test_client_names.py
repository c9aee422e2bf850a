"""Whom a name means on a device, before the server has said so."""

import pytest

from movietracker.client import Client


@pytest.mark.parametrize(("one", "other"), [("क", "क्"), ("دَ", "د")])
def test_people_whose_names_differ_in_signs_that_are_no_accents_are_two(phone: Client, one: str, other: str) -> None:
    for name in (one, other):
        phone.do("addPerson", {"name": name})
    before = {*phone.people}
    phone.sync()
    assert {one, other} <= before
    assert {*phone.people} == before


def test_a_name_that_nobody_has_is_not_that_of_a_person_who_has_no_id_yet(phone: Client) -> None:
    phone.do("addPerson", {"name": "Alma"})
    phone.do("deletePerson", {"name": "None"})
    assert "Alma" in phone.people
    phone.sync()
    assert "Alma" in phone.people
