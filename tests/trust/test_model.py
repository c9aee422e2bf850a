"""How likely a title is to be liked, and why."""

import math
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.judged import facts, title

from movietracker.trust.fitting import MOST_FEATURES, fit
from movietracker.trust.library import Title
from movietracker.trust.model import Example, Feature, Features, Model, features_of, parts_of, prior_of, share

ANNA, BEN, CLEO = 1, 2, 3

TITLES = st.builds(
    title,
    st.integers(0, 9999),
    ups=st.lists(st.integers(1, 4), unique=True, max_size=3),
    downs=st.lists(st.integers(5, 6), unique=True, max_size=2),
    facts=st.builds(
        lambda genres, rating: facts(*genres, rating=rating),
        st.lists(st.sampled_from(["Drama", "Comedy", "Horror"]), unique=True),
        st.none() | st.floats(0.1, 10),
    ),
)
WATCHED = st.lists(st.tuples(TITLES, st.floats(0, 1)), max_size=25)


def learned(watched: Sequence[tuple[Title, float]]) -> Model:
    """The model after these titles with these outcomes."""
    return fit([Example(features_of(each), outcome) for each, outcome in watched])


def match(model: Model, wanted: Title) -> float:
    """How likely the title is to be liked."""
    return share(model.log_odds(features_of(wanted)))


@given(WATCHED, TITLES)
@settings(max_examples=50)
def test_the_terms_add_up_to_the_log_odds(watched: list[tuple[Title, float]], wanted: Title) -> None:
    model = learned(watched)
    terms = model.terms(features_of(wanted))
    probability = match(model, wanted)
    assert math.fsum(terms.values()) == pytest.approx(math.log(probability / (1 - probability)), abs=1e-9)


@given(WATCHED, TITLES, st.randoms())
@settings(max_examples=50)
def test_the_order_of_rows_makes_no_difference(watched: list[tuple[Title, float]], wanted: Title, random: Any) -> None:
    other = list(watched)
    random.shuffle(other)
    assert match(learned(watched), wanted) == pytest.approx(match(learned(other), wanted), abs=1e-9)


@given(WATCHED)
@settings(max_examples=50)
def test_the_effects_are_the_most_probable_ones(watched: list[tuple[Title, float]]) -> None:
    model = learned(watched)
    examples = [(features_of(each), outcome) for each, outcome in watched]
    for part, effect in model.effects.items():
        prior = prior_of(part)
        data = math.fsum((y - share(model.log_odds(x))) * amount(x, part) for x, y in examples)
        assert data == pytest.approx((effect - prior.mean) / prior.deviation**2, abs=1e-6)


def amount(features: Features, part: Feature) -> float:
    """How much of an effect these features have."""
    return math.fsum(value for feature, value in features.items() if part in parts_of(feature))


def test_an_account_without_opinions_goes_by_public_rating_and_votes() -> None:
    model = fit([])
    good, bad = facts(rating=8.5), facts(rating=5.0)
    assert match(model, title(1, facts=good)) > match(model, title(2, facts=bad))
    assert match(model, title(1, ups=[ANNA])) > match(model, title(2)) > match(model, title(3, downs=[ANNA]))
    assert match(model, title(1, ups=[ANNA, BEN])) > match(model, title(2, ups=[ANNA]))


def test_a_public_rating_counts_though_nobody_says_by_how_many_votes() -> None:
    model = fit([])
    assert match(model, title(1, facts=facts(rating=9.0, votes=0))) > match(
        model, title(2, facts=facts(rating=5.0, votes=0))
    )


def test_whoever_was_right_counts_more_than_whoever_was_wrong() -> None:
    model = learned([(title(n, ups=[ANNA if n % 2 else BEN]), float(n % 2)) for n in range(20)])
    assert match(model, title(99, ups=[ANNA])) > match(model, title(99)) > match(model, title(99, ups=[BEN]))


def test_two_who_always_agree_do_not_count_twice() -> None:
    def said_by(*people: int) -> float:
        """What their votes add; they were right on 70 of 100, and of 100 others 50 were liked."""
        right = [(title(n, ups=people), float(n % 10 < 7)) for n in range(100)]
        model = learned([*right, *((title(n), float(n % 2)) for n in range(100))])
        return model.log_odds(features_of(title(999, ups=people))) - model.log_odds(features_of(title(999)))

    assert said_by(ANNA) < said_by(ANNA, BEN) < 1.3 * said_by(ANNA)


def test_a_warning_that_was_right_lowers_the_match() -> None:
    model = learned([(title(n, downs=[CLEO] if n % 2 else []), float(not n % 2)) for n in range(20)])
    assert match(model, title(99, downs=[CLEO])) < match(model, title(99))


def test_genres_are_tastes() -> None:
    model = learned([(title(n, facts=facts("Drama" if n % 2 else "Horror")), float(n % 2)) for n in range(20)])
    assert match(model, title(99, facts=facts("Drama"))) > 0.5 > match(model, title(99, facts=facts("Horror")))


def test_no_more_people_are_learned_than_fit() -> None:
    watched = [(title(n, ups=[n % 150 + 1]), float(n % 2)) for n in range(450)]
    model = learned(watched)
    assert sum(kind == "recommender" for kind, _ in model.effects) == MOST_FEATURES["recommender"]
    assert 0 < match(model, title(999, ups=[149])) < 1


def test_log_odds_of_any_size_have_a_share() -> None:
    assert (share(1e9), share(-1e9), share(0)) == (1, 0, 0.5)
