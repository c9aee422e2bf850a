"""How likely the user is to like a title: a Bayesian logistic regression over what they watched.

The log-odds are a sum: of a base, of the public rating, of what genres the title has, and of who recommended it or
warned of it. Each effect has a Gaussian prior, so two people who always agree do not count twice, somebody new counts a
little, and an account without any opinion goes by public rating and votes. ``fitting`` learns the effects.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

from .facts import Facts
from .library import Title

Feature = tuple[str, str | int]
"""The kind of reason, and which one of it: the key of a genre, the id of a person."""

Features = Mapping[Feature, float]


class Prior(NamedTuple):
    """What an effect is before anything was watched: log-odds for each unit of its feature."""

    mean: float
    deviation: float


BASE: Feature = ("base", "")
PUBLIC_RATING: Feature = ("public_rating", "")
PRIORS = {
    "base": Prior(0.0, 1.0),
    "public_rating": Prior(0.7, 0.4),
    "taste": Prior(0.0, 0.5),
    "recommender": Prior(0.3, 0.5),
    "warning": Prior(-0.3, 0.5),
}

MEAN_RATING, MEAN_VOTES = 6.5, 50
"""What a public rating is centered at, and how many votes for that it is shrunk by."""


class Example(NamedTuple):
    """A watched title: what is known of it, and how well it was liked, from 0 to 1."""

    features: Features
    outcome: float


class Model(NamedTuple):
    """The effects that were learned; of others the priors count."""

    effects: Mapping[Feature, float]

    def terms(self, features: Features) -> dict[Feature, float]:
        """What each feature adds to the log-odds."""
        return {feature: self._effect(feature) * value for feature, value in features.items()}

    def log_odds(self, features: Features) -> float:
        """The sum of the terms."""
        return math.fsum(self.terms(features).values())

    def _effect(self, feature: Feature) -> float:
        effect = self.effects.get(feature)
        return PRIORS[feature[0]].mean if effect is None else effect


def share(log_odds: float) -> float:
    """The probability of these log-odds."""
    return 0.5 * (1 + math.tanh(log_odds / 2))


def public_features(facts: Facts) -> dict[Feature, float]:
    """What is the same for every user: the base, and how far the public rating is above the mean."""
    ratings = [each for each in (facts.tmdb, facts.imdb) if each is not None]
    above = [(each.value - MEAN_RATING) * each.votes / (each.votes + MEAN_VOTES) for each in ratings]
    return {BASE: 1.0} | ({PUBLIC_RATING: math.fsum(above) / len(above)} if above else {})


def features_of(title: Title) -> dict[Feature, float]:
    """All that is known of a title before it is watched."""
    genres = title.facts.genres
    features = public_features(title.facts)
    features |= {("taste", key): 1 / math.sqrt(len(genres)) for key in genres}
    features |= {("recommender" if vote.is_up else "warning", vote.person_id): 1.0 for vote in title.votes}
    return features
