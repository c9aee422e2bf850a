"""Whom a name means on a device, before the server has said so."""

import sys
import unicodedata

import pytest

from movietracker.client import Client
from movietracker.client.library import _folded
from movietracker.text import fold


def test_names_are_one_where_they_are_for_the_server_in_all_scripts() -> None:
    names = [name for name in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(name)[0] in "LNPS"]
    names += [f"a{chr(code)}b" for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in {"Cf", "Mn"}]
    names += ["Łukasz Sørensen", "LUKASZ SORENSEN", "Straße", "STRASSE"]
    pairs = {(_folded(name), fold(name)) for name in names}
    assert len(pairs) == len({ours for ours, _ in pairs}) == len({theirs for _, theirs in pairs})


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
