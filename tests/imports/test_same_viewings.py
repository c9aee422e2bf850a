"""Viewings that a source tells twice, with its own id and without, listed and counted, are not doubled."""

import json
from typing import Any

import pytest
from support.imports import bring_in, bring_in_file, take_back
from support.library import movie_of

from movietracker.imports.jobs import Job
from movietracker.schemas.dates import day_of
from movietracker.services.accounts import Account

HEAT = "tt0113277"
FILM = {"title": "Heat", "year": 1995, "ids": {"trakt": 669, "imdb": HEAT, "tmdb": 949}}
MOMENTS = ["2019-03-01T20:00:00.000Z", "2020-04-01T20:00:00.000Z", "2024-05-06T19:30:00.000Z"]
DAYS = [moment[:10] for moment in MOMENTS]


def viewing(row_id: str, **facts: Any) -> dict[str, Any]:
    return {"row_id": row_id, "imdb_id": HEAT, "is_viewing": True, "status": "watched"} | facts


def days(user: Account) -> list[str]:
    """The days of the viewings in the library, sorted; empty for unknown ones."""
    times = ((each["watched_on"], each["watched_at"]) for each in viewings(user))
    return sorted(day or ("" if at is None else str(day_of(at))) for day, at in times)


def viewings(user: Account) -> list[dict[str, Any]]:
    return list(movie_of(user, HEAT)["viewings"])


def plays(count: int, last: str = MOMENTS[-1]) -> dict[str, Any]:
    return {"watched-movies.json": [{"plays": count, "last_watched_at": last, "movie": FILM}]}


def history(*moments: str) -> dict[str, Any]:
    seen = [
        {"id": number, "watched_at": moment, "action": "watch", "type": "movie", "movie": FILM}
        for number, moment in enumerate(moments, 1)
    ]
    return {"watched-history.json": seen}


def brought_in(user: Account, files: dict[str, Any]) -> Job:
    ((name, content),) = files.items()
    return bring_in_file(user, name, json.dumps(content).encode())


def test_a_history_dates_the_viewings_that_were_only_counted(anna: Account) -> None:
    brought_in(anna, plays(3))
    assert days(anna) == ["", "", DAYS[2]]
    brought_in(anna, history(*MOMENTS))
    assert days(anna) == DAYS
    brought_in(anna, plays(3))
    brought_in(anna, history(*MOMENTS))
    assert days(anna) == DAYS


def test_counts_of_plays_add_nothing_to_a_history(anna: Account) -> None:
    brought_in(anna, history(*MOMENTS))
    job = brought_in(anna, plays(3))
    assert (days(anna), job.report["viewings_known"]) == (DAYS, 3)


def test_counts_of_plays_add_what_the_library_lacks(anna: Account) -> None:
    brought_in(anna, history(*MOMENTS[1:]))
    brought_in(anna, plays(4))
    assert days(anna) == ["", "", *DAYS[1:]]


def test_a_later_count_adds_the_plays_since(anna: Account) -> None:
    brought_in(anna, plays(2, MOMENTS[1]))
    brought_in(anna, plays(3))
    assert days(anna) == ["", *DAYS[1:]]


def test_undoing_takes_the_days_away_again(anna: Account) -> None:
    brought_in(anna, plays(3))
    before = viewings(anna)
    take_back(brought_in(anna, history(*MOMENTS)))
    assert viewings(anna) == before
    brought_in(anna, history(*MOMENTS))
    assert days(anna) == DAYS


@pytest.mark.parametrize(("first", "then"), [({"viewing_id": "its own"}, {}), ({}, {"viewing_id": "its own"})])
def test_the_same_day_with_and_without_an_id_is_one_viewing(
    anna: Account, first: dict[str, Any], then: dict[str, Any]
) -> None:
    bring_in(anna, viewing("1", watched_on="2020-05-17", **first))
    bring_in(anna, viewing("2", watched_on="2020-05-17", **then))
    assert days(anna) == ["2020-05-17"]


def test_two_ids_of_one_day_are_two_viewings_and_so_are_two_sources(anna: Account) -> None:
    bring_in(anna, viewing("1", watched_on="2020-05-17", viewing_id="one"))
    bring_in(anna, viewing("2", watched_on="2020-05-17", viewing_id="two"))
    bring_in(anna, viewing("3", watched_on="2020-05-17", source="another"))
    assert days(anna) == ["2020-05-17"] * 3


def test_an_undated_viewing_with_an_id_stays_beside_a_dated_one(anna: Account) -> None:
    bring_in(anna, viewing("1", viewing_id="one"))
    bring_in(anna, viewing("2", watched_on="2020-05-17", viewing_id="two"))
    assert days(anna) == ["", "2020-05-17"]
