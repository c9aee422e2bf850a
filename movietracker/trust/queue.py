"""What to watch next: the titles that match best, and now and then one that tells more about a person."""

from collections import defaultdict, deque
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, islice
from typing import Any, NamedTuple

from ..schemas.trust import PersonTrust, queued_json
from ..services.library_read import LibraryRead
from ..services.movies import movies_by_id
from ..services.people import person_asked_for
from .assessment import Assessment, Candidate
from .library import Title
from .model import features_of, share
from .reasons import exploration_of, reasons_of

EXPLORED = 20
"""Every so many places, one is for a title of a person of whom little is known."""

WIDE = 0.35
"""How wide the interval of such a person's score is; 0.43 without evidence, below 0.35 from about 5 titles on."""


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which titles to queue; everything that is given must fit. ``genres`` are folded keys, of which one must fit."""

    imdb_id: str | None = None
    media_type: str | None = None
    genres: tuple[str, ...] = ()
    list_id: str | None = None
    max_runtime: int | None = None
    person_id: int | None = None

    def fits(self, title: Title) -> bool:
        """Whether a title fits; one of unknown runtime does not fit a limit."""
        return (
            self.imdb_id in (None, title.imdb_id)
            and self.media_type in (None, title.media_type)
            and (not self.genres or any(genre in title.facts.genres for genre in self.genres))
            and self.list_id in (None, title.list_id)
            and (self.max_runtime is None or (title.facts.runtime or self.max_runtime + 1) <= self.max_runtime)
            and (self.person_id is None or self.person_id in _recommenders(title))
        )


def queue_filter(read: LibraryRead, query: Mapping[str, Any]) -> QueueFilter:
    """The filter that a query of QueueQuerySchema asks for."""
    person = query.get("person")
    return QueueFilter(
        imdb_id=query.get("imdb_id"),
        media_type=query.get("media_type"),
        genres=query.get("genre", ()),
        list_id=query.get("list"),
        max_runtime=query.get("max_runtime"),
        person_id=None if person is None else person_asked_for(read, person),
    )


class Queued(NamedTuple):
    """A title of the queue; ``explored`` is the person for whose sake it has its place."""

    candidate: Candidate
    explored: PersonTrust | None = None


def in_order(assessment: Assessment, wanted: QueueFilter, *, explore: bool) -> Iterator[Queued]:
    """The titles to watch that fit, the best match first, but for those that explore; a person's queue has none."""
    fitting = [each for each in assessment.candidates if wanted.fits(each.title)]
    if explore and wanted.person_id is None:
        return _exploring(fitting, assessment.people)
    return map(Queued, fitting)


def list_queue(
    read: LibraryRead, assessment: Assessment, wanted: QueueFilter, limit: int | None = None, *, explore: bool = True
) -> list[dict[str, Any]]:
    """The titles to watch, in order, as clients get them."""
    queued = list(islice(in_order(assessment, wanted, explore=explore), limit))
    movies = movies_by_id(read, [each.candidate.title.imdb_id for each in queued])
    return [_json(each, movies[each.candidate.title.imdb_id], assessment) for each in queued]


def _recommenders(title: Title) -> set[int]:
    return {vote.person_id for vote in title.votes if vote.is_up}


def _json(queued: Queued, movie: dict[str, Any], assessment: Assessment) -> dict[str, Any]:
    title, log_odds, certainty = queued.candidate
    terms = assessment.model.terms(features_of(title))
    weights = {feature: term * certainty for feature, term in terms.items()}
    reasons = reasons_of(title, weights, assessment.background)
    exploration = None if queued.explored is None else exploration_of(queued.explored)
    return queued_json(movie, share(log_odds), reasons, exploration)


def _exploring(candidates: Sequence[Candidate], people: Sequence[PersonTrust]) -> Iterator[Queued]:
    """The candidates in order, except that each twentieth place is for one that would come later."""
    turns, taken = _turns(candidates, people), set[str]()
    rest = (each for each in candidates if each.title.imdb_id not in taken)
    following = next(rest, None)
    for place in count(1):
        if following is None:
            return
        queued = (place % EXPLORED == 0 and _next_explored(turns, taken)) or Queued(following)
        if queued.candidate is following:
            queued = Queued(following)  # its match gives it this place
        taken.add(queued.candidate.title.imdb_id)
        if following.title.imdb_id in taken:
            following = next(rest, None)
        yield queued


def _turns(
    candidates: Sequence[Candidate], people: Sequence[PersonTrust]
) -> deque[tuple[PersonTrust, deque[Candidate]]]:
    """The people of whom little is known, the least first, with what they recommended."""
    of_person: defaultdict[int, deque[Candidate]] = defaultdict(deque)
    for candidate in candidates:
        for person_id in _recommenders(candidate.title):
            of_person[person_id].append(candidate)
    unknown = [each for each in people if each.person_id in of_person and _width(each) >= WIDE]
    unknown.sort(key=lambda each: (-_width(each), -len(of_person[each.person_id]), each.person_id))
    return deque((each, of_person[each.person_id]) for each in unknown)


def _next_explored(turns: deque[tuple[PersonTrust, deque[Candidate]]], taken: Container[str]) -> Queued | None:
    """The best title that is left of the person whose turn it is; they have another turn after all the others."""
    while turns:
        person, theirs = turns.popleft()
        while theirs:
            candidate = theirs.popleft()
            if candidate.title.imdb_id not in taken:
                turns.append((person, theirs))
                return Queued(candidate, person)
    return None


def _width(trust: PersonTrust) -> float:
    """How wide the interval of a person's score is; without evidence it is the whole scale."""
    low, high = trust.upvotes.low, trust.upvotes.high
    return 1.0 if low is None or high is None else high - low
