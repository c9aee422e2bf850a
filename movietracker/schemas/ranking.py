"""The ranking of watched titles, as clients send and get it, and its JSON."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson
from marshmallow import Schema, ValidationError, fields, validates_schema

from .fields import Field, ListField, RequestSchema, ResponseSchema
from .movie_requests import MovieAction
from .values import FLAG, IMDB_ID, MAX_WHOLE, MOMENT, TEXT, number, whole

MAX_COMPARISONS = 64
"""With one ranking; a binary search among a million titles makes 20."""

_POSITION = whole(1, 1, MAX_WHOLE)
_LIKED = "Which of the two groups it is in"
_CLAMPED = "In its group, from 1; beyond its end it becomes the last"


class UnrankedTitleSchema(ResponseSchema):
    """A watched title that is not ranked."""

    imdb_id = Field(IMDB_ID)
    title = Field(TEXT, "The Matrix", "The IMDb id while the title is not known")
    poster_path = Field(TEXT, allow_none=True, description="A whole URL")
    year = Field(TEXT, allow_none=True)


class RankedTitleSchema(UnrankedTitleSchema):
    """A title in the ranking."""

    position = Field(_POSITION, description="In its group, from 1")
    score = Field(number(9.5, 1, 10), description="Liked ones from 10 down to above 5, the others from 5 to above 1")
    liked = Field(FLAG, description=_LIKED)
    ranked_at = Field(MOMENT, description="When")


class ComparisonSchema(RequestSchema):
    """Which of two titles the user enjoyed more."""

    winner = Field(IMDB_ID, required=True)
    loser = Field(IMDB_ID, "tt0113277", required=True)

    @validates_schema
    def _are_two(self, data: dict[str, Any], **_: Any) -> None:
        if data["winner"] == data["loser"]:
            raise ValidationError("Must be another title than the winner.", "loser")


class DocumentRankSchema(Schema):
    """The place of a title in the ranking."""

    imdb_id = Field(IMDB_ID, required=True)
    liked = Field(FLAG, required=True, description=_LIKED)
    position = Field(_POSITION, required=True, description="In its group, from 1, titles included that are not watched")
    ranked_at = Field(MOMENT)
    comparisons = ListField(fields.Nested(ComparisonSchema), MAX_COMPARISONS, metadata={"optional": True})


class RankFields(RequestSchema):
    """What every ranking says."""

    liked = Field(FLAG, required=True, description=_LIKED)
    comparisons = ListField(
        fields.Nested(ComparisonSchema),
        MAX_COMPARISONS,
        allow_none=True,
        metadata={"description": "What was compared to find the place; kept with it"},
    )


class RankAgainSchema(RankFields):
    """Another place in the ranking."""

    imdb_id = Field(IMDB_ID, description="That of the address, if given")
    position = Field(_POSITION, required=True, description=_CLAMPED)


class NewRankSchema(RankAgainSchema):
    """A title to rank."""

    imdb_id = Field(IMDB_ID, required=True)


class RankMovieData(RankFields, MovieAction):
    """A title to rank, or to rank again."""

    after = Field(IMDB_ID, allow_none=True, required=True, description="It comes after this one; null: first")

    @validates_schema
    def _are_two(self, data: dict[str, Any], **_: Any) -> None:
        if data["after"] == data["imdb_id"]:
            raise ValidationError("Must be another title.", "after")


class UnrankMovieData(MovieAction):
    """A title to take out of the ranking."""


class TitleRow(NamedTuple):
    """The columns of a title that lists of the ranking show; ``details`` is JSON text."""

    imdb_id: str
    title: str | None
    year: str | None
    details: str | None


def title_json(row: TitleRow) -> dict[str, Any]:
    """A title of the library in short."""
    imdb_id, title, year, details = row
    poster = None if details is None else orjson.loads(details).get("poster")
    return {"imdb_id": imdb_id, "title": title or imdb_id, "poster_path": poster, "year": year}


def ranked_json(title: TitleRow, position: int, count: int, liked: bool, ranked_at: float) -> dict[str, Any]:
    """A title at this position of a group of so many."""
    shown = title_json(title)
    shown |= {"position": position, "score": score(position, count, liked), "liked": liked, "ranked_at": ranked_at}
    return shown


def score(position: int, count: int, liked: bool) -> float:
    """What the position in a group of so many comes to, from 10 for the best to above 1 for the worst; 1 decimal."""
    return round(exact_score(position, count, liked), 1)


def exact_score(position: int, count: int, liked: bool) -> float:
    """The score before it is rounded, which no two titles of a ranking share."""
    best, span = (10, 5) if liked else (5, 4)
    return best - (position - 1) * span / count


def comparisons_json(comparisons: Sequence[dict[str, str]]) -> str:
    """Comparisons as they are stored."""
    return orjson.dumps([{"winner": each["winner"], "loser": each["loser"]} for each in comparisons]).decode()
