"""The order of the queue: by match, but for those that explore."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.judged import facts, title

from movietracker.trust.judging import assess
from movietracker.trust.library import Library, Recommender, Title
from movietracker.trust.queue import EXPLORED, Queued, QueueFilter, in_order

ANNA, BEN, CLEO = 1, 2, 3
PEOPLE = {key: Recommender(key, name, is_trusted=False) for key, name in ((ANNA, "Anna"), (BEN, "Ben"), (CLEO, "Cleo"))}


def queue(titles: Sequence[Title], *, explore: bool = True, **wanted: Any) -> list[Queued]:
    """The queue of a library of these titles."""
    library = Library({each.imdb_id: each for each in titles}, PEOPLE)
    return list(in_order(assess(library), QueueFilter(**wanted), explore=explore))


def to_watch(number: int, rating: float = 6.5, ups: Sequence[int] = (), **more: Any) -> Title:
    return title(number, status="toWatch", ups=ups, facts=facts("Drama", rating=rating, **more))


def numbers(queued: Sequence[Queued]) -> list[int]:
    return [int(each.candidate.title.imdb_id[2:]) for each in queued]


LONG = [to_watch(number, rating=9 - number / 20, ups=[BEN] if number > 50 else []) for number in range(60)]


def test_the_best_match_comes_first() -> None:
    assert numbers(queue([to_watch(1, 5), to_watch(2, 9), to_watch(3, 7, ups=[ANNA])])) == [2, 3, 1]


def test_every_twentieth_place_is_for_somebody_of_whom_little_is_known() -> None:
    explored = [place for place, each in enumerate(queue(LONG), 1) if each.explored is not None]
    assert explored == [20, 40]
    assert queue(LONG)[19].candidate.title.imdb_id == "tt0000051"  # the best of Ben's
    assert [each.explored.name for each in queue(LONG) if each.explored] == ["Ben", "Ben"]


def test_without_exploring_the_order_is_that_of_the_match() -> None:
    matches = [round(each.candidate.log_odds, 9) for each in queue(LONG, explore=False)]
    assert matches == sorted(matches, reverse=True)
    assert all(each.explored is None for each in queue(LONG, explore=False))


def test_of_several_people_each_has_a_turn() -> None:
    titles = [*LONG, *(to_watch(number, rating=2, ups=[CLEO]) for number in range(100, 103))]
    assert {each.explored.name for each in queue(titles) if each.explored} == {"Ben", "Cleo"}


def test_nobody_is_explored_of_whom_enough_is_known() -> None:
    watched = [title(200 + number, rating=1 + number / 3, ups=[BEN]) for number in range(20)]
    assert all(each.explored is None for each in queue([*LONG, *watched]))


@given(st.lists(st.tuples(st.floats(1, 10), st.sets(st.sampled_from([ANNA, BEN, CLEO]))), max_size=70), st.booleans())
def test_every_title_has_one_place(given_titles: list[tuple[float, set[int]]], explore: bool) -> None:
    titles = [to_watch(number, rating, sorted(ups)) for number, (rating, ups) in enumerate(given_titles)]
    found = queue(titles, explore=explore)
    assert sorted(numbers(found)) == list(range(len(titles)))
    assert sum(each.explored is not None for each in found) <= len(titles) / EXPLORED
    others = [round(each.candidate.log_odds, 9) for each in found if each.explored is None]
    assert others == sorted(others, reverse=True)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"media_type": "tv"}, [2]),
        ({"genres": ("horror", "comedy")}, [3]),
        ({"list_id": "rainy"}, [4]),
        ({"max_runtime": 90}, [1]),
        ({"person_id": ANNA}, [5]),
        ({"person_id": BEN}, []),
        ({"media_type": "movie", "max_runtime": 100}, [1, 5]),
    ],
)
def test_everything_that_is_asked_for_must_fit(wanted: dict[str, Any], found: list[int]) -> None:
    titles = [
        to_watch(1, runtime=90),
        to_watch(2, runtime=None)._replace(media_type="tv"),
        title(3, status="toWatch", facts=facts("Horror")),
        to_watch(4)._replace(status="custom", list_id="rainy"),
        to_watch(5, runtime=100, ups=[ANNA])._replace(votes=to_watch(5, ups=[ANNA]).votes),
    ]
    assert sorted(numbers(queue(titles, **wanted))) == found


def test_a_warning_is_no_recommendation() -> None:
    warned = title(1, status="toWatch", downs=[ANNA])
    assert queue([warned], person_id=ANNA) == []


def test_what_was_seen_is_queued_only_when_it_is_wanted_again() -> None:
    seen = [title(1), title(2, status="custom", moment=1e9), title(3, status="toWatch", moment=1e9)]
    assert numbers(queue(seen)) == [3]
