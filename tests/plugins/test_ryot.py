"""Ryot's complete export."""

import json
from typing import Any

import pytest
from movietracker_plugins.ryot.importer import RyotImporter
from support.uploads import counts_of, rows_and_broken, rows_of, upload

from movietracker.plugin.importers import Importer, ListPlace
from movietracker.testing.importers import ImporterContract

RYOT = RyotImporter()


def item(lot: str = "movie", **fields: Any) -> dict[str, Any]:
    known = {"lot": lot, "source": "tmdb", "identifier": "949", "source_id": "Heat"}
    return known | {"seen_history": [], "reviews": [], "collections": []} | fields


def seen(ended_on: str | None = "2024-05-06", **fields: Any) -> dict[str, Any]:
    return {"ended_on": ended_on, "started_on": None, "progress": "100", "show_season_number": None} | fields


def review(rating: str | None = "85", text: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"rating": rating, "review": {"text": text, "date": "2024-05-07T08:00:00Z"}} | fields


def export(*items: Any) -> dict[str, str | bytes]:
    return {"ryot.json": json.dumps({"collections": None, "metadata": items, "people": [], "workouts": []})}


WHOLE = export(
    item(seen_history=[seen(), seen()], reviews=[review(text="Loud")], collections=[{"collectionName": "Completed"}]),
    item("show", identifier="4607", source_id="Lost", seen_history=[seen(show_season_number=1, show_episode_number=2)]),
    item(
        identifier="11645", source_id="Ran", collections=[{"collectionName": "Watchlist"}, {"collectionName": "Best"}]
    ),
    item("book", source="openlibrary", identifier="OL1", source_id="Emma"),
)


def test_a_whole_export_is_counted() -> None:
    assert counts_of(RYOT, WHOLE) == {
        "titles": 2,
        "viewings": 2,
        "ratings": 1,
        "watchlist": 1,
        "lists": 1,
        "list_items": 1,
        "reviews": 1,
        "episodes": 1,
    }


def test_an_export_that_begins_with_other_sections_is_recognized() -> None:
    workouts = [{"details": {"name": "x" * 20_000}, "collections": []}]
    content = {"workouts": workouts, "measurements": [], "metadata": [item(seen_history=[seen()])]}
    files: dict[str, str | bytes] = {"x": json.dumps(content)}
    assert RYOT.recognizes(upload(files))
    assert [row.title for row in rows_of(RYOT, files)] == ["Heat"]


def test_items_alone_are_recognized() -> None:
    assert [row.title for row in rows_of(RYOT, {"x": json.dumps([item(seen_history=[seen()])])})] == ["Heat"]


@pytest.mark.parametrize(
    ("ended_on", "watched_on", "watched_at"),
    [
        ("2024-05-06", "2024-05-06", None),
        ("2024-05-06T19:30:00Z", None, 1715023800.0),
        ("2024-05-06T00:00:00Z", "2024-05-06", None),
        (None, None, None),
    ],
)
def test_a_viewing_is_on_a_day_at_a_moment_or_undated(
    ended_on: str | None, watched_on: str | None, watched_at: float | None
) -> None:
    (row,) = rows_of(RYOT, export(item(seen_history=[seen(ended_on)])))
    assert (row.kind, row.tmdb_id, row.is_viewing, row.status) == ("movie", 949, True, "watched")
    assert (row.watched_on, row.watched_at) == (watched_on, watched_at)


@pytest.mark.parametrize(
    "fields", [{"state": "dropped"}, {"state": "on_a_hold"}, {"state": "in_progress"}, {"progress": "40"}]
)
def test_what_was_begun_is_no_viewing(fields: dict[str, str]) -> None:
    (row,) = rows_of(RYOT, export(item(seen_history=[seen(**fields)])))
    assert (row.is_viewing, row.status, row.needs_review) == (False, None, "it was begun and not finished")


@pytest.mark.parametrize("fields", [{"state": "completed", "progress": None}, {"progress": None}, {"progress": "100"}])
def test_what_was_completed_is_a_viewing(fields: dict[str, Any]) -> None:
    (row,) = rows_of(RYOT, export(item(seen_history=[seen(**fields)])))
    assert row.is_viewing


@pytest.mark.parametrize(("text", "rating"), [("85", 8.5), ("100.00", 10.0), ("72.5", 7.2), ("0", None), (None, None)])
def test_ratings_of_a_hundred_become_ratings_of_ten(text: str | None, rating: float | None) -> None:
    (row,) = rows_of(RYOT, export(item(reviews=[review(text, "Loud")])))
    assert (row.rating, row.viewing_rating, row.review, row.added_on) == (rating, None, "Loud", "2024-05-07")


def test_reviews_of_seasons_and_reviews_that_say_nothing_are_left_out() -> None:
    reviews = [review(show_season_number=1), review(None)]
    assert rows_of(RYOT, export(item("show", reviews=reviews))) == []


@pytest.mark.parametrize("name", ["In Progress", "Monitoring", "Owned", "Reminders"])
def test_ryots_own_collections_are_no_lists(name: str) -> None:
    assert rows_of(RYOT, export(item(collections=[{"collectionName": name}]))) == []


@pytest.mark.parametrize(
    "collection",
    [
        {"collectionName": "Frank's recommendations", "rank": "3"},
        {"collection_name": "Frank's recommendations", "rank": 3},
    ],
)
def test_a_collection_is_a_list(collection: dict[str, Any]) -> None:
    (row,) = rows_of(RYOT, export(item(collections=[collection])))
    assert row.list_place == ListPlace("Frank's recommendations", 3)
    assert [person.name for person in row.recommended_by] == ["Frank"]


def test_collections_of_older_exports_are_names_alone() -> None:
    rows = rows_of(RYOT, export(item(collections=["Watchlist", "Best"])))
    assert [(row.status, row.list_place) for row in rows] == [("toWatch", None), (None, ListPlace("Best"))]


def test_an_id_in_place_of_the_title_is_no_title() -> None:
    (row,) = rows_of(RYOT, export(item(source_id="949", seen_history=[seen()])))
    assert (row.title, row.tmdb_id) == (None, 949)


def test_anime_of_another_database_keeps_its_id_there() -> None:
    (row,) = rows_of(RYOT, export(item("anime", source="myanimelist", seen_history=[seen()])))
    assert (row.kind, row.tmdb_id, row.other_ids) == (None, None, (("myanimelist", "949"),))


@pytest.mark.parametrize("value", [None, 7, "x", [7], [{}], {"a": 1}])
def test_parts_of_any_shape_do_no_harm(value: Any) -> None:
    rows, broken = rows_and_broken(RYOT, export(item(seen_history=value, reviews=value, collections=value)))
    assert broken == []
    assert len(rows) <= 2


class TestContract(ImporterContract):
    samples = (WHOLE, {"x.json": json.dumps([item(seen_history=[seen()])])})

    @pytest.fixture
    def importer(self) -> Importer:
        return RYOT
