"""Watcharr's JSON."""

import json
from typing import Any

import pytest
from movietracker_plugins.watcharr.importer import WatcharrImporter
from support.uploads import counts_of, rows_and_broken, rows_of

from movietracker.plugin.importers import Importer, ImportRow
from movietracker.testing.importers import ImporterContract

WATCHARR = WatcharrImporter()
HEAT = {"tmdbId": 949, "imdb_id": "tt0113277", "title": "Heat", "type": "movie", "release_date": "1995-12-15T00:00:00Z"}
LOST = {"tmdbId": 4607, "imdb_id": "", "title": "Lost", "type": "tv", "release_date": "2004-09-22T00:00:00Z"}


def entry(number: int = 1, status: str = "FINISHED", **fields: Any) -> dict[str, Any]:
    said = {"id": number, "createdAt": "2024-06-08T12:51:09.869791Z", "deletedAt": None, "status": status, "rating": 9}
    return said | {"thoughts": "", "pinned": False, "content": HEAT, "activity": [], "tags": []} | fields


def activity(number: int = 1, kind: str = "STATUS_CHANGED", **fields: Any) -> dict[str, Any]:
    return {"id": number, "type": kind, "data": "", "createdAt": "2024-06-09T19:30:00Z"} | fields


def files(*entries: Any) -> dict[str, str | bytes]:
    return {"watcharr-export.json": json.dumps(entries)}


def only(*entries: Any) -> ImportRow:
    (row,) = rows_of(WATCHARR, files(*entries))
    return row


EPISODES = [
    {"seasonNumber": 1, "episodeNumber": number, "status": status}
    for number, status in ((1, "FINISHED"), (2, "PLANNED"))
]
WHOLE = files(
    entry(1, activity=[activity(countAsPlay=True)]),
    entry(2, "PLANNED", rating=0),
    entry(3, "WATCHING", content=LOST, watchedEpisodes=EPISODES),
    entry(4) | {"content": None, "game": {"name": "Tetris", "igdbId": 7}},
)


def test_a_whole_export_is_counted() -> None:
    counts = {"titles": 2, "viewings": 1, "ratings": 2, "watchlist": 1, "episodes": 1}
    assert counts_of(WATCHARR, WHOLE) == counts


def test_a_finished_title_is_watched_and_has_its_ids_rating_thoughts_and_tags() -> None:
    row = only(entry(thoughts="Loud", tags=[{"name": "crime"}, {"name": "rec-by-anna"}]))
    assert (row.kind, row.title, row.year, row.tmdb_id, row.imdb_id) == ("movie", "Heat", 1995, 949, "tt0113277")
    assert (row.status, row.is_viewing, row.rating, row.review) == ("watched", False, 9.0, "Loud")
    assert (row.tags, row.added_on) == (("crime", "rec-by-anna"), "2024-06-08")
    assert [person.name for person in row.recommended_by] == ["anna"]


def test_a_plan_is_a_wish_and_no_rating_is_none() -> None:
    row = only(entry(status="PLANNED", rating=0, thoughts="recommended by Anna"))
    assert (row.status, row.rating, row.is_viewing, row.review) == ("toWatch", None, False, None)
    assert [person.name for person in row.recommended_by] == ["Anna"]


@pytest.mark.parametrize("status", ["WATCHING", "HOLD", "DROPPED"])
def test_what_was_begun_is_for_the_user_to_decide(status: str) -> None:
    row = only(entry(status=status))
    assert (row.status, row.needs_review) == (None, "it was begun and not finished")


@pytest.mark.parametrize(
    ("fields", "is_play"),
    [
        ({"countAsPlay": True}, True),
        ({"countAsPlay": False, "data": "FINISHED"}, False),
        ({"data": "FINISHED"}, True),
        ({"data": '{"status":"FINISHED"}', "type": "ADDED_WATCHED"}, True),
        ({"data": "DROPPED"}, False),
        ({"type": "RATING_CHANGED", "data": "9"}, False),
        ({"type": "IMPORTED_ADDED_WATCHED", "customDate": "2020-05-06T00:00:00Z"}, True),
        ({"type": "IMPORTED_WATCHED"}, False),
        ({"type": "EPISODE_STATUS_CHANGED", "countAsPlay": True}, False),
        ({"countAsPlay": True, "deletedAt": "2024-06-10T00:00:00Z"}, False),
    ],
)
def test_only_activities_of_watching_are_viewings(fields: dict[str, Any], is_play: bool) -> None:
    title, *plays = rows_of(WATCHARR, files(entry(activity=[activity() | fields])))
    assert not title.is_viewing
    assert [play.is_viewing for play in plays] == [True] * is_play


@pytest.mark.parametrize(
    ("custom", "watched_on", "watched_at"),
    [
        (None, None, 1717961400.0),
        ("0001-01-01T00:00:00Z", None, 1717961400.0),
        ("2020-05-06T00:00:00Z", "2020-05-06", None),
        ("2020-05-06T19:30:00Z", None, 1588793400.0),
    ],
)
def test_the_date_that_the_user_set_comes_first(
    custom: str | None, watched_on: str | None, watched_at: float | None
) -> None:
    _, play = rows_of(WATCHARR, files(entry(activity=[activity(countAsPlay=True, customDate=custom)])))
    assert (play.watched_on, play.watched_at) == (watched_on, watched_at)


def test_each_play_is_a_viewing() -> None:
    plays = [activity(number, countAsPlay=True) for number in (1, 2)]
    assert counts_of(WATCHARR, files(entry(activity=plays))) == {"titles": 1, "viewings": 2, "ratings": 1}


def test_a_deleted_entry_is_left_out() -> None:
    assert rows_of(WATCHARR, files(entry(deletedAt="2024-06-10T00:00:00Z"))) == []


@pytest.mark.parametrize("value", [None, 7, [], {"title": ["x"]}, {"tmdbId": "x"}])
def test_a_title_of_any_shape_does_no_harm(value: Any) -> None:
    rows, broken = rows_and_broken(WATCHARR, files(entry(1), entry(2, content=value)))
    assert (len(rows), len(broken)) == (1, 1)


@pytest.mark.parametrize("value", [None, 7, "x", [7], [{}], [{"type": 7, "countAsPlay": "x", "createdAt": []}]])
def test_activities_of_any_shape_do_no_harm(value: Any) -> None:
    assert [row.title for row in rows_of(WATCHARR, files(entry(1, activity=value, tags=value)))] == ["Heat"]


class TestContract(ImporterContract):
    samples = (WHOLE,)

    @pytest.fixture
    def importer(self) -> Importer:
        return WATCHARR
