"""Finding who recommended a title where people write it down, and leaving alone what only looks like it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from movietracker.imports.recommenders import MAX_PEOPLE, find_recommenders
from movietracker.plugin.importers import ImportRow, ListPlace, Recommender
from movietracker.uploads.vocabulary import means_recommending, without_genitive

SOME_LIST = ListPlace("Best of 2019")


def people(**texts: Any) -> tuple[Recommender, ...]:
    return find_recommenders(ImportRow(source="test", row_id="1", where="a file", title="Heat", **texts))


def names(**texts: Any) -> list[str]:
    return [person.name for person in people(**texts)]


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("Anna", ["Anna"]),
        ("Anna, Ben; Carla & Mum and Dad", ["Anna", "Ben", "Carla", "Mum", "Dad"]),
        ("my brother", ["brother"]),
        ("Joe's recommendation", ["Joe"]),
        ("Netflix", ["Netflix"]),
        ("r/movies", ["r/movies"]),
        ("Sandy, Anderson", ["Sandy", "Anderson"]),
        *((cell, []) for cell in ("", " ", "-", "?", "n/a", "None", ", ;", "famine film", "(famine film)")),
    ],
)
def test_a_column_for_recommenders_names_nobody_else(cell: str, found: list[str]) -> None:
    assert names(told_by=cell) == found


@pytest.mark.parametrize(
    ("note", "found"),
    [
        ("Joe (UpClear)", ["Joe (UpClear)"]),
        ("Brain", ["Brain"]),
        ("Uncle Johnny", ["Uncle Johnny"]),
        ("Gindi - it was filmed at the bar around the corner", ["Gindi"]),
        ("Mom & Dad", ["Mom", "Dad"]),
        ("Recommended by: Anna", ["Anna"]),
        ("Joe told me to watch this", ["Joe"]),
        *(
            (note, [])
            for note in ("Great movie", "Netflix", "Horror", "best film of 2019", "Rewatch", "Amazing", "1995")
        ),
        *((note, []) for note in ("Watched with Anna", "with mom", "Directed by Kubrick", "Anna says it is great")),
    ],
)
def test_the_note_of_a_place_in_a_list_may_be_a_name(note: str, found: list[str]) -> None:
    assert names(note=note, list_place=SOME_LIST) == found
    assert names(note=note, status="toWatch") == found


@pytest.mark.parametrize(
    ("note", "found"),
    [
        ("Recommended by Anna at the pub", ["Anna"]),
        ("suggested by Carl", ["Carl"]),
        *((note, []) for note in ("Joe", "highly recommended", "would recommend", "Not recommended", "Recommended!")),
        *((note, []) for note in ("I recommend it to everyone", "recommended for fans of Heat")),
    ],
)
def test_any_other_note_has_to_say_that_it_was_recommended(note: str, found: list[str]) -> None:
    assert names(note=note) == found


def test_what_stands_behind_a_name_is_what_the_person_said() -> None:
    (person,) = people(note="Gindi - it was filmed at the bar", list_place=SOME_LIST)
    assert person == Recommender("Gindi", "Gindi - it was filmed at the bar", "it was filmed at the bar")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("Movies Frank wants me to watch", ["Frank"]),
        ("Grandmere's Recommendations", ["Grandmere"]),
        ("movies that my brother recommended me", ["brother"]),
        ("Nelly’s recs", ["Nelly"]),
        ("Recs from Joe & Liz", ["Joe", "Liz"]),
        ("Movies my friends suggested", ["friends"]),
        ("Films that Joe made me watch", ["Joe"]),
        ("James' recommendations", ["James"]),
        *((name, []) for name in ("Recommendations", "Recommended to me", "My recommendations", "movies i recommend")),
        *((name, []) for name in ("Oscar picks", "Staff picks", "Schindler's List", "Movies I want to watch")),
    ],
)
def test_the_name_of_a_list_may_say_who_recommended_all_of_it(name: str, found: list[str]) -> None:
    assert names(list_place=ListPlace(name)) == found


@pytest.mark.parametrize(
    ("tag", "found"),
    [
        ("kaitlyns reccomendation", ["kaitlyn"]),
        ("rec-by-anna", ["anna"]),
        ("rec:anna", ["anna"]),
        ("mom recommended", ["mom"]),
        ("reccomended by kaitlyn", ["kaitlyn"]),
        *((tag, []) for tag in ("with mom", "with steve", "w/ mom", "recommended", "to-rec", "recorded", "top pick")),
    ],
)
def test_tags_name_recommenders_and_company_is_none(tag: str, found: list[str]) -> None:
    assert names(tags=("cinema", tag)) == found


@pytest.mark.parametrize(
    ("aside", "found"),
    [
        ("Dad suggestions", ["Dad"]),
        ("Warrick reccommendation", ["Warrick"]),
        ("hannah", ["hannah"]),
        ("liz&tim suggestion", ["liz", "tim"]),
        ("recommended by colleagues", ["colleagues"]),
        ("thx Joe", ["Joe"]),
        ("Dad's", ["Dad"]),
        ("thx Tom!", ["Tom"]),
        ("Uncle Johnny", ["Uncle Johnny"]),
        ("my cousin Ann Lee", ["cousin Ann Lee"]),
        ("Jeff S.", ["Jeff S"]),
        ("@jane", ["jane"]),
        ("Tipp von Max", ["Max"]),
        ("conseillé par Marie", ["Marie"]),
        ("consigliato da Luca", ["Luca"]),
        ("recomendada por Ana", ["Ana"]),
        ("aanrader van Piet", ["Piet"]),
        ("посоветовал Иван", ["Иван"]),
        *((aside, []) for aside in ("famine film", "French", "Tom Hanks", "Netflix", "1995", "subtitled", "dir. Bong")),
        *((aside, []) for aside in ("watch with mom", "with mom")),
    ],
)
def test_what_stands_behind_a_title_may_be_a_person(aside: str, found: list[str]) -> None:
    assert names(asides=(aside,)) == found


@pytest.mark.parametrize(
    ("aside", "vote"),
    [
        ("recommended by Tom", True),
        ("not recommended by Tom", False),
        ("Tom does not recommend it", False),
        ("Tom doesn’t recommend", False),
        ("Tom told me not to watch it", False),
        ("nicht empfohlen von Tom", False),
    ],
)
def test_who_advises_against_a_title_votes_against_it(aside: str, vote: bool) -> None:
    (person,) = people(asides=(aside,))
    assert (person.name, person.vote) == ("Tom", vote)


@pytest.mark.parametrize(
    ("heading", "found"),
    [
        ("### Nelly's Recommendations", ["Nelly"]),
        ("From Anna", ["Anna"]),
        ("## Dad:", ["Dad"]),
        *((heading, []) for heading in ("Recommendations", "Horror", "Watched", "To watch", "1995", "From Japan")),
    ],
)
def test_a_heading_may_say_who_recommended_what_stands_below(heading: str, found: list[str]) -> None:
    assert names(heading=heading) == found


@pytest.mark.parametrize(
    "word",
    [
        "recomendation",
        "reccommendation",
        "recommandation",
        "recomended",
        "reccomended",
        "recommened",
        "recommedation",
        "recommendaiton",
        "recommenation",
        "recommnded",
        "recs",
        "rec'd",
        "Recommended:",
        "sugestion",
        "suggestions",
        "recomends",
        "recommed",
        "reccomend",
    ],
)
def test_misspellings_of_recommending_are_the_rule(word: str) -> None:
    assert means_recommending(word)


@pytest.mark.parametrize(
    "word",
    [
        "record",
        "recent",
        "recommence",
        "reconsider",
        "recording",
        "received",
        "reckoning",
        "reconstruction",
        "recollection",
        "recreation",
        "redemption",
        "reincarnated",
        "recruits",
        "recession",
        "resurrection",
        "recut",
        "comment",
    ],
)
def test_other_words_that_begin_alike_are_none(word: str) -> None:
    assert not means_recommending(word)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Nelly's", "Nelly"),
        ("James'", "James"),
        ("kaitlyns", "kaitlyn"),
        ("james", "james"),
        ("Ross", "Ross"),
        ("Mos", "Mos"),
    ],
)
def test_genitives_are_names_with_or_without_apostrophe(written: str, name: str) -> None:
    assert without_genitive(written) == name


def test_a_person_is_found_once_in_a_row_with_the_first_spelling() -> None:
    (person,) = people(told_by="Anna", note="recommended by Anna", tags=("rec-by-Anna",))
    assert person == Recommender("Anna", "Anna")


def test_a_cell_of_names_without_end_is_cut() -> None:
    assert len(names(told_by=",".join(f"Anna {number}" for number in range(1000)))) == MAX_PEOPLE


@given(st.text(max_size=200))
def test_no_text_raises_and_what_is_found_is_a_name(text: str) -> None:
    for texts in ({"told_by": text}, {"note": text, "list_place": ListPlace(text)}, {"tags": (text,)}):
        assert all(0 < len(name) <= 200 for name in names(**texts))
    assert all(0 < len(name) <= 200 for name in names(asides=(text,), heading=text))
