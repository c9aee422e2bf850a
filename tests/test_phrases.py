"""Phrases of the server: what they are made of, and that the page can say each in its own words."""

import json
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from movietracker.errors import Problem
from movietracker.phrases import PHRASES, coded, phrase
from movietracker.services.people import QUICK_RECOMMENDERS

PREFIX = "problem.code."
ENGLISH: dict[str, str] = json.loads(Path("web/src/i18n/en.json").read_text(encoding="utf-8"))
TEXTS = {key.removeprefix(PREFIX): text for key, text in ENGLISH.items() if key.startswith(PREFIX)}


def codes_of(problem: type[Problem]) -> Iterator[str]:
    yield problem.code
    for each in problem.__subclasses__():
        yield from codes_of(each)


def values_in(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("code", PHRASES)
def test_the_page_has_a_text_with_the_same_values_for_each_phrase(code: str) -> None:
    assert code in TEXTS, "en.json and de.json translate every phrase"
    assert values_in(TEXTS[code]) <= values_in(PHRASES[code])


def test_each_code_that_the_page_has_a_text_for_is_one_of_the_server() -> None:
    assert sorted(TEXTS.keys() - PHRASES.keys() - set(codes_of(Problem))) == []


def test_the_page_knows_the_names_that_quick_recommenders_begin_with() -> None:
    names = {f"quick.{each['quick_key']}": each["name"] for each in QUICK_RECOMMENDERS}
    assert {key: text for key, text in ENGLISH.items() if key.startswith("quick.")} == names


def test_no_phrase_has_the_code_of_an_error() -> None:
    assert PHRASES.keys().isdisjoint(codes_of(Problem))


def test_a_phrase_is_a_text_that_knows_its_code_and_its_values() -> None:
    said = phrase("too_many_rows", most=200_000)
    assert said == "An import has at most 200,000 rows."
    assert coded(said, "error") == {"error_code": "too_many_rows", "error_values": {"most": 200_000}}


@pytest.mark.parametrize("text", [None, "in the words of a plugin"])
def test_a_text_without_a_code_has_none_beside_it(text: str | None) -> None:
    assert coded(text, "error") == {}
