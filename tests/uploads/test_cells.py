"""What the cells of exports mean."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from movietracker.uploads.cells import (
    Places,
    content_id,
    imdb_id,
    is_no,
    is_yes,
    kind_of,
    numeric_id,
    rating_on_ten,
    release_year,
    title_and_year,
    words_of,
)
from movietracker.uploads.markup import plain_text


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("tt0113277", "tt0113277"),
        ("TT0113277", "tt0113277"),
        ("0113277", "tt0113277"),
        ("tt98369", "tt0098369"),
        ("98369.0", "tt0098369"),
        (98369, "tt0098369"),
        ("tt10872600", "tt10872600"),
        ("nm0000199", None),
        ("tt0000000", None),
        ("", None),
        (None, None),
    ],
)
def test_an_imdb_id_may_lack_its_letters_and_noughts(text: Any, read: str | None) -> None:
    assert imdb_id(text) == read


@pytest.mark.parametrize(
    ("text", "read"), [("949", 949), ("949.0", 949), (949, 949), ("0", None), ("x", None), ("-1", None)]
)
def test_a_numeric_id_is_a_positive_number(text: Any, read: int | None) -> None:
    assert numeric_id(text) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("1995", 1995),
        ("1995.0", 1995),
        (1995, 1995),
        ("1995-12-15", 1995),
        ("2008–2013", 2008),
        ("19950", None),
        ("", None),
    ],
)
def test_a_year_is_read_from_years_and_dates(text: Any, read: int | None) -> None:
    assert release_year(text) == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Heat (1995)", ("Heat", 1995)),
        (" Heat(1995) ", ("Heat", 1995)),
        ("Heat (Director's Cut) (1995)", ("Heat (Director's Cut)", 1995)),
        ("Heat", ("Heat", None)),
        ("Heat (1995) again", ("Heat (1995) again", None)),
        ("(1995)", ("(1995)", None)),
        ("", (None, None)),
    ],
)
def test_a_title_may_have_its_year_behind_it(text: str, read: tuple[str | None, int | None]) -> None:
    assert title_and_year(text) == read


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Movie,movie,TV Movie,tvMovie,Short,Video,Feature Film,Documentary,Film,Corto,Speciale TV,tvSpecial", "movie"),
        ("TV Series,tvSeries,TV Mini Series,tvMiniSeries,Serie TV,Mini serie TV,show", "tv"),
        ("TV Episode,tvEpisode,Episodio TV,episode", "episode"),
        ("Video Game,videoGame,Music Video,Podcast Series,Podcast Episode", "other"),
        ("Spielfilm,Téléfilm,Film noir,TV-Film,Película de TV,Документальный фильм,Court métrage", "movie"),
        ("Serie de TV,TV-Serie,Série télévisée,Serial TV,Minissérie de televisão,Fernsehminiserie,Сериал", "tv"),
        ("Fernsehepisode,Épisode de série télévisée,Episódio de TV,Odcinek serialu TV,Fernsehfolge", "episode"),
        ("Эпизод сериала,Episodio de TV", "episode"),
        ("Videojuego,Jeu vidéo,Videospiel,Computerspiel,Podcast-Folge,Podcast-Serie,Musikvideo", "other"),
        ("???,", None),
        ("Game show,Concert", None),
    ],
)
def test_kinds_are_read_in_display_text_camel_case_and_many_languages(words: str, kind: str | None) -> None:
    assert {kind_of(word) for word in words.split(",")} == {kind}


@pytest.mark.parametrize(
    ("text", "best", "rating"),
    [
        ("0.5", 5, 1.0),
        ("4,5", 5, 9.0),
        ("7", 10, 7.0),
        (7.5, 10, 7.5),
        (Decimal("8"), 10, 8.0),
        ("80", 100, 8.0),
        ("3", 100, 1.0),
        ("85.4", 100, 8.5),
        ("9/10", 5, 9.0),
        ("4,5 / 5", 10, 9.0),
        *((text, 10, None) for text in ("0", "11", "-1", "", "x", "nan", "inf", None, True, "11/10", "0/5", "9/12")),
    ],
)
def test_a_rating_of_any_scale_is_multiplied(text: Any, best: int, rating: float | None) -> None:
    assert rating_on_ten(text, best) == rating


@given(st.text() | st.integers() | st.floats() | st.none() | st.booleans(), st.sampled_from([5, 10, 100]))
def test_a_rating_is_between_one_and_ten_whatever_is_given(text: Any, best: int) -> None:
    rating = rating_on_ten(text, best)
    assert rating is None or 1.0 <= rating <= 10.0


@given(st.text())
def test_no_text_raises(text: str) -> None:
    for read in (imdb_id, numeric_id, release_year, kind_of, is_yes, is_no, plain_text):
        read(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        *((text, "yes") for text in ("Yes", "true", "1", True, 1, "✓", "✔️", "✅")),
        *((text, "no") for text in ("No", "false", "0", False, 0, "-")),
        *((text, "") for text in ("", "perhaps", None, "2020-01-31")),
    ],
)
def test_yes_and_no_are_said_in_several_ways(text: Any, says: str) -> None:
    assert (is_yes(text), is_no(text)) == (says == "yes", says == "no")


def test_words_are_taken_apart_once_each() -> None:
    assert words_of(" a, b,,a ") == ("a", "b")


def test_a_content_id_tells_contents_apart_and_not_moments() -> None:
    assert content_id("a", None, 1) == content_id("a", "", "1")
    assert content_id("ab", "c") != content_id("a", "bc")


def test_equal_rows_have_places() -> None:
    places = Places()
    first, second, other = places.id_of("a"), places.id_of("a"), places.id_of("b")
    assert (first, second) == (content_id("a"), f"{content_id('a')}-2")
    assert other == content_id("b")


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("plain", "plain"),
        ("3 < 4\n", "3 < 4"),
        ("I &lt;3 it  &amp; him\n\nA lot", "I <3 it  & him\n\nA lot"),
        ("<p>Joe (UpClear)</p>", "Joe (UpClear)"),
        ("<p>one<br>two</p><p>three &amp; four</p>", "one\ntwo\nthree & four"),
        ("<script>alert(1)</script><b>x</b>", "x"),
        ("<a href='https://example.org'>link</a>", "link"),
    ],
)
def test_html_becomes_lines_of_text(markup: str, text: str) -> None:
    assert plain_text(markup) == text
