"""How well titles were liked, on the user's own scale."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.judged import title

from movietracker.trust.outcomes import Opinion, opinions_of


def outcomes(*ratings: float) -> list[float]:
    """The outcomes of titles with these ratings."""
    opinions = opinions_of(title(number, rating=rating) for number, rating in enumerate(ratings))
    return [opinion.outcome for opinion in opinions.values()]


def test_an_outcome_is_the_share_of_the_others_below() -> None:
    assert outcomes(3, 9, 6, 7, 8) == [0, 1, 0.25, 0.5, 0.75]


def test_ties_count_half() -> None:
    assert outcomes(5, 5, 5) == [0.5, 0.5, 0.5]
    assert outcomes(5, 7, 7) == [0, 0.75, 0.75]


def test_a_single_opinion_is_in_the_middle() -> None:
    assert outcomes(10) == [0.5]


def test_a_title_without_rating_and_rank_has_no_outcome() -> None:
    assert opinions_of([title(1)]) == {}


@pytest.mark.parametrize(("status", "moment"), [("toWatch", None), ("custom", None)])
def test_a_title_that_was_not_watched_has_no_outcome(status: str, moment: float | None) -> None:
    assert opinions_of([title(1, rating=9, status=status, moment=moment)]) == {}


def test_a_title_that_was_seen_and_is_wanted_again_has_one() -> None:
    assert len(opinions_of([title(1, rating=9, status="toWatch", moment=1e9)])) == 1


def test_a_rank_comes_before_a_rating() -> None:
    ranked = [title(number, rating=1, liked=True, order_key="AB"[number]) for number in range(2)]
    assert [opinion.value for opinion in opinions_of(ranked).values()] == [10, 7.5]
    assert [opinion.outcome for opinion in opinions_of([*ranked, title(2, rating=8)]).values()] == [1, 0, 0.5]


def test_a_title_that_is_only_marked_counts_as_liked_and_moves_no_other() -> None:
    rated = [title(number, rating=rating) for number, rating in enumerate((3, 9))]
    opinions = opinions_of([*rated, title(2, is_marked=True)])
    assert [opinion.outcome for opinion in opinions.values()] == [0, 1, 0.75]
    assert opinions["tt0000002"].liked
    assert opinions_of([title(1, is_marked=True, status="toWatch")]) == {}


def test_a_rating_or_a_rank_comes_before_a_mark() -> None:
    low = title(1, rating=3, is_marked=True), title(2, liked=False, order_key="A", is_marked=True)
    assert [opinion.liked for opinion in opinions_of(low).values()] == [False, False]


def test_the_others_of_the_ranking_are_below_the_liked_ones() -> None:
    ranked = [title(1, liked=False, order_key="A"), title(2, liked=True, order_key="B")]
    assert [opinion.value for opinion in opinions_of(ranked).values()] == [5, 10]


@pytest.mark.parametrize(
    ("given", "is_liked"),
    [
        ({"rating": 7}, True),
        ({"rating": 6.5}, False),
        ({"rating": 9, "liked": False, "order_key": "A"}, False),
        ({"rating": 2, "liked": True, "order_key": "A"}, True),
    ],
)
def test_of_few_opinions_the_rating_itself_tells_what_was_liked(given: dict[str, Any], is_liked: bool) -> None:
    assert opinions_of([title(1, **given)])["tt0000001"].liked is is_liked


def test_of_eight_opinions_the_place_tells_what_was_liked() -> None:
    rated = [title(number, rating=8 + number / 10) for number in range(8)]
    assert [opinion.liked for opinion in opinions_of(rated).values()] == [False] * 4 + [True] * 4


@given(st.lists(st.sampled_from([1.0, 2.5, 6.0, 7.0, 7.5, 10.0]), min_size=1, max_size=30), st.randoms())
def test_outcomes_are_half_on_average_and_do_not_depend_on_the_order_of_rows(ratings: list[float], random: Any) -> None:
    titles = [title(number, rating=rating) for number, rating in enumerate(ratings)]
    opinions = opinions_of(titles)
    assert sum(opinion.outcome for opinion in opinions.values()) == pytest.approx(len(ratings) / 2)
    random.shuffle(titles)
    assert opinions_of(titles) == opinions


def test_an_opinion_has_all_there_is_to_say() -> None:
    assert opinions_of([title(1, rating=9)]) == {"tt0000001": Opinion(9, 0.5, liked=True)}
