"""How sure the model is of what it learned."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from movietracker.trust.fitting import fit, match_all
from movietracker.trust.model import ANYBODY, BASE, PUBLIC_RATING, Example, Features, Model, probably_liked

ANNA, BEN, NEW = 1, 2, 3
KINDS = ("recommender", "warning")

FEATURES = st.dictionaries(
    st.tuples(st.sampled_from(KINDS), st.integers(1, 4)) | st.tuples(st.just("taste"), st.sampled_from(["a", "b"])),
    st.floats(-2, 2),
    max_size=4,
).map(lambda features: {BASE: 1.0} | features)
EXAMPLES = st.lists(st.builds(Example, FEATURES, st.floats(0, 1)), max_size=20)


def recommended_by(*people: int) -> Features:
    """The features of a title that these people recommended."""
    return {BASE: 1.0} | {("recommender", person): 1.0 for person in people}


def agreeing(count: int, *people: int) -> list[Example]:
    """Titles that these people were right to recommend, and as many that nobody did and that were not liked."""
    return [Example(recommended_by(*people), 1.0), Example(recommended_by(), 0.0)] * count


def certainty(model: Model, features: Features) -> float:
    """How sure the model is of a title."""
    return match_all(model, [features])[0].certainty


@given(EXAMPLES, st.lists(FEATURES, max_size=5))
@settings(max_examples=50)
def test_the_terms_times_the_certainty_add_up_to_the_match(examples: Sequence[Example], titles: list[Features]) -> None:
    model = fit(examples)
    for features, match in zip(titles, match_all(model, titles), strict=True):
        assert 0 < match.certainty <= 1
        weights = [term * match.certainty for term in model.terms(features).values()]
        assert math.fsum(weights) == pytest.approx(match.log_odds, abs=1e-9)


@given(EXAMPLES, FEATURES, st.lists(FEATURES, max_size=3))
@settings(max_examples=50)
def test_a_match_does_not_depend_on_other_titles(
    examples: Sequence[Example], one: Features, more: list[Features]
) -> None:
    model = fit(examples)
    assert match_all(model, [*more, one])[-1] == pytest.approx(match_all(model, [one])[0], abs=1e-9)


def test_more_evidence_gives_more_certainty() -> None:
    few, many = fit(agreeing(2, ANNA)), fit(agreeing(30, ANNA))
    assert certainty(fit([]), recommended_by(ANNA)) < certainty(few, recommended_by(ANNA))
    assert certainty(few, recommended_by(ANNA)) < certainty(many, recommended_by(ANNA))


def test_somebody_new_counts_what_people_count_for_this_user() -> None:
    of_nobody = fit([]).log_odds(recommended_by(NEW)) - fit([]).log_odds(recommended_by())
    model = fit(agreeing(20, ANNA) + agreeing(20, BEN))
    of_new = model.log_odds(recommended_by(NEW)) - model.log_odds(recommended_by())
    assert model.effects[("recommender", ANYBODY)] == pytest.approx(of_new)
    assert of_nobody < of_new < model.log_odds(recommended_by(ANNA)) - model.log_odds(recommended_by())


def test_of_many_people_the_hundred_with_the_most_votes_are_learned_by_themselves() -> None:
    examples = [Example(recommended_by(*range(1, 102)), 1.0), Example(recommended_by(*range(1, 101)), 0.0)]
    learned = {person for kind, person in fit(examples).effects if kind == "recommender"}
    assert learned == {ANYBODY, *range(1, 101)}


@given(st.floats(-4, 3), st.integers(0, 60))
def test_one_more_recommendation_never_lowers_a_match(rating: float, people: int) -> None:
    fewer, more = ({PUBLIC_RATING: rating} | recommended_by(*range(1, count + 1)) for count in (people, people + 1))
    of_fewer, of_more = match_all(fit([]), [fewer, more])
    assert of_fewer.log_odds < of_more.log_odds


@given(st.floats(-4, 3), st.integers(0, 60))
def test_one_more_warning_never_raises_a_match(rating: float, people: int) -> None:
    fewer, more = (
        {BASE: 1.0, PUBLIC_RATING: rating} | {("warning", person + 1): 1.0 for person in range(count)}
        for count in (people, people + 1)
    )
    of_fewer, of_more = match_all(fit([]), [fewer, more])
    assert of_fewer.log_odds > of_more.log_odds


@pytest.mark.parametrize(
    ("outcome", "liked"), [(0, 0), (0.375, 0), (0.4375, 0.25), (0.5, 0.5), (0.5625, 0.75), (0.625, 1), (1, 1)]
)
def test_only_the_middle_of_the_scale_is_unsure(outcome: float, liked: float) -> None:
    assert probably_liked(outcome) == pytest.approx(liked)
