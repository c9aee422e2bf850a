"""Trust and the reasons for a match in words: the one place where their texts are made."""

from collections.abc import Mapping
from statistics import fmean
from typing import Any, NamedTuple

from ..schemas.trust import PersonTrust, Reason, Trust
from .library import Title
from .model import MEAN_RATING, PERIOD, Feature

_VERDICTS = {
    "too_early": "Too early to tell",
    "reliable": "Reliable",
    "mixed": "Not clear yet",
    "not_your_taste": "Not your taste",
}


class Counts(NamedTuple):
    """How many titles of some kind the user liked, of how many that they watched and rated or ranked."""

    liked: int
    evidence: int


class Background(NamedTuple):
    """What the texts of all titles tell: people by id, genres by key, decades by first year, and all opinions."""

    people: Mapping[int, PersonTrust]
    genres: Mapping[str, Counts]
    decades: Mapping[int, Counts]
    all: Counts


def trust_text(trust: PersonTrust) -> str:
    """What a person's upvotes were worth, and what is still to be found out."""
    upvotes = trust.upvotes
    verdict = _VERDICTS[upvotes.verdict]
    told = f"you liked {upvotes.liked} of {upvotes.evidence}" if upvotes.evidence else "nothing watched and rated yet"
    waiting = f"; {trust.to_watch} still to watch" if trust.to_watch else ""
    return f"{verdict}: {told}{waiting}"


def reasons_of(title: Title, weights: Mapping[Feature, float], background: Background) -> list[Reason]:
    """The reasons with these weights, the weightiest first and the base last."""
    reasons = [_reason(title, feature, weight, background) for feature, weight in weights.items()]
    told = [reason for reason in reasons if reason.weight or reason.kind == "base"]
    return sorted(told, key=lambda reason: (reason.kind == "base", -abs(reason.weight), reason.text))


def exploration_of(trust: PersonTrust) -> dict[str, Any]:
    """Why a title has a place in the queue that its match does not give it."""
    text = f"To find out what {trust.name}'s recommendations are worth"
    return {"person_id": trust.person_id, "name": trust.name, "text": text}


def _reason(title: Title, feature: Feature, weight: float, background: Background) -> Reason:
    kind, key = feature
    if kind == "base":
        text, numbers = _base(background.all)
    elif kind == "public_rating":
        text, numbers = _public_rating(title, weight)
    elif kind == "taste":
        text, numbers = _taste(title.facts.genres[str(key)], weight, background.genres.get(str(key), Counts(0, 0)))
    elif feature == PERIOD:
        kind, (text, numbers) = "taste", _period(title.decade or 0, weight, background.decades)
    else:
        text, numbers = _vote(kind, background.people[int(key)])
    return Reason(kind, weight, text, numbers)


def _base(counts: Counts) -> tuple[str, dict[str, Any]]:
    numbers = counts._asdict()
    if not counts.evidence:
        return "Nothing of what you watched is rated or ranked yet", numbers
    return f"You liked {counts.liked} of the {counts.evidence} you watched and rated", numbers


def _public_rating(title: Title, weight: float) -> tuple[str, dict[str, Any]]:
    told = {"TMDB": title.facts.tmdb, "IMDb": title.facts.imdb}
    ratings = {source: rating.value for source, rating in told.items() if rating is not None}
    text = ", ".join(f"{source} {value:.1f}" for source, value in ratings.items())
    if (fmean(ratings.values()) > MEAN_RATING) != (weight > 0):  # its number of votes, or what was learned, decides
        text += f"; with how well known it is, that counts {'for' if weight > 0 else 'against'} it"
    return text, {source.lower(): value for source, value in ratings.items()}


def _taste(genre: str, weight: float, counts: Counts) -> tuple[str, dict[str, Any]]:
    said = f"You like {genre}" if weight > 0 else f"{genre} is less to your taste"
    return f"{said}: liked {counts.liked} of {counts.evidence}", {"genre": genre, **counts._asdict()}


def _period(decade: int, weight: float, decades: Mapping[int, Counts]) -> tuple[str, dict[str, Any]]:
    counts = decades.get(decade, Counts(0, 0))
    years = f"the {decade}s and the years around them"  # which the model takes together
    said = f"You like {years}" if weight > 0 else f"{years[0].upper()}{years[1:]} are less to your taste"
    return f"{said}: of the {decade}s liked {counts.liked} of {counts.evidence}", {"decade": decade, **counts._asdict()}


def _vote(kind: str, trust: PersonTrust) -> tuple[str, dict[str, Any]]:
    is_warning = kind == "warning"
    side: Trust = trust.warnings if is_warning else trust.upvotes
    right = side.evidence - side.liked if is_warning else side.liked
    record = f"right on {right} of {side.evidence}" if side.evidence else "not tested yet"
    text = f"Warning from {trust.name}, {record}" if is_warning else f"{trust.name}, {record}"
    numbers = {"person_id": trust.person_id, "name": trust.name, "liked": side.liked, "evidence": side.evidence}
    return text, numbers
