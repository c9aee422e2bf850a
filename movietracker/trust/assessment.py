"""An assessment of a whole library: who was right, and how well each title to watch matches."""

from typing import Any, NamedTuple

from ..schemas.trust import PersonTrust, person_trust_json, trust_json
from .library import Title
from .model import Model
from .reasons import Background, trust_text


class Candidate(NamedTuple):
    """A title to watch, and the log-odds of liking it: the sum of its terms times ``certainty``."""

    title: Title
    log_odds: float
    certainty: float


class Assessment(NamedTuple):
    """What is computed of a library: people, the most trusted first, and titles to watch, the best match first.

    ``is_current`` says that the model was fitted to this state of the library, and not to an earlier one.
    """

    people: list[PersonTrust]
    candidates: list[Candidate]
    model: Model
    background: Background
    is_current: bool


def trust_of_people(assessment: Assessment) -> list[dict[str, Any]]:
    """All people and how right they were, as clients get it, the most trusted first."""
    return [person_trust_json(each, trust_text(each)) for each in assessment.people]


def trust_of_person(assessment: Assessment, person_id: int) -> dict[str, Any]:
    """How right a person of the library was, as clients get it."""
    trust = assessment.background.people[person_id]
    return trust_json(trust, trust_text(trust))
