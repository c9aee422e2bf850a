"""How good an order and probabilities are, given what the user thought of the titles."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

FIRST = 10
DEVIATION = 0.4
"""Of 0.3, 0.5 and 1, those around this give the public rating, votes and trust the lowest log loss."""
MEASURES = ("hit10", "ndcg10", "auc", "log_loss")


class Predicted(NamedTuple):
    """Titles by row: a score to order by, the probability of being liked, the outcome (0 to 1), and whether liked."""

    score: Any
    probability: Any
    outcome: Any
    liked: Any


def measure(titles: Predicted) -> list[float]:
    """The MEASURES of one queue: of titles with the same score, the first in the row is first."""
    first = np.argsort(-titles.score, kind="stable")[:FIRST]
    weights = 1 / np.log2(np.arange(len(first)) + 2)
    best = np.sort(titles.outcome)[::-1][:FIRST]
    chance = np.clip(np.where(titles.liked, titles.probability, 1 - titles.probability), 1e-9, 1)
    return [
        float(titles.liked[first].mean()),
        float((titles.outcome[first] * weights).sum() / (best * weights).sum()),
        _auc(titles.score, titles.liked),
        float(-np.log(chance).mean()),
    ]


def _auc(score: Any, liked: Any) -> float:
    """How often a liked title scores higher than another, ties half; not a number if all are liked, or none is."""
    if liked.all() or not liked.any():
        return float("nan")
    others = np.sort(score[~liked])
    below = np.searchsorted(others, score[liked], "left") + np.searchsorted(others, score[liked], "right")
    return float(below.mean() / 2 / len(others))


def logistic(score: Any, target: Any, scores: Any) -> Any:
    """Probabilities of ``scores`` by a logistic curve fitted to ``score`` and ``target``, from 0 to 1 by row.

    A Gaussian prior (DEVIATION, for a standard deviation of the score) keeps few titles from bending it much.
    """
    center, spread = score.mean(), score.std() or 1.0
    known = np.stack([np.ones(len(score)), (score - center) / spread], axis=1)
    effects = np.zeros(2)
    for _ in range(25):
        expected = 1 / (1 + np.exp(-known @ effects))
        curvature = (known.T * (expected * (1 - expected))) @ known + np.eye(2) / DEVIATION**2
        effects += np.linalg.solve(curvature, known.T @ (target - expected) - effects / DEVIATION**2)
    return 1 / (1 + np.exp(-effects[0] - effects[1] * (scores - center) / spread))


def interval(by_owner: Any, times: int = 2000) -> tuple[float, float]:
    """The 95 % bootstrap interval of the mean over owners."""
    owners = by_owner[~np.isnan(by_owner)]
    chosen = np.random.default_rng(1).integers(0, len(owners), (times, len(owners)))
    low, high = np.percentile(owners[chosen].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def calibration(probability: Any, liked: Any, bins: int = 10) -> list[dict[str, float]]:
    """By bins of the probability: how many titles, their mean probability, and the share that was liked."""
    of_bin = np.minimum((probability * bins).astype(int), bins - 1)
    return [
        {
            "from": number / bins,
            "titles": int((of_bin == number).sum()),
            "predicted": float(probability[of_bin == number].mean()),
            "liked": float(liked[of_bin == number].mean()),
        }
        for number in sorted(set(of_bin.tolist()))
    ]
