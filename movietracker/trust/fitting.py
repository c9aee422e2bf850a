"""Learns what the user likes: the most probable effects of the model, given what was watched.

They are found by Newton's method, and are the same whatever the order of rows.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from .model import PRIORS, Example, Feature, Model

MOST_EXAMPLES = 10_000
"""The watched titles that are learned from, the ones watched last; and the people and genres with the most of those."""

MOST_FEATURES = {"recommender": 100, "warning": 100, "taste": 40}

_MAX_STEPS = 50
_PRECISE = 1e-10


def fit(examples: Sequence[Example]) -> Model:
    """The most probable effects, given these examples."""
    features = _learned(examples)
    if not features:
        return Model({})
    priors = np.array([PRIORS[kind] for kind, _ in features])
    means, precisions = priors[:, 0], priors[:, 1] ** -2
    known, given = _design(examples, features)
    outcomes = np.array([example.outcome for example in examples])
    effects = means.copy()
    for _ in range(_MAX_STEPS):
        liked = 0.5 * (1 + np.tanh((known @ effects + given) / 2))
        gradient = known.T @ (outcomes - liked) - precisions * (effects - means)
        curvature = (known.T * (liked * (1 - liked))) @ known + np.diag(precisions)
        step = np.linalg.solve(curvature, gradient)
        effects += step
        if np.abs(step).max() < _PRECISE:
            break
    return Model(dict(zip(features, effects.tolist(), strict=True)))


def _learned(examples: Sequence[Example]) -> list[Feature]:
    """The features whose effects are learned, in order."""
    counts = Counter(feature for example in examples for feature in example.features)
    kinds: dict[str, list[Feature]] = {}
    for feature, _ in sorted(counts.items(), key=lambda each: (-each[1], each[0])):
        kinds.setdefault(feature[0], []).append(feature)
    return sorted(feature for kind, all_ in kinds.items() for feature in all_[: MOST_FEATURES.get(kind)])


def _design(examples: Sequence[Example], features: Sequence[Feature]) -> tuple[Any, Any]:
    """A row of features for each example, and what the features that are not learned add to its log-odds."""
    columns = {feature: column for column, feature in enumerate(features)}
    known, given = np.zeros((len(examples), len(features))), np.zeros(len(examples))
    for row, example in enumerate(examples):
        for feature, value in example.features.items():
            column = columns.get(feature)
            if column is None:
                given[row] += PRIORS[feature[0]].mean * value
            else:
                known[row, column] = value
    return known, given
