"""What clients send of a title: bodies of REST requests, the query of a list, and the data of sync actions."""

from typing import Any

from marshmallow import ValidationError, post_load, validates_schema

from ..models.movie import SORTS, STATUSES
from ..text import fold_key
from .dates import FIRST_DATE, FIRST_YEAR, LAST_DATE, PARTIAL_DATE, first_day_of, last_day_of
from .fields import Field, ListField, OneOfSchema, RequestSchema, decimal_number, flag, one_word, whole_number
from .movie import StatusFields, ViewingFields, WatchFields
from .requests import PageSchema
from .values import (
    FLAG,
    ID,
    IMDB_ID,
    MEDIA_TYPE,
    MOMENT,
    NAME,
    NOTE,
    OBJECT,
    RATING,
    STATUS,
    TAG,
    UUID,
    VIEWING_ID,
    VOTE,
    text,
    whole,
)

MAX_NAMES = 500
MAX_GENRES = 20
LAST_YEAR = 2200

_TMDB_ID = whole(603, 1, 2**53 - 1)
_SORT_WORDS = [sign + name for name in SORTS if name[0] != "-" for sign in ("", "-")]


class MovieAction(RequestSchema):
    """Base of the data of actions on a title."""

    imdb_id = Field(IMDB_ID, required=True)


class _Vote(RequestSchema):
    vote_type = Field(VOTE)
    note = Field(NOTE, description="What they said of it; an empty one takes it away", allow_none=True)


class _NewMovie(_Vote):
    tmdb_id = Field(_TMDB_ID, allow_none=True)
    recommender = Field(NAME, "Anna", allow_none=True)
    media_type = Field(MEDIA_TYPE)


class NewMovieSchema(_NewMovie, OneOfSchema):
    """A title to add, by one of its two ids."""

    needed = ("imdb_id", "tmdb_id")
    imdb_id = Field(IMDB_ID, "tt0133093", allow_none=True)


class AddMovieData(_NewMovie, MovieAction):
    """A title to add, and who recommended it."""


class _NewVote(_Vote):
    date_recommended = Field(MOMENT, allow_none=True)
    tmdb_data = Field(OBJECT, allow_none=True)
    omdb_data = Field(OBJECT, allow_none=True)
    media_type = Field(MEDIA_TYPE)


class _Recommender(OneOfSchema):
    needed = ("person_name", "person_id", "person")
    person_id = Field(ID, allow_none=True)
    person_name = Field(NAME, "Anna", allow_none=True)
    person = Field(NAME, description="The older spelling of person_name", allow_none=True)

    @post_load
    def _join_spellings(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return _joined(data, "person_name", "person")


class NewRecommendationSchema(_NewVote, _Recommender):
    """Who recommends: a person by id or by name."""


class AddRecommendationData(NewRecommendationSchema, MovieAction):
    """Who recommends a title."""


class RemoveRecommendationData(_Recommender, MovieAction):
    """Who no longer recommends a title."""


class UpdateRecommendationData(_Vote, _Recommender, MovieAction):
    """How a person recommends a title now, or what they said of it; null takes the note away."""

    @validates_schema
    def _says_something(self, data: dict[str, Any], **_: Any) -> None:
        if not {"vote_type", "note"} & data.keys():
            raise ValidationError("One of vote_type and note is required.", "vote_type")


class NewRecommendationsSchema(_NewVote):
    """Several people at once."""

    people = ListField(Field(NAME), MAX_NAMES, metadata={"examples": [["Anna", "Ben"]]})
    person_ids = ListField(Field(ID), MAX_NAMES, metadata={"examples": [[]]})

    @validates_schema
    def _needs_people(self, data: dict[str, Any], **_: Any) -> None:
        if not data.get("people") and not data.get("person_ids"):
            raise ValidationError("At least one of people and person_ids is required.", "people")


class StatusChangeSchema(StatusFields, RequestSchema):
    """What became of a title."""

    status = Field(STATUS, required=True)


class UpdateStatusData(StatusChangeSchema, MovieAction):
    """What became of a title."""


class WatchSchema(WatchFields, RequestSchema):
    """That a title was watched, and how much the user liked it; null and what is missing change nothing."""

    date_watched = Field(MOMENT, description="When; at most a day in the future", allow_none=True)
    my_rating = Field(RATING, 8.5, allow_none=True)


class _OlderSpelling(RequestSchema):
    rating = Field(RATING, description="The older spelling of my_rating", allow_none=True)

    @post_load
    def _join_spellings(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return _joined(data, "my_rating", "rating") if "rating" in data else data


class WatchMovieData(_OlderSpelling, WatchSchema, MovieAction):
    """That a title was watched, and how it was liked; without a date it was when the user said so."""


class RatingSchema(RequestSchema):
    """What the user thinks of a title now."""

    my_rating = Field(RATING, 8.5, "null takes the rating away", required=True, allow_none=True)


class UpdateRatingData(_OlderSpelling, MovieAction):
    """What the user thinks of a title now."""

    my_rating = Field(RATING, 8.5, "null takes the rating away", allow_none=True)

    @validates_schema
    def _has_one(self, data: dict[str, Any], **_: Any) -> None:
        if "my_rating" not in data and "rating" not in data:
            raise ValidationError("One of my_rating and rating is required.", "my_rating")


class LikedSchema(RequestSchema):
    """Whether the user likes a title."""

    liked = Field(FLAG, required=True)


class UpdateLikedData(LikedSchema, MovieAction):
    """Whether the user likes a title."""


class TagData(MovieAction):
    """A tag of a title; its spelling is the first one of the library."""

    tag = Field(TAG, required=True)


class ViewingChangeSchema(ViewingFields, RequestSchema):
    """What changes of a viewing; null takes a value away."""


class NewViewingSchema(ViewingChangeSchema):
    """An occasion of watching, with as much of its date as is known."""

    id = Field(VIEWING_ID, description="Made by the client, so that sending it again adds nothing", allow_none=True)


class RemoveViewingData(MovieAction):
    """Which viewing to remove."""

    id = Field(VIEWING_ID, required=True)


class ViewingData(ViewingFields, RemoveViewingData):
    """A viewing by its id, with what is said of it."""


class MovieQuerySchema(PageSchema):
    """Which movies to list; everything that is given must fit."""

    status = Field(text("watched", high=60), description="One status or several, comma-separated.")
    person = Field(text("Anna", high=400), description="Name or id of a person who recommended it.")
    list = Field(text(UUID.example, high=36), description="Id of the custom list it is on.")
    media_type = Field(MEDIA_TYPE)
    q = Field(
        text("matrix", high=200, trim=True),
        description="Text in title, original title, people, genre or notes, whatever its case, accents, punctuation.",
    )
    genre = Field(
        text("Drama,Sci-Fi", high=400),
        description="One genre or several, comma-separated, of which one must fit; spelling as for q.",
    )
    year_from = whole_number("The first year of release.", FIRST_YEAR, LAST_YEAR)
    year_to = whole_number("The last year of release.", FIRST_YEAR, LAST_YEAR)
    watched_from = Field(PARTIAL_DATE, "1998", description="The first day, month or year (UTC) of a viewing.")
    watched_to = Field(PARTIAL_DATE, "1998-07", description="The last day, month or year (UTC) of the same viewing.")
    rated = flag("Whether the user has rated it.")
    min_rating = decimal_number("The lowest rating by the user.", 1, 10)
    unrated = flag("true: only what is watched and not rated; false: as if it were not there.")
    liked = flag("Whether the user likes it.")
    tag = Field(TAG, description="A tag that it has, whatever its case and accents.")
    sort = one_word(_SORT_WORDS, "Order; with a leading - descending.")

    @post_load
    def _split_genres(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return split_genres(data)

    @post_load
    def _split_statuses(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if "status" in data:
            data["status"] = tuple(part.strip() for part in data["status"].split(",") if part.strip())
            unknown = [part for part in data["status"] if part not in STATUSES]
            if unknown:
                raise ValidationError(f"Must be one of: {', '.join(STATUSES)}.", "status")
        return data

    @validates_schema
    def _ends_after_it_begins(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("year_from", FIRST_YEAR) > data.get("year_to", LAST_YEAR):
            raise ValidationError("Must not be before year_from.", "year_to")
        if first_day_of(data.get("watched_from", FIRST_DATE)) > last_day_of(data.get("watched_to", LAST_DATE)):
            raise ValidationError("Must not be before watched_from.", "watched_to")


def split_genres(data: dict[str, Any]) -> dict[str, Any]:
    """The data with the folded keys of the genres that ``genre`` names. Raises ValidationError for too many."""
    if "genre" in data:
        data["genre"] = tuple(dict.fromkeys(filter(None, map(fold_key, data["genre"].split(",")))))
        if len(data["genre"]) > MAX_GENRES:
            raise ValidationError(f"Must be at most {MAX_GENRES} genres.", "genre")
    return data


def _joined(data: dict[str, Any], name: str, older: str) -> dict[str, Any]:
    """The data with what came in an older spelling under the newer one."""
    value = data.pop(older, None)
    if data.get(name) is None:
        data[name] = value
    return data
