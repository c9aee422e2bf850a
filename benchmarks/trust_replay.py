"""How well the queue orders what a user is going to watch, replayed on MovieLens.

    OPENBLAS_NUM_THREADS=1 python benchmarks/trust_replay.py FOLDER [--json [FILE]] [--owners N] [--draws 3] [--seed 1]
        [--tuned] [--whole] [--without PART]

Each user with at least 60 ratings is an owner, 12 others drawn at random are the people who recommend: 4 stars and more
are an upvote, 2.5 and less a downvote. The first half of the owner's ratings in time is known; what the people
recommended of the second half is the watchlist that ``movietracker.trust`` orders, as for ``GET /api/queue``. A title
is liked if its outcome among all ratings of the owner is above one half. Watchlists have at least 20 titles. The public
rating is the mean of all other users, shrunk by 10 votes; votes and trust are ordered by it where they are even. For a
log loss, each order becomes a probability by a logistic curve that is fitted to what is known.

The owners are the third that the model was not tuned on (``--tuned``: the others). ``--whole``: the watchlist is all of
the second half, recommended or not. ``--without``: the model is told nothing of one part. Means are over owners,
intervals are of a bootstrap over owners (95 %).
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from measures import MEASURES, Predicted, calibration, interval, logistic, measure
from movielens import MovieLens, held_out, libraries, read_movielens

from movietracker.trust.assessment import Assessment
from movietracker.trust.facts import PublicRating
from movietracker.trust.judging import assess
from movietracker.trust.library import Library, Title
from movietracker.trust.model import probably_liked, share
from movietracker.trust.outcomes import opinions_of

LEAST_TITLES = 20
SOME_VOTES = 3000
ORDERS = ("public_rating", "votes", "vote_count", "trust", "model")

Score = Callable[[Title], float]


class Replay(NamedTuple):
    """What one draw of an owner came to: the share of liked titles, MEASURES by order, the model's predictions."""

    base_rate: float
    measures: Mapping[str, Sequence[float]]
    model: Predicted


def public_rating(title: Title) -> float:
    """The mean of the other users, on ten points."""
    return 0.0 if title.facts.tmdb is None else title.facts.tmdb.value


def vote_count(title: Title) -> float:
    """The logarithm of how many other users rated it."""
    return 0.0 if title.facts.tmdb is None else math.log1p(title.facts.tmdb.votes)


def votes(title: Title) -> float:
    """Upvotes less downvotes."""
    return sum(1 if vote.is_up else -1 for vote in title.votes) + public_rating(title) / 1000


def trust_in(assessment: Assessment) -> Score:
    """The log-odds of the scores of those who recommended a title, less those of who warned of it."""
    people = assessment.background.people
    odds = {
        (key, is_up): 0.0 if side.score is None else math.log(side.score / (1 - side.score))
        for key, person in people.items()
        for is_up, side in ((True, person.upvotes), (False, person.warnings))
    }

    def trust(title: Title) -> float:
        said = math.fsum(odds[vote.person_id, vote.is_up] * (1 if vote.is_up else -1) for vote in title.votes)
        return said + public_rating(title) / 1000

    return trust


WITHOUT: Mapping[str, Callable[[Title], Title]] = {
    "genres": lambda title: title._replace(facts=title.facts._replace(genres={})),
    "years": lambda title: title._replace(year=None),
    "vote_count": lambda title: title._replace(
        facts=title.facts._replace(tmdb=PublicRating(public_rating(title), SOME_VOTES))
    ),
    "people": lambda title: title._replace(votes=()),
}
"""What the model can be told nothing of."""


def replay(known: Library, watched: Library, *, whole: bool, without: str) -> Replay | None:
    """Order a watchlist; None if it is too short."""
    truth = opinions_of(watched.titles.values())
    told: Callable[[Title], Title] = WITHOUT.get(without, lambda title: title)
    assessment = assess(Library({key: told(title) for key, title in known.titles.items()}, known.people))
    candidates = {each.title.imdb_id: each for each in assessment.candidates}
    titles = [known.titles[key] for key in sorted(candidates)]
    titles = [title for title in titles if whole or any(vote.is_up for vote in title.votes)]
    if len(titles) < LEAST_TITLES:
        return None
    outcome = np.array([truth[title.imdb_id].outcome for title in titles])
    liked = np.array([truth[title.imdb_id].liked for title in titles])
    log_odds = np.array([candidates[title.imdb_id].log_odds for title in titles])
    predicted = {"model": Predicted(log_odds, np.array([share(each) for each in log_odds]), outcome, liked)}
    opinions = opinions_of(known.titles.values())
    target = np.array([probably_liked(opinion.outcome) for opinion in opinions.values()])
    scores = {"public_rating": public_rating, "votes": votes, "vote_count": vote_count, "trust": trust_in(assessment)}
    for name, score in scores.items():
        of_known = np.array([score(known.titles[key]) for key in opinions])
        of_queued = np.array([score(title) for title in titles])
        predicted[name] = Predicted(of_queued, logistic(of_known, target, of_queued), outcome, liked)
    return Replay(float(liked.mean()), {name: measure(each) for name, each in predicted.items()}, predicted["model"])


def replay_all(data: MovieLens, owners: Sequence[int], draws: int, seed: int, **how: Any) -> list[list[Replay]]:
    """The replays by owner; of owners that have any."""
    replays = []
    for owner in owners:
        drawn = [libraries(data, owner, random.Random(f"{seed} {draw} {owner}")) for draw in range(draws)]
        done = [found for each in drawn if (found := replay(*each, **how)) is not None]
        replays += [done] if done else []
    return replays


def summary(replays: Sequence[Sequence[Replay]]) -> dict[str, Any]:
    """The means over owners, and in ``details`` intervals, calibration and the gain over the base rate."""
    base = np.array([np.mean([each.base_rate for each in of_owner]) for of_owner in replays])
    by_order = {
        name: np.array([np.mean([each.measures[name] for each in of_owner], axis=0) for of_owner in replays])
        for name in ORDERS
    }
    means = {name: dict(zip(MEASURES, np.nanmean(of, axis=0).tolist(), strict=True)) for name, of in by_order.items()}
    every = [each.model for of_owner in replays for each in of_owner]
    better = by_order["model"] - by_order["public_rating"]
    gains = [means[name]["hit10"] - base.mean() for name in ("model", "public_rating")]
    details = {
        "owners": len(replays),
        "titles": sum(len(each.liked) for each in every),
        "gain": gains[0] / gains[1],
        "base_rate": interval(base),
        "intervals": {name: _intervals(of) for name, of in by_order.items()},
        "model_less_public_rating": _intervals(better),
        "calibration": calibration(
            np.concatenate([each.probability for each in every]), np.concatenate([each.liked for each in every])
        ),
    }
    return {"base_rate": float(base.mean()), **means, "details": details}


def _intervals(by_owner: Any) -> dict[str, tuple[float, float]]:
    return {name: interval(by_owner[:, column]) for column, name in enumerate(MEASURES)}


def show(found: Mapping[str, Any]) -> None:
    """Print the summary as tables."""
    details = found["details"]
    low, high = details["base_rate"]
    print(f"{details['owners']} owners, {details['titles']:,} titles to order; liked {found['base_rate']:.3f}", end=" ")
    print(f"({low:.3f} to {high:.3f})\n\n| order | {' | '.join(MEASURES)} |\n| --- |{' ---: |' * len(MEASURES)}")
    for name in ORDERS:
        print(f"| {name.replace('_', ' ')} | {_cells(found[name], details['intervals'][name])} |")
    better = {key: found["model"][key] - found["public_rating"][key] for key in MEASURES}
    print(f"| model less public rating | {_cells(better, details['model_less_public_rating'])} |")
    print(f"\nGain over the base rate: {details['gain']:.2f} times that of the public rating")
    print("\n| match | titles | predicted | liked |\n| --- | ---: | ---: | ---: |")
    for each in details["calibration"]:
        print(f"| from {each['from']:.1f} | {each['titles']:,} | {each['predicted']:.3f} | {each['liked']:.3f} |")


def _cells(values: Mapping[str, float], intervals: Mapping[str, tuple[float, float]]) -> str:
    return " | ".join(f"{values[key]:.3f} ({low:.3f} to {high:.3f})" for key, (low, high) in intervals.items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", nargs="?", const="-", metavar="FILE", help="as JSON to a file, or to standard output")
    parser.add_argument("--owners", type=int, metavar="N", help="only so many")
    parser.add_argument("--draws", type=int, default=3, help="of people, for each owner")
    parser.add_argument("--seed", type=int, default=1, help="of the draws")
    parser.add_argument("--tuned", action="store_true", help="owners that the model was tuned on")
    parser.add_argument("--whole", action="store_true", help="all titles of the second half")
    parser.add_argument("--without", choices=WITHOUT, default="", help="tell the model nothing of this")
    options = parser.parse_args()
    try:
        data = read_movielens(options.folder)
    except (OSError, ValueError) as error:
        sys.exit(f"trust_replay: {error}")
    owners = held_out(data)[0 if options.tuned else 1][: options.owners]
    how = {"whole": options.whole, "without": options.without}
    replays = replay_all(data, owners, max(options.draws, 1), options.seed, **how)
    if not replays:
        sys.exit(f"trust_replay: no owner in {options.folder} has {LEAST_TITLES} titles to order")
    found = summary(replays)
    if options.json is None:
        show(found)
    elif options.json == "-":
        print(json.dumps(found, indent=2))
    else:
        Path(options.json).write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
