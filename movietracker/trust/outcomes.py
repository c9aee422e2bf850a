"""How well the user liked what they watched: the place of each title on their own scale, whatever it means to others.

One person's 7 is another's 9, so a rating counts by its percentile among the user's own (as at Criticker).
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from ..schemas.ranking import exact_score
from .library import Title

FEW_OPINIONS = 8
"""With fewer, a place among them says little, and what was liked is told by the rating itself."""

LIKED_RATING = 7.0

MARKED_OUTCOME = 0.75
"""Of a title that is only marked as liked: the middle of the upper half, since the mark does not say how much."""


class Opinion(NamedTuple):
    """What the user thinks of a title: ``value`` from 1 to 10, its place ``outcome`` from 0 to 1, and whether liked."""

    value: float
    outcome: float
    liked: bool


def opinions_of(titles: Iterable[Title]) -> dict[str, Opinion]:
    """The opinions on watched titles that are ranked, rated or marked, by IMDb id in the order of ``titles``.

    The value of a ranked title is the score of its place, of others the rating. The outcome is the share of the other
    opinions whose value is lower, those of the same value counting half; a single opinion is in the middle. A title
    that is only marked as liked is none of the others.
    """
    watched = [title for title in titles if title.is_watched]
    values = {title.imdb_id: title.rating for title in watched if title.rating is not None} | _scores(watched)
    in_order = sorted(values.values())
    others = len(values) - 1
    opinions = {}
    for title in watched:
        value = values.get(title.imdb_id)
        if value is not None:
            below, up_to = bisect_left(in_order, value), bisect_right(in_order, value)
            outcome = (below + (up_to - below - 1) / 2) / others if others else 0.5
            opinions[title.imdb_id] = Opinion(value, outcome, _is_liked(title, outcome, len(values)))
        elif title.is_marked:
            opinions[title.imdb_id] = Opinion(LIKED_RATING, MARKED_OUTCOME, liked=True)
    return opinions


def _is_liked(title: Title, outcome: float, count: int) -> bool:
    if count >= FEW_OPINIONS:
        return outcome > 0.5
    if title.liked is not None:
        return title.liked
    return title.rating is not None and title.rating >= LIKED_RATING


def _scores(titles: Iterable[Title]) -> dict[str, float]:
    """The scores of ranked titles by IMDb id: from 10 for the best liked one to above 1 for the worst of the others."""
    ranked = sorted(
        (not title.liked, title.order_key, title.imdb_id) for title in titles if title.order_key is not None
    )
    counts = Counter(is_other for is_other, *_ in ranked)
    return {
        imdb_id: exact_score(at + 1 - (counts[False] if is_other else 0), counts[is_other], not is_other)
        for at, (is_other, _, imdb_id) in enumerate(ranked)
    }
