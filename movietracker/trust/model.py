"""How likely the user is to like a title: a Bayesian logistic regression over what they watched.

The log-odds are a sum: of a base, of the public rating, of tastes for genres and decades, and of who recommended the
title or warned of it. Each effect has a Gaussian prior, so two people who always agree do not count twice, somebody new
counts what people count for this user, and an account without any opinion goes by public rating and votes. ``fitting``
learns the effects. The priors are those that fit MovieLens; ``benchmarks/trust_replay.py`` says how well.
"""

import math
from collections import defaultdict
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from .facts import Facts
from .library import Title

Feature = tuple[str, str | int]
"""The kind of a feature, and which one of it: the key of a genre, the id of a person."""

Features = Mapping[Feature, float]


class Prior(NamedTuple):
    """What an effect is before anything was watched: log-odds for each unit of its feature."""

    mean: float
    deviation: float


BASE: Feature = ("base", "")
PUBLIC_RATING: Feature = ("public_rating", "")
PUBLIC_VOTES: Feature = ("public_votes", "")
PERIOD: Feature = ("period", 0)
"""How new a title is; other keys of the kind are the years of PERIODS."""

PRIORS = {
    "base": Prior(-0.2, 0.6),
    "public_rating": Prior(1.0, 0.6),
    "public_votes": Prior(0.1, 0.4),
    "taste": Prior(0.0, 0.6),
    "period": Prior(0.0, 0.5),
    "recommender": Prior(0.1, 0.25),
    "warning": Prior(-0.1, 0.25),
}
"""Of votes: what those of anybody count."""

VOTES = ("recommender", "warning")
ANYBODY = 0
OWN = Prior(0.0, 0.3)
"""How much more the votes of one person count."""

MEAN_RATING, MEAN_VOTES = 7.0, 50
"""What a public rating is centered at, and how many votes for that it is shrunk by."""

UNKNOWN_VOTES = 200
"""What counts for a public rating that is known without its number of votes."""

PERIODS = (1950, 1970, 1980, 1990, 2000, 2010)
"""Years between which taste is interpolated."""

SURE = 0.125
"""How far from the middle of the user's scale a title is surely liked or disliked."""


class Example(NamedTuple):
    """A watched title: what is known of it, and the probability that it was liked."""

    features: Features
    liked: float


class Model(NamedTuple):
    """The effects that were learned, and the covariance of their errors in that order; of others the priors count."""

    effects: Mapping[Feature, float]
    covariance: Any = None

    def terms(self, features: Features) -> dict[Feature, float]:
        """What each reason adds to the log-odds."""
        terms: defaultdict[Feature, float] = defaultdict(float)
        for feature, value in features.items():
            terms[_reason_of(feature)] += self._effect(feature) * value
        return dict(terms)

    def log_odds(self, features: Features) -> float:
        """The sum of the terms."""
        return math.fsum(self.terms(features).values())

    def _effect(self, feature: Feature) -> float:
        return math.fsum(self.effects.get(part, prior_of(part).mean) for part in parts_of(feature))


def parts_of(feature: Feature) -> tuple[Feature, ...]:
    """The effects that a feature has: a vote counts what anybody's does, and what the person's counts more."""
    kind, _ = feature
    return ((kind, ANYBODY), feature) if kind in VOTES else (feature,)


def prior_of(part: Feature) -> Prior:
    """The prior of an effect."""
    kind, key = part
    return OWN if kind in VOTES and key != ANYBODY else PRIORS[kind]


def _reason_of(feature: Feature) -> Feature:
    if feature[0] == "period":
        return PERIOD
    return PUBLIC_RATING if feature == PUBLIC_VOTES else feature


def probably_liked(outcome: float) -> float:
    """The probability that a title with this outcome is liked; near the middle of the user's scale that is unsure."""
    return min(max(0.5 + (outcome - 0.5) / (2 * SURE), 0.0), 1.0)


def share(log_odds: float) -> float:
    """The probability of these log-odds."""
    return 0.5 * (1 + math.tanh(log_odds / 2))


def public_features(facts: Facts) -> dict[Feature, float]:
    """What is the same for every user: the base, and how far the public rating is above the mean."""
    ratings = [each for each in (facts.tmdb, facts.imdb) if each is not None]
    above = [(each.value - MEAN_RATING) * _weight(each.votes or UNKNOWN_VOTES) for each in ratings]
    return {BASE: 1.0} | ({PUBLIC_RATING: math.fsum(above) / len(above)} if above else {})


def _weight(votes: int) -> float:
    """What a public rating by so many votes counts, from 0 to 1."""
    return votes / (votes + MEAN_VOTES)


def features_of(title: Title) -> dict[Feature, float]:
    """All that is known of a title before it is watched."""
    facts = title.facts
    features = public_features(facts)
    if facts.tmdb is not None and facts.tmdb.votes:
        features[PUBLIC_VOTES] = (math.log1p(facts.tmdb.votes) - 8) / 2
    features |= {("taste", key): 1 / math.sqrt(len(facts.genres)) for key in facts.genres}
    features |= {} if title.year is None else _period(int(title.year))
    features |= {("recommender" if vote.is_up else "warning", vote.person_id): 1.0 for vote in title.votes}
    return features


def _period(year: int) -> dict[Feature, float]:
    """How new a title is, and the shares of the two PERIODS that it is between."""
    newness = (min(max(year, 1900), 2040) - 1990) / 30
    inside = min(max(year, PERIODS[0]), PERIODS[-1])
    begin, end = next((begin, end) for begin, end in pairwise(PERIODS) if inside <= end)
    later = (inside - begin) / (end - begin)
    return {PERIOD: newness, ("period", begin): 1 - later, ("period", end): later}
