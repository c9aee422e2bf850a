"""How right recommenders were."""

import math
from collections.abc import Sequence
from math import comb
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.judged import facts, title

from movietracker.schemas.trust import PersonTrust
from movietracker.trust.beta import beta_interval
from movietracker.trust.judging import assess
from movietracker.trust.library import Library, Recommender, Title
from movietracker.trust.people import Judged, trust_of

ANNA, BEN = 1, 2
PEOPLE = {ANNA: Recommender(ANNA, "Anna", is_trusted=False), BEN: Recommender(BEN, "Ben", is_trusted=True)}


def library(*titles: Title) -> Library:
    """A library of these titles, with Anna and Ben."""
    return Library({each.imdb_id: each for each in titles}, PEOPLE)


def judged(*titles: Title) -> dict[int, PersonTrust]:
    """How right Anna and Ben were, by id."""
    return {each.person_id: each for each in assess(library(*titles)).people}


def right(*outcomes: float, genre: str | None = None) -> list[Judged]:
    """Recommendations that were so right; as was to be expected."""
    genres = {} if genre is None else {genre.lower(): genre}
    return [Judged(outcome, outcome, outcome > 0.5, genres) for outcome in outcomes]


OUTCOMES = st.lists(st.floats(0, 1), max_size=40)


def test_a_score_begins_at_one_half_and_moves_with_the_outcomes() -> None:
    assert trust_of(right(1, 0.75, 0.5)).score == pytest.approx((4 + 2.25) / 11)


def test_nothing_is_said_of_somebody_without_evidence() -> None:
    trust = trust_of([])
    assert (trust.score, trust.low, trust.high, trust.lift) == (None, None, None, None)
    assert (trust.evidence, trust.verdict) == (0, "too_early")


@pytest.mark.parametrize(
    ("outcomes", "verdict"),
    [
        ([1, 1], "too_early"),
        ([0, 0], "too_early"),
        ([1] * 4, "mixed"),
        ([1] * 5, "reliable"),
        ([0] * 5, "not_your_taste"),
        ([1, 0, 1], "mixed"),
        ([0.9, 0.8] * 10, "reliable"),
    ],
)
def test_a_verdict_needs_three_titles_and_an_interval_on_one_side_of_one_half(
    outcomes: Sequence[float], verdict: str
) -> None:
    assert trust_of(right(*outcomes)).verdict == verdict


@given(st.integers(1, 40), st.integers(1, 40))
def test_the_interval_holds_the_middle_80_percent(successes: int, failures: int) -> None:
    low, high = beta_interval(successes, failures, 0.8)
    assert probability_below(low, successes, failures) == pytest.approx(0.1, abs=0.003)
    assert probability_below(high, successes, failures) == pytest.approx(0.9, abs=0.003)


def probability_below(x: float, successes: int, failures: int) -> float:
    """The Beta distribution of whole numbers, as the binomial sum that it equals."""
    count = successes + failures - 1
    return math.fsum(comb(count, k) * x**k * (1 - x) ** (count - k) for k in range(successes, count + 1))


@given(OUTCOMES.filter(bool))
def test_a_score_is_within_its_interval(outcomes: list[float]) -> None:
    trust = trust_of(right(*outcomes))
    assert trust.score is not None
    assert trust.low is not None
    assert trust.high is not None
    assert 0 < trust.low < trust.score < trust.high < 1


@given(OUTCOMES.filter(bool), st.data())
def test_a_title_that_is_liked_better_never_lowers_the_score(outcomes: list[float], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(outcomes) - 1))
    better = [*outcomes[:at], data.draw(st.floats(outcomes[at], 1)), *outcomes[at + 1 :]]
    assert score(better) >= score(outcomes)


@given(OUTCOMES)
def test_one_more_title_that_is_liked_as_well_as_the_others_never_lowers_the_score(outcomes: list[float]) -> None:
    before = score(outcomes) if outcomes else 0.5
    assert score([*outcomes, max(before, 0.5)]) >= before - 1e-12


def score(outcomes: Sequence[float]) -> float:
    trust = trust_of(right(*outcomes))
    assert trust.score is not None
    return trust.score


@given(OUTCOMES.filter(bool), st.randoms())
def test_trust_does_not_depend_on_the_order_of_rows(outcomes: list[float], random: Any) -> None:
    one = right(*outcomes, genre="Drama")
    other = list(one)
    random.shuffle(other)
    assert trust_of(one) == trust_of(other)


def test_a_genre_is_told_from_four_titles_on_and_shrunk_towards_the_person() -> None:
    trust = trust_of([*right(1, 1, 1, 1, genre="Drama"), *right(0, 0, 0, genre="Horror")])
    assert trust.score == pytest.approx(8 / 15)
    assert [(each.genre, each.evidence, each.liked) for each in trust.genres] == [("Drama", 4, 4)]
    assert trust.genres[0].score == pytest.approx((4 + 6 * 8 / 15) / 10)


def test_an_upvote_counts_once_the_title_is_watched_and_rated() -> None:
    found = judged(title(1, rating=9, ups=[ANNA]), title(2, ups=[ANNA]), title(3, rating=5))[ANNA]
    assert (found.upvotes.evidence, found.upvotes.score) == (1, pytest.approx(5 / 9))


def test_titles_that_were_never_watched_do_not_count_against_anybody() -> None:
    waiting = [title(number, status="toWatch", ups=[ANNA]) for number in range(4)]
    found = judged(*waiting, title(9, rating=2), title(10, rating=3))[ANNA]
    assert (found.upvotes.verdict, found.upvotes.score, found.to_watch) == ("too_early", None, 4)


def test_a_warning_is_right_where_the_user_disliked_the_title() -> None:
    found = judged(title(1, rating=2, downs=[BEN]), title(2, rating=8), title(3, rating=9))[BEN]
    assert found.upvotes.evidence == 0
    assert (found.warnings.evidence, found.warnings.liked) == (1, 0)
    assert found.warnings.score == pytest.approx(5 / 9)


def test_the_most_trusted_come_first() -> None:
    library_ = library(title(1, rating=2, ups=[ANNA]), title(2, rating=8, ups=[BEN]))
    assert [each.name for each in assess(library_).people] == ["Ben", "Anna"]


def test_people_of_whom_nothing_is_known_come_after_those_who_were_wrong() -> None:
    library_ = library(title(1, rating=2, ups=[BEN]), title(2, rating=8))
    assert [each.name for each in assess(library_).people] == ["Ben", "Anna"]


def famous_and_unknown(rating: float, of: int, first: int) -> list[Title]:
    """Ten titles with a public rating, which the user rates as highly."""
    known = facts("Drama", rating=rating, votes=5000)
    return [title(first + n, rating=rating + n / 100, ups=[of], facts=known) for n in range(10)]


def test_somebody_who_names_famous_titles_only_has_no_lift() -> None:
    famous = famous_and_unknown(8.5, ANNA, 100)
    # Liked as well as the famous ones, but nobody would have known.
    found_by_ben = [
        title(200 + n, rating=8.5 + n / 100, ups=[BEN], facts=facts("Drama", rating=5.0)) for n in range(10)
    ]
    others = [title(n, rating=4 + n / 100, facts=facts("Drama", rating=5.0)) for n in range(40)]
    more_famous = [title(300 + n, rating=8.5 + n / 100, facts=facts("Drama", rating=8.5)) for n in range(10)]

    found = judged(*famous, *found_by_ben, *others, *more_famous)

    assert found[ANNA].upvotes.score == pytest.approx(found[BEN].upvotes.score, abs=0.01)
    assert found[ANNA].upvotes.lift == pytest.approx(0, abs=0.05)
    assert (found[BEN].upvotes.lift or 0) > 0.15


def test_the_mark_of_the_user_changes_nothing() -> None:
    titles = [title(n, rating=1 + n, ups=[ANNA, BEN]) for n in range(5)]
    found = judged(*titles)
    assert found[ANNA].upvotes == found[BEN].upvotes
    assert (found[ANNA].is_trusted, found[BEN].is_trusted) == (False, True)
