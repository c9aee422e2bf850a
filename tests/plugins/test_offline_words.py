"""What the index stores of titles, and that every query gives an expression that it understands."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from movietracker_plugins.offline.words import YEAR, genre_marker, match, searchable, whole

from movietracker.text import fold_words

anything = st.text(alphabet=st.characters(codec=None, exclude_categories=()))


def test_words_that_punctuation_divides_are_stored_in_one_piece_too() -> None:
    assert {"schindler", "s", "schindlers", "x", "men", "xmen"} <= set(
        searchable(["Schindler's List of X-Men"], []).split()
    )


def test_the_marker_of_a_whole_title_does_not_depend_on_how_it_is_written() -> None:
    assert whole("WALL·E") == whole("wall-e") == whole(" Walle ")
    assert whole("The Matrix") != whole("The Matrix Reloaded")
    assert whole("$") != whole("???")


def test_a_genre_is_the_same_however_it_is_spelt() -> None:
    assert genre_marker("Sci-Fi") == genre_marker("sci fi") == genre_marker("SciFi")


@pytest.fixture(scope="module")
def index() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(
            "CREATE VIRTUAL TABLE w USING fts5(words, content='', columnsize=0, detail=none, tokenize='ascii')"
        )
        yield connection


@given(anything, st.booleans())
@settings(deadline=None)
def test_every_text_gives_a_valid_expression_of_the_index(index: sqlite3.Connection, text: str, prefix: bool) -> None:
    terms = fold_words(text)
    if terms:
        index.execute("SELECT rowid FROM w WHERE w MATCH ?", (match(terms, prefix=prefix),)).fetchall()
    index.execute("SELECT rowid FROM w WHERE w MATCH ?", (match((), [whole(text), f"{YEAR}1999"]),)).fetchall()


@given(anything)
@settings(deadline=None)
def test_a_stored_text_is_found_by_each_of_its_words_and_as_a_whole(index: sqlite3.Connection, text: str) -> None:
    with closing(index.execute("BEGIN")):
        index.execute("INSERT INTO w(rowid, words) VALUES (1, ?)", (searchable([text], []),))
        for expression in [match([word]) for word in fold_words(text)] + [match((), [whole(text)])]:
            assert index.execute("SELECT rowid FROM w WHERE w MATCH ?", (expression,)).fetchall() == [(1,)]
        index.rollback()


@given(anything)
@settings(deadline=None)
def test_words_hold_neither_quotes_nor_spaces_nor_markers(text: str) -> None:
    for word in fold_words(text):
        assert not set(word) & set("\"' \t\n*()\0\ue000\ue001\ue002\ue003\ue004")
