"""The documented CSV and JSON."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from movietracker_plugins.generic.fields import FIELDS
from movietracker_plugins.generic.importer import GenericImporter
from movietracker_plugins.handwritten.importer import HandwrittenImporter
from support.uploads import counts_of, rows_and_broken, rows_of, upload

from movietracker.plugin.importers import Importer, ImportRow, ListPlace, Recommender
from movietracker.testing.importers import ImporterContract
from movietracker.uploads.statuses import BEGUN

GENERIC = GenericImporter()
MOVING = (Path(__file__).parents[2] / "docs" / "moving.md").read_text(encoding="utf-8")


def only(content: Any) -> ImportRow:
    content = [content] if isinstance(content, dict) else content
    (row,) = rows_of(GENERIC, {"x": content if isinstance(content, str) else json.dumps(content)})
    return row


def test_exactly_the_fields_are_documented() -> None:
    section = MOVING.partition("## A table or JSON of your own")[2].partition("\n## ")[0]
    documented = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", section, flags=re.MULTILINE)
    assert {name for row in documented for name in re.findall(r"`(\w+)`", row)} == FIELDS


@pytest.mark.parametrize("language", ["csv", "json"])
def test_the_documented_examples_are_recognized_and_read(language: str) -> None:
    (example,) = re.findall(rf"```{language}\n(.*?)```", MOVING, flags=re.DOTALL)
    assert GENERIC.recognizes(upload({"x": example}))
    assert len(rows_of(GENERIC, {"x": example})) == 2


@pytest.mark.parametrize(
    "content", ["title\nHeat", "IMDb ID,Rating\ntt0113277,9", "tmdb-id;watched on\n949;2020", "[{}]"]
)
def test_a_title_or_an_id_is_needed(content: str) -> None:
    assert GENERIC.recognizes(upload({"x": content})) is (content != "[{}]")


def test_a_table_with_other_columns_is_read_only_by_name() -> None:
    content = "title,author\nThe Dispossessed,Le Guin\n"
    assert not GENERIC.recognizes(upload({"x": content}))
    assert only(content).title == "The Dispossessed"


@pytest.mark.parametrize("header", ["Title,Year,Watched,Rating", "Title,Rating", "title,recommended by,note"])
def test_a_table_with_columns_such_as_people_have_is_left_to_lists_kept_by_hand(header: str) -> None:
    table = upload({"x": f"{header}\nHeat,,,\n"})
    assert HandwrittenImporter().recognizes(table)
    assert not GENERIC.recognizes(table)


@pytest.mark.parametrize("column", ["recommended_by", "imdb_id", "liked", "Original Title"])
def test_one_column_that_people_call_otherwise_makes_a_table_a_documented_one(column: str) -> None:
    assert GENERIC.recognizes(upload({"x": f"Title,Watched,Rating,{column}\nHeat,,,\n"}))


@pytest.mark.parametrize(
    ("field", "cell", "said"),
    [
        ("watched_on", "soon", "watched on"),
        ("watched", "twice", "watched"),
        ("rating", "11", "rating"),
        ("viewing_rating", "great", "viewing rating"),
        ("status", "owned", "status"),
        ("added_on", "31.31.2020", "added on"),
    ],
)
def test_a_row_with_a_value_that_cannot_be_read_is_named(field: str, cell: str, said: str) -> None:
    rows, broken = rows_and_broken(GENERIC, {"x": f"title,{field}\nHeat,{cell}\nRan,\n"})
    assert [row.title for row in rows] == ["Ran"]
    assert [(each.where, each.reason) for each in broken] == [("x, line 2", f"has no valid {said}")]


@pytest.mark.parametrize(("field", "cell"), [("rating", "0"), ("watched", "no"), ("watched", "-")])
def test_no_rating_and_no_viewing_can_be_said(field: str, cell: str) -> None:
    row = only(f"title,{field}\nHeat,{cell}\n")
    assert (row.status, row.rating) == ("toWatch", None)


@pytest.mark.parametrize("day", ["2020-01-31", "1/31/2020"])
def test_what_was_watched_can_say_when(day: str) -> None:
    for content in (f"title,imdb_id,watched\nHeat,tt0113277,{day}\n", [{"title": "Heat", "watched": "2020-01-31"}]):
        row = only(content)
        assert (row.is_viewing, row.watched_on, row.status) == (True, "2020-01-31", "watched")


def test_a_title_that_was_begun_is_for_the_user_to_look_at() -> None:
    row = only([{"title": "Heat", "status": "watching"}])
    assert (row.status, row.needs_review) == (None, BEGUN)


def test_every_field_is_read() -> None:
    row = only(
        {
            "id": 7,
            "title": "Ran",
            "original_title": "乱",
            "year": 1985,
            "kind": "movie",
            "imdb_id": "tt0089881",
            "tmdb_id": 11645,
            "tvdb_id": 1,
            "watched_on": "2020-05",
            "viewing_rating": 8.5,
            "review": "Red.",
            "rating": 9,
            "liked": True,
            "note": "on film",
            "tags": ["epic", "war"],
            "status": "watched",
            "list": "Best",
            "position": 2,
            "added_on": "2019-01-01",
        }
    )
    assert row == ImportRow(
        source="generic",
        row_id="id:7",
        where="x, item 1",
        title="Ran",
        original_title="乱",
        year=1985,
        kind="movie",
        imdb_id="tt0089881",
        tmdb_id=11645,
        tvdb_id=1,
        is_viewing=True,
        viewing_id="7",
        watched_on="2020-05",
        viewing_rating=8.5,
        review="Red.",
        rating=9.0,
        liked=True,
        note="on film",
        tags=("epic", "war"),
        status="watched",
        list_place=ListPlace("Best", 2),
        added_on="2019-01-01",
    )


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, "toWatch"),
        ({"rating": "8"}, "watched"),
        ({"watched": "yes"}, "watched"),
        ({"watched": "✓"}, "watched"),
        ({"rating": "4/5"}, "watched"),
        ({"watched_on": "2020"}, "watched"),
        ({"list": "Best"}, None),
        ({"status": "watchlist", "rating": "8"}, "toWatch"),
        ({"status": "Seen"}, "watched"),
    ],
)
def test_a_status_that_is_not_given_follows_from_the_rest(fields: dict[str, str], status: str | None) -> None:
    assert only([{"title": "Heat", **fields}]).status == status


def test_a_moment_stays_a_moment_and_a_day_a_day() -> None:
    assert only("title,watched_on\nHeat,1970-01-01T00:00:10Z").watched_at == 10.0
    assert only("title,watched_on\nHeat,2020-01-01").watched_at is None
    assert only("title,watched_on\nHeat,13.1.2020").watched_on == "2020-01-13"


def test_people_are_found_in_a_cell_and_taken_from_an_array() -> None:
    assert [person.name for person in only("title,recommended by\nHeat,Anna; Ben & Mum").recommended_by] == [
        "Anna",
        "Ben",
        "Mum",
    ]
    given = ["Anna, the elder", {"name": "Ben", "note": "loud", "vote": "downvote"}, 3]
    assert only([{"title": "Heat", "recommended_by": given}]).recommended_by == (
        Recommender("Anna, the elder", "Anna, the elder"),
        Recommender("Ben", "Ben", "loud", vote=False),
    )


def test_equal_rows_are_duplicates_unless_they_have_ids() -> None:
    row = "Heat,2020-01-01\n"
    assert counts_of(GENERIC, {"x": "title,watched_on\n" + row * 2}) == {"titles": 1, "viewings": 1, "duplicates": 1}
    assert counts_of(GENERIC, {"x": f"id,title,watched_on\n1,{row}2,{row}"}) == {"titles": 1, "viewings": 2}


class TestContract(ImporterContract):
    samples = (
        {"a.csv": "title,year,watched_on\nHeat,1995,2020-01-01\nRan,1985,\nHeat,1995,2021-02-03\n"},
        {"a.json": '[{"title": "Heat", "rating": 9}, {"tmdb_id": 11645, "recommended_by": ["Anna"]}]'},
    )

    @pytest.fixture
    def importer(self) -> Importer:
        return GENERIC


@pytest.mark.parametrize("form", ["title,{0}\nHeat,{1}\n", '[{{"title": "Heat", "{0}": "{1}"}}]'])
@pytest.mark.parametrize("name", ["watched_on", "added_on"])
def test_a_day_whose_order_the_file_does_not_show_needs_review(form: str, name: str) -> None:
    days = ("03/04/2021", "2021-03-04", "04.04.2021")
    assert [only(form.format(name, day)).needs_review is not None for day in days] == [True, False, False]
