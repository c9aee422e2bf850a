"""How right each recommender was, judged by what the user thinks of the titles that they recommended.

A share of successes is a Beta distribution (Jøsang and Ismail, "The Beta Reputation System", 2002), which begins with
PRIOR pseudo-observations at one half: one lucky title makes nobody reliable. Within a genre it is shrunk towards the
person's own score, as a batting average is towards the league's (Efron and Morris, 1975).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ..schemas.trust import GenreTrust, PersonTrust, Trust
from .beta import beta_interval
from .library import Library
from .outcomes import Opinion

PRIOR = 8
"""Pseudo-observations, of which half are successes."""

PROBABILITY = 0.8
"""That a score is within its interval."""

ENOUGH = 3
"""Titles, with fewer of which it is too early for a verdict."""

GENRE_PRIOR = 6
"""Pseudo-observations at the person's own score, within a genre."""

ENOUGH_OF_GENRE = 4


class Judged(NamedTuple):
    """A recommendation that the user has judged.

    ``outcome`` says from 0 to 1 how right it was, ``expected`` how right one would have been by the public rating.
    """

    outcome: float
    expected: float
    liked: bool
    genres: Mapping[str, str]


def judge_people(library: Library, opinions: Mapping[str, Opinion], expected: Mapping[str, float]) -> list[PersonTrust]:
    """All people of the library, the most trusted first; ``expected`` are the outcomes by public rating."""
    upvotes: defaultdict[int, list[Judged]] = defaultdict(list)
    warnings: defaultdict[int, list[Judged]] = defaultdict(list)
    to_watch: defaultdict[int, int] = defaultdict(int)
    for imdb_id, title in library.titles.items():
        opinion = opinions.get(imdb_id)
        for vote in title.votes:
            if vote.is_up and not title.is_watched:
                to_watch[vote.person_id] += 1
            if opinion is None:
                continue
            up = Judged(opinion.outcome, expected[imdb_id], opinion.liked, title.facts.genres)
            if vote.is_up:
                upvotes[vote.person_id].append(up)
            else:
                warnings[vote.person_id].append(up._replace(outcome=1 - up.outcome, expected=1 - up.expected))
    judged = [
        PersonTrust(*person, trust_of(upvotes[key]), trust_of(warnings[key]), to_watch[key])
        for key, person in library.people.items()
    ]
    return sorted(judged, key=_most_trusted_first)


def trust_of(judged: Sequence[Judged]) -> Trust:
    """The trust that these recommendations of one person earn."""
    evidence = len(judged)
    if not evidence:
        return Trust(None, None, None, 0, 0, "too_early", None)
    right = _total(each.outcome for each in judged)
    score = shrunk(right, evidence, PRIOR, 0.5)
    low, high = beta_interval(PRIOR / 2 + right, PRIOR / 2 + evidence - right, PROBABILITY)
    lift = score - shrunk(_total(each.expected for each in judged), evidence, PRIOR, 0.5)
    liked = sum(each.liked for each in judged)
    return Trust(score, low, high, evidence, liked, _verdict(evidence, low, high), lift, _by_genre(judged, score))


def shrunk(total: float, count: int, prior: float, towards: float) -> float:
    """The mean of observations with this total, and so many pseudo-observations more at ``towards``."""
    return (total + prior * towards) / (count + prior)


def _verdict(evidence: int, low: float, high: float) -> str:
    if evidence < ENOUGH:
        return "too_early"
    if low > 0.5:
        return "reliable"
    return "not_your_taste" if high < 0.5 else "mixed"


def _by_genre(judged: Iterable[Judged], score: float) -> tuple[GenreTrust, ...]:
    genres: defaultdict[str, list[Judged]] = defaultdict(list)
    names: dict[str, str] = {}
    for each in judged:
        for key, name in each.genres.items():
            genres[key].append(each)
            names[key] = min(name, names.get(key, name))  # of several spellings, whatever the order of rows
    told = [
        GenreTrust(
            names[key],
            shrunk(_total(each.outcome for each in of_genre), len(of_genre), GENRE_PRIOR, score),
            len(of_genre),
            sum(each.liked for each in of_genre),
        )
        for key, of_genre in genres.items()
        if len(of_genre) >= ENOUGH_OF_GENRE
    ]
    return tuple(sorted(told, key=lambda each: (-each.score, -each.evidence, each.genre)))


def _total(values: Iterable[float]) -> float:
    """The sum, the same in whatever order the values come."""
    return sum(sorted(values))


def _most_trusted_first(trust: PersonTrust) -> tuple[float, int, str, int]:
    """People of whom nothing is known come last."""
    score = trust.upvotes.score
    return 1.0 if score is None else -score, -trust.upvotes.evidence, trust.name, trust.person_id
