"""Learns what the user likes: the most probable effects of the model, given what was watched.

They are found by Newton's method, and are the same whatever the order of rows. Their errors are taken as Gaussian, with
the curvature there as precision (Laplace's method), and the less certain effects are, the nearer a match is to one half
(MacKay, "The Evidence Framework Applied to Classification Networks", 1992).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .model import VOTES, Example, Feature, Features, Model, parts_of, prior_of

MOST_EXAMPLES = 10_000
"""The watched titles that are learned from, the ones watched last; and the people and genres with the most of those."""

MOST_FEATURES = {"recommender": 1 + 100, "warning": 1 + 100, "taste": 40}
"""Of votes: what anybody's count, and those of so many people."""

_MAX_STEPS = 50
_PRECISE = 1e-10
_NOISE = 1e-12
_BATCH = 2000


class Match(NamedTuple):
    """How likely a title is to be liked: ``log_odds`` is the sum of its terms times ``certainty``, from 0 to 1."""

    log_odds: float
    certainty: float


class _Design(NamedTuple):
    """Of titles by row: the features whose effects are learned, and what the others add, by mean and variance."""

    known: Any
    mean: Any
    variance: Any


def fit(examples: Sequence[Example]) -> Model:
    """The most probable effects, given these examples."""
    parts = _learned(examples)
    if not parts:
        return Model({})
    posterior = _Posterior(examples, parts)
    effects = posterior.mode()
    return Model(dict(zip(parts, effects.tolist(), strict=True)), np.linalg.inv(posterior.curvature(effects)))


def match_all(model: Model, titles: Sequence[Features]) -> list[Match]:
    """How likely titles with these features are to be liked, in their order.

    How certain the effects of people are is left out, so that one more recommendation never lowers a match.
    """
    parts, effects = list(model.effects), np.array(list(model.effects.values()))
    matches: list[Match] = []
    for start in range(0, len(titles), _BATCH):
        design = _design(titles[start : start + _BATCH], parts)
        log_odds, variance = design.mean, design.variance
        if parts:
            log_odds = log_odds + design.known @ effects
            doubted = design.known * [part[0] not in VOTES for part in parts]
            variance = variance + ((doubted @ model.covariance) * doubted).sum(axis=1)
        certainty = 1 / np.sqrt(1 + math.pi * variance / 8)
        matches += map(Match, (log_odds * certainty).tolist(), certainty.tolist())
    return matches


class _Posterior:
    """How improbable effects are, given examples: minus the logarithm of the density, up to a constant."""

    def __init__(self, examples: Sequence[Example], parts: Sequence[Feature]) -> None:
        self._means, deviations = np.array([prior_of(part) for part in parts]).T
        self._precisions = deviations**-2
        self._design = _design([example.features for example in examples], parts)
        self._liked = np.array([example.liked for example in examples])

    def mode(self) -> Any:
        """The most probable effects, by Newton's method from the means of the priors on."""
        effects, value = self._means, self._value(self._means)
        for _ in range(_MAX_STEPS):
            step = np.linalg.solve(self.curvature(effects), -self._gradient(effects))
            # A whole step can go beyond the other side of the valley; near the bottom, rounding errors are larger.
            while (reached := self._value(effects + step)) > value + _NOISE * (1 + abs(value)):
                step = step / 2
            effects, value = effects + step, reached
            if np.abs(step).max() < _PRECISE:
                break
        return effects

    def curvature(self, effects: Any) -> Any:
        """The matrix of second derivatives."""
        expected = self._expected(effects)
        known = self._design.known
        return (known.T * (expected * (1 - expected))) @ known + np.diag(self._precisions)

    def _gradient(self, effects: Any) -> Any:
        data = self._design.known.T @ (self._expected(effects) - self._liked)
        return data + self._precisions * (effects - self._means)

    def _value(self, effects: Any) -> float:
        log_odds = self._log_odds(effects)
        data = np.logaddexp(0, log_odds) - self._liked * log_odds
        return float(data.sum() + (self._precisions * (effects - self._means) ** 2).sum() / 2)

    def _expected(self, effects: Any) -> Any:
        return 0.5 * (1 + np.tanh(self._log_odds(effects) / 2))

    def _log_odds(self, effects: Any) -> Any:
        return self._design.known @ effects + self._design.mean


def _learned(examples: Sequence[Example]) -> list[Feature]:
    """The effects that are learned, in order."""
    counts = Counter(part for example in examples for feature in example.features for part in parts_of(feature))
    kinds: dict[str, list[Feature]] = {}
    for part, _ in sorted(counts.items(), key=lambda each: (-each[1], each[0])):
        kinds.setdefault(part[0], []).append(part)
    return sorted(part for kind, all_ in kinds.items() for part in all_[: MOST_FEATURES.get(kind)])


def _design(titles: Sequence[Features], learned: Sequence[Feature]) -> _Design:
    columns = {part: column for column, part in enumerate(learned)}
    known, mean, variance = np.zeros((len(titles), len(learned))), np.zeros(len(titles)), np.zeros(len(titles))
    for row, features in enumerate(titles):
        parts: defaultdict[Feature, float] = defaultdict(float)
        for feature, value in features.items():
            for part in parts_of(feature):
                parts[part] += value
        for part, value in parts.items():
            column = columns.get(part)
            if column is None:
                prior = prior_of(part)
                mean[row] += prior.mean * value
                variance[row] += 0.0 if part[0] in VOTES else (prior.deviation * value) ** 2
            else:
                known[row, column] = value
    return _Design(known, mean, variance)
