"""Counting what a file holds: titles told apart, repetitions, people."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from support.imports import preview

from movietracker.imports.census import Census
from movietracker.plugin.importers import ImportRow, ListPlace, Recommender
from movietracker.schemas.importing import FILE_COUNTS, REPORT_COUNTS
from movietracker.services.accounts import Account
from movietracker.uploads.upload import BrokenRow

TEXTS = Path(__file__).parents[2] / "web" / "src" / "i18n" / "en.json"
NAMES = [
    *("titles", "viewings", "ratings", "watchlist", "lists", "list_items", "likes", "reviews", "people", "episodes"),
    *("broken", "ambiguous", "not_found", "duplicates"),
]


def row(number: int = 0, **facts: Any) -> ImportRow:
    return ImportRow(**{"source": "test", "row_id": str(number), "where": "file.csv, line 2", "title": "Heat"} | facts)


def test_every_count_of_a_preview_is_documented(anna: Account) -> None:
    assert set(preview(anna).counts) == set(FILE_COUNTS)


def test_every_count_of_a_preview_or_report_has_a_text_on_the_page() -> None:
    wanted = {f"import.count.{name}" for name in FILE_COUNTS} | {f"import.report.{name}" for name in REPORT_COUNTS}
    assert wanted <= orjson.loads(TEXTS.read_bytes()).keys()


def counts(*rows: ImportRow | BrokenRow) -> dict[str, int]:
    return {name: count for name, count in Census(rows).counts().items() if count}


def test_the_counts_come_by_name_and_in_order_with_zeros() -> None:
    assert Census().to_json("test") == {
        "format": "test",
        "counts": dict.fromkeys(NAMES, 0),
        "people": [],
    }
    assert list(Census().counts()) == NAMES


@pytest.mark.parametrize(
    ("one", "other", "titles"),
    [
        ({"year": 1995}, {"title": "HEAT", "year": 1995}, 1),
        ({"year": 1995}, {"year": 1986}, 2),
        ({"kind": "movie"}, {"kind": "tv"}, 2),
        ({"title": "Ран"}, {"title": "Сан"}, 2),
        ({"title": "乱"}, {"title": "蘭"}, 2),
        ({"imdb_id": "tt0113277"}, {"imdb_id": "tt0113277", "title": "La sfida"}, 1),
        ({"imdb_id": "tt0113277"}, {"imdb_id": "tt0113278"}, 2),
        ({"imdb_id": "tt0113277"}, {}, 1),
        ({}, {"imdb_id": "tt0113277"}, 1),
        ({"imdb_id": "tt0113277"}, {"tmdb_id": 949}, 1),
        ({"tmdb_id": 949, "kind": "movie"}, {"tmdb_id": 949, "kind": "tv"}, 2),
        ({"other_ids": (("x", "1"),)}, {"other_ids": (("x", "2"),)}, 2),
    ],
)
def test_titles_are_told_apart_by_ids_or_else_by_title_year_and_kind(
    one: dict[str, Any], other: dict[str, Any], titles: int
) -> None:
    assert counts(row(1, **one), row(2, **other)) == {"titles": titles}


def test_a_title_may_come_again_after_others() -> None:
    heat, ran = {"imdb_id": "tt0113277"}, {"imdb_id": "tt0089881"}
    rows = [row(1, **heat, rating=9.0), row(2, **ran, rating=8.0), row(3, **heat, rating=9.0, liked=True)]
    assert counts(*rows) == {"titles": 2, "ratings": 2, "likes": 1}


def test_each_fact_is_counted() -> None:
    place = ListPlace("Best", 1)
    assert counts(
        row(1, is_viewing=True, review="Good", liked=True, viewing_rating=9.0),
        row(2, rating=8.0, liked=False),
        row(3, status="toWatch"),
        row(4, list_place=place),
        row(5, list_place=place, title="Ran"),
        BrokenRow("file.csv, line 9", "is too long"),
    ) == {
        "titles": 2,
        "viewings": 1,
        "ratings": 1,
        "watchlist": 1,
        "lists": 1,
        "list_items": 2,
        "likes": 1,
        "reviews": 1,
        "broken": 1,
    }


def test_rows_about_the_same_viewing_count_once() -> None:
    assert counts(*(row(number, is_viewing=True, viewing_id="v") for number in range(3)))["viewings"] == 1


def test_a_row_with_the_id_of_another_is_a_duplicate_and_nothing_else() -> None:
    assert counts(row(1, is_viewing=True), row(1, is_viewing=True)) == {"titles": 1, "viewings": 1, "duplicates": 1}


def test_episodes_and_what_is_neither_film_nor_series_are_no_titles() -> None:
    census = Census([row(1, kind="episode", is_viewing=True, rating=9.0), row(2, kind="other", rating=9.0)])
    assert {name: count for name, count in census.counts().items() if count} == {"episodes": 1}
    assert census.others == 1


def test_people_come_with_their_spellings_and_titles_and_are_not_merged() -> None:
    def told(number: int, name: str, written_as: str, title: str = "Heat") -> ImportRow:
        return row(number, title=title, recommended_by=(Recommender(name, written_as),))

    census = Census(
        [
            told(1, "Brian", "Brian"),
            told(2, "Brian", "rec by Brian"),
            told(3, "Brian", "Brian", "Ran"),
            told(4, "Brain", "Brain"),
            told(5, "brian", "brian"),
            told(6, "Anna", "Anna"),
        ]
    )
    assert census.to_json("test")["people"] == [
        {"name": "Brian", "written_as": ["Brian", "rec by Brian"], "titles": 2},
        {"name": "Anna", "written_as": ["Anna"], "titles": 1},
        {"name": "Brain", "written_as": ["Brain"], "titles": 1},
        {"name": "brian", "written_as": ["brian"], "titles": 1},
    ]
    assert {each.name: each.alike for each in census.people()} == {
        "Brian": ["Brain", "brian"],
        "Anna": [],
        "Brain": ["Brian", "brian"],
        "brian": ["Brian", "Brain"],
    }


def test_only_the_first_broken_rows_are_kept_and_all_are_counted() -> None:
    census = Census(BrokenRow(f"line {number}", "is too long") for number in range(100))
    assert (len(census.broken), census.counts()["broken"]) == (20, 100)
