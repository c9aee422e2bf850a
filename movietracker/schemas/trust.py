"""How right people were, and what to watch next, as clients get it, and its JSON."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from marshmallow import fields, post_load

from .fields import Field, RequestSchema, ResponseSchema, flag, whole_number
from .movie import MovieSchema
from .movie_requests import split_genres
from .values import FLAG, ID, IMDB_ID, MEDIA_TYPE, NAME, NUMBER, TEXT, UUID, WHOLE, number, one_of, text

VERDICTS = ("too_early", "reliable", "mixed", "not_your_taste")
REASONS = ("base", "recommender", "warning", "public_rating", "taste")

_SHARE = number(0.62, 0, 1)
_LIFT = "How much higher the score is than the public ratings of the titles led one to expect; from -1 to 1"


class GenreTrust(NamedTuple):
    """How right a person was within a genre: 0 to 1, by so many titles, of which the user liked some."""

    genre: str
    score: float
    evidence: int
    liked: int


class Trust(NamedTuple):
    """How right a person's upvotes, or their warnings, were.

    ``score``, from 0 to 1, is within ``low`` and ``high`` with a probability of 80 %; all three, and ``lift``, are None
    without evidence, which is the number of titles that were watched and rated, ranked or marked; the user ``liked`` so
    many.
    """

    score: float | None
    low: float | None
    high: float | None
    evidence: int
    liked: int
    verdict: str
    lift: float | None
    genres: tuple[GenreTrust, ...] = ()


class PersonTrust(NamedTuple):
    """What a person's upvotes and warnings were worth; ``to_watch`` is how many titles of theirs are still to watch."""

    person_id: int
    name: str
    is_trusted: bool
    upvotes: Trust
    warnings: Trust
    to_watch: int


class Reason(NamedTuple):
    """A term of a match in log-odds, in words, with the numbers behind it."""

    kind: str
    weight: float
    text: str
    numbers: Mapping[str, Any]


class GenreTrustSchema(ResponseSchema):
    """How right a person was within a genre."""

    genre = Field(TEXT, "Thriller")
    score = Field(_SHARE)
    evidence = Field(WHOLE, 6, "How many titles of it were watched and rated, ranked or marked as liked; at least 4")
    liked = Field(WHOLE, 4, "How many of those the user liked")


class SideOfTrustSchema(ResponseSchema):
    """How right upvotes, or warnings, were."""

    score = Field(_SHARE, 0.62, "0 to 1; null without evidence", allow_none=True)
    low = Field(_SHARE, 0.47, "With a probability of 80 % the score is at least this", allow_none=True)
    high = Field(_SHARE, 0.77, "With a probability of 80 % the score is at most this", allow_none=True)
    evidence = Field(WHOLE, 9, "How many of the titles were watched and rated, ranked or marked as liked")
    liked = Field(WHOLE, 7, "How many of those the user liked")
    verdict = Field(one_of(VERDICTS, "mixed"))
    lift = Field(number(0.08, -1, 1), 0.08, _LIFT, allow_none=True)
    genres = fields.List(fields.Nested(GenreTrustSchema), metadata={"description": "The best first"})


class TrustSchema(SideOfTrustSchema):
    """How right a person's upvotes were, and their warnings."""

    warnings = fields.Nested(
        SideOfTrustSchema, metadata={"description": "Of downvotes; they are right where the user disliked the title"}
    )
    to_watch = Field(WHOLE, 4, "How many of the titles with an upvote are still to watch")
    text = Field(TEXT, "Not clear yet: you liked 5 of 9; 4 still to watch", "The same in words")


class PersonTrustSchema(TrustSchema):
    """A person, and how right they were."""

    person_id = Field(ID)
    name = Field(NAME)
    is_trusted = Field(FLAG, description="The user's own mark, which nothing computed changes")


class ReasonSchema(ResponseSchema):
    """Why a title is where it is; the numbers behind the text are there as far as the kind has them."""

    kind = Field(one_of(REASONS, "recommender"))
    weight = Field(NUMBER, 0.6, "Log-odds; the weights of a title add up to those of its match")
    text = Field(TEXT, "Anna, right on 7 of 9")
    person_id = Field(ID, description="Who recommended it or warned of it", optional=True)
    name = Field(NAME, description="Their name", optional=True)
    genre = Field(TEXT, "Thriller", optional=True)
    decade = Field(WHOLE, 1970, "Of its release", optional=True)
    liked = Field(WHOLE, 7, "How many of the titles behind it the user liked", optional=True)
    evidence = Field(WHOLE, 9, "How many titles are behind it", optional=True)
    tmdb = Field(NUMBER, 8.1, "TMDB's rating, 0 to 10", optional=True)
    imdb = Field(NUMBER, 8.4, "IMDb's rating, 0 to 10", optional=True)


class ExplorationSchema(ResponseSchema):
    """Whom watching a title would tell more of."""

    person_id = Field(ID)
    name = Field(NAME)
    text = Field(TEXT, "To find out what Ben's recommendations are worth")


class QueuedMovieSchema(ResponseSchema):
    """A title to watch, and why."""

    movie = fields.Nested(MovieSchema)
    match = Field(_SHARE, 0.74, "How likely it is that the user will like it, 0 to 1")
    reasons = fields.List(fields.Nested(ReasonSchema), metadata={"description": "The weightiest first, the base last"})
    exploration = fields.Nested(
        ExplorationSchema,
        allow_none=True,
        metadata={"description": "Set on one title in twenty, which has its place for another reason than its match"},
    )


class QueueQuerySchema(RequestSchema):
    """Which titles to queue; everything that is given must fit."""

    limit = whole_number("Most titles to return.", 1, 1000)
    imdb_id = Field(IMDB_ID, description="This title alone, if it is one to watch.")
    media_type = Field(MEDIA_TYPE)
    genre = Field(text("Drama,Sci-Fi", high=400), description="One genre or several, comma-separated; one must fit.")
    list = Field(text(UUID.example, high=36), description="Id of the custom list it is on.")
    max_runtime = whole_number("The most minutes it takes, or an episode of it; unknown ones do not fit.", 1, 6000)
    person = Field(text("Anna", high=400), description="Name or id of a person who recommended it.")
    explore = flag("false: no places for titles of people of whom little is known.")

    @post_load
    def _split_genres(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return split_genres(data)


def trust_json(trust: PersonTrust, text: str) -> dict[str, Any]:
    """How right a person was, with the same in words."""
    return {
        **_side_json(trust.upvotes),
        "warnings": _side_json(trust.warnings),
        "to_watch": trust.to_watch,
        "text": text,
    }


def person_trust_json(trust: PersonTrust, text: str) -> dict[str, Any]:
    """A person, and how right they were."""
    person = {"person_id": trust.person_id, "name": trust.name, "is_trusted": trust.is_trusted}
    return person | trust_json(trust, text)


def queued_json(
    movie: Mapping[str, Any], match: float, reasons: list[Reason], exploration: Mapping[str, Any] | None
) -> dict[str, Any]:
    """A title to watch, how well it matches, and why."""
    shown = [{"kind": each.kind, "weight": each.weight, "text": each.text, **each.numbers} for each in reasons]
    return {"movie": movie, "match": match, "reasons": shown, "exploration": exploration}


def _side_json(side: Trust) -> dict[str, Any]:
    return side._asdict() | {"genres": [each._asdict() for each in side.genres]}
