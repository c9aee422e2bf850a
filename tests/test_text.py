"""The forms in which text is compared and searched: case, accents, punctuation, other scripts, and any user input."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from movietracker.text import fold, fold_words, joined_words, search_forms, visible

anything = st.text(alphabet=st.characters(codec=None, exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Matrix", ["the", "matrix"]),
        ("Amélie", ["amelie"]),
        ("L'Avventura", ["l", "avventura"]),
        ("Spider-Man: No Way Home", ["spider", "man", "no", "way", "home"]),
        ("WALL·E", ["wall", "e"]),
        ("8½", ["8", "1", "2"]),
        ("Smørrebrød Łódź Straße", ["smorrebrod", "lodz", "strasse"]),
        ("İstanbul ISPARTA ırmak", ["istanbul", "isparta", "irmak"]),
        ("千と千尋の神隠し", ["千と千尋の神隠し"]),
        ("기생충", ["기생충"]),
        ("हिन्दी", ["हिन्दी"]),
        ("Ирония судьбы, или С лёгким паром!", ["ирония", "судьбы", "или", "с", "легким", "паром"]),
        ("", []),
        ("$ ??? !!!", []),
        ("a\0b", ["a", "b"]),
        ("Ama\u00adde\u200bus", ["amadeus"]),
    ],
)
def test_a_text_becomes_plain_words(text: str, expected: list[str]) -> None:
    assert fold_words(text) == expected


def test_words_that_punctuation_divides_are_joined() -> None:
    assert joined_words("Schindler's List - of X-Men") == ["schindlers", "list", "of", "xmen"]


@pytest.mark.parametrize(
    "names",
    [
        ("Renée", "RENEE", "rene\u0301e", "Re\u200bnee\ufeff", " Renee "),
        ("Jean-Luc O'Neill", "jean-luc o'neill"),
        ("❤\ufe0f Straße", "❤ STRASSE"),
    ],
)
def test_names_that_look_alike_but_for_case_and_accents_are_folded_to_one(names: tuple[str, ...]) -> None:
    assert len({fold(name) for name in names}) == 1


@pytest.mark.parametrize(
    ("one", "other"), [("Jean-Luc", "Jean Luc"), ("Anna!", "Anna"), ("\u0301", "\u0308"), ("\u200b", "\u200d")]
)
def test_names_that_differ_in_more_are_not(one: str, other: str) -> None:
    assert fold(one) != fold(other)


def test_only_what_nobody_sees_is_not_visible() -> None:
    assert visible("Am\u00e9\u200blie\u2060 \U0001f44d\ufe0f") == "Am\u00e9lie \U0001f44d"


@given(anything)
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    words = fold_words(text)
    assert fold_words(" ".join(words)) == words
    assert [form for each in search_forms(text) for form in search_forms(each)] == list(search_forms(text))


@given(anything)
def test_words_have_neither_capitals_nor_punctuation(text: str) -> None:
    for word in fold_words(text):
        assert word == word.casefold()
        assert not set(word) & set("'-.,_·%")


@given(anything)
def test_a_form_is_never_empty_and_there_is_one_for_all_but_white_space(text: str) -> None:
    assert all(search_forms(text))
    assert bool(search_forms(text)) == bool(text.strip())


@given(anything, st.data())
def test_a_text_is_found_by_each_of_its_words(text: str, data: st.DataObject) -> None:
    assume(text.split())
    stored = "\n".join(search_forms(text))
    sought = data.draw(st.sampled_from(text.split()))
    assume(fold_words(sought))
    for spelling in (sought, sought.upper(), sought.lower(), sought.casefold()):
        assert any(form in stored for form in search_forms(spelling)), spelling
