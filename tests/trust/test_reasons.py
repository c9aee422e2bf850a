"""Trust and matches in words."""

import pytest
from support.judged import facts, title

from movietracker.schemas.trust import PersonTrust, Reason, Trust
from movietracker.trust.facts import PublicRating
from movietracker.trust.model import Feature
from movietracker.trust.reasons import Background, Counts, reasons_of, trust_text

NOTHING = Trust(None, None, None, 0, 0, "too_early", None)
TRUST = PersonTrust(
    7,
    "Anna",
    is_trusted=False,
    upvotes=Trust(0.7, 0.55, 0.8, 9, 7, "reliable", 0.1),
    warnings=Trust(0.6, 0.4, 0.8, 4, 1, "mixed", 0.0),
    to_watch=0,
)
BACKGROUND = Background(
    {7: TRUST, 8: TRUST._replace(person_id=8, upvotes=NOTHING)},
    {"drama": Counts(3, 4)},
    {1990: Counts(5, 6)},
    Counts(12, 20),
)
KNOWN = title(1, year="1999", facts=facts("Drama", rating=8.14)._replace(imdb=PublicRating(8.7, 100)))


def reason(feature: Feature, weight: float = 0.5, background: Background = BACKGROUND) -> Reason:
    """The only reason of the known title."""
    return reasons_of(KNOWN, {feature: weight}, background)[0]


@pytest.mark.parametrize(
    ("feature", "weight", "text", "numbers"),
    [
        (("base", ""), 0.1, "You liked 12 of the 20 you watched and rated", {"liked": 12, "evidence": 20}),
        (("public_rating", ""), 0.5, "TMDB 8.1, IMDb 8.7", {"tmdb": 8.14, "imdb": 8.7}),
        (
            ("public_rating", ""),
            -0.5,
            "TMDB 8.1, IMDb 8.7; with how well known it is, that counts against it",
            {"tmdb": 8.14, "imdb": 8.7},
        ),
        (("taste", "drama"), 0.3, "You like Drama: liked 3 of 4", {"genre": "Drama", "liked": 3, "evidence": 4}),
        (
            ("taste", "drama"),
            -0.3,
            "Drama is less to your taste: liked 3 of 4",
            {"genre": "Drama", "liked": 3, "evidence": 4},
        ),
        (
            ("period", 0),
            0.2,
            "You like the 1990s and the years around them: of the 1990s liked 5 of 6",
            {"decade": 1990, "liked": 5, "evidence": 6},
        ),
        (
            ("recommender", 7),
            0.6,
            "Anna, right on 7 of 9",
            {"person_id": 7, "name": "Anna", "liked": 7, "evidence": 9},
        ),
        (
            ("warning", 7),
            -0.6,
            "Warning from Anna, right on 3 of 4",
            {"person_id": 7, "name": "Anna", "liked": 1, "evidence": 4},
        ),
        (
            ("recommender", 8),
            0.3,
            "Anna, not tested yet",
            {"person_id": 8, "name": "Anna", "liked": 0, "evidence": 0},
        ),
    ],
)
def test_a_reason_has_a_text_and_the_numbers_behind_it(
    feature: Feature, weight: float, text: str, numbers: dict[str, object]
) -> None:
    kind = "taste" if feature[0] == "period" else feature[0]
    assert reason(feature, weight) == Reason(kind, weight, text, numbers)


def test_an_account_without_opinions_is_told_so() -> None:
    nothing = BACKGROUND._replace(all=Counts(0, 0))
    assert reason(("base", ""), background=nothing).text == "Nothing of what you watched is rated or ranked yet"


def test_the_weightiest_reason_comes_first_and_the_base_last() -> None:
    terms = {("base", ""): 2.0, ("taste", "drama"): -0.1, ("recommender", 7): 0.6, ("public_rating", ""): -0.7}
    reasons = reasons_of(KNOWN, terms, BACKGROUND)
    assert [each.kind for each in reasons] == ["public_rating", "recommender", "taste", "base"]


def test_what_adds_nothing_is_no_reason_unless_it_is_the_base() -> None:
    reasons = reasons_of(KNOWN, {("base", ""): 0.0, ("taste", "drama"): 0.0}, BACKGROUND)
    assert [each.kind for each in reasons] == ["base"]


@pytest.mark.parametrize(
    ("upvotes", "to_watch", "text"),
    [
        (TRUST.upvotes, 0, "Reliable: you liked 7 of 9"),
        (TRUST.upvotes, 4, "Reliable: you liked 7 of 9; 4 still to watch"),
        (NOTHING, 4, "Too early to tell: nothing watched and rated yet; 4 still to watch"),
        (TRUST.upvotes._replace(verdict="mixed"), 0, "Not clear yet: you liked 7 of 9"),
        (TRUST.upvotes._replace(verdict="not_your_taste", liked=1), 0, "Not your taste: you liked 1 of 9"),
    ],
)
def test_a_verdict_in_words(upvotes: Trust, to_watch: int, text: str) -> None:
    assert trust_text(TRUST._replace(upvotes=upvotes, to_watch=to_watch)) == text
