"""What clients send. Unknown fields are ignored: old servers meet new clients."""

from __future__ import annotations

from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate, validates_schema

from ..models.movie import MEDIA_TYPES, STATUSES
from .fields import Document, Flag, ImdbId, Name, Number, Text, Timestamp, VoteType, person_id

MAX_NAMES = 500

MOVIE_SORTS = ("imdb_id", "title", "year", "added", "modified", "watched", "rating")
"""What movies can be sorted by; services/movie_statements.py says how."""


class RequestSchema(Schema):
    """Base of all request bodies."""

    class Meta:
        """Ignore what is not known."""

        unknown = EXCLUDE


def media_type(**options: Any) -> fields.String:
    """A movie or a series."""
    return fields.String(validate=validate.OneOf(MEDIA_TYPES), **options)


class LoginSchema(RequestSchema):
    """A login."""

    email = Text(required=True, max_length=254, metadata={"examples": ["owner@movietracker.local"]})
    password = Text(required=True, max_length=1024, metadata={"examples": ["correct horse battery staple"]})


class PasswordChangeSchema(RequestSchema):
    """A new password, given the old one."""

    current_password = Text(required=True, max_length=1024, metadata={"examples": ["correct horse battery staple"]})
    new_password = Text(required=True, min_length=8, max_length=1024, metadata={"examples": ["a long secret"]})


class AdminLoginSchema(RequestSchema):
    """A login of the administrator."""

    token = Text(required=True, max_length=1024, metadata={"examples": ["the ADMIN_TOKEN of the server"]})


class NewUserSchema(RequestSchema):
    """A new account."""

    email = fields.Email(required=True, validate=validate.Length(max=254), metadata={"examples": ["anna@example.com"]})
    username = Name(required=True, max_length=100, metadata={"examples": ["anna"]})
    password = Text(required=True, min_length=8, max_length=1024, metadata={"examples": ["a long secret"]})


class UserChangeSchema(RequestSchema):
    """A change of an account by the administrator."""

    is_active = Flag(metadata={"examples": [False]})
    password = Text(min_length=8, max_length=1024, metadata={"examples": ["a long secret"]})


class NewPersonSchema(RequestSchema):
    """A new person."""

    name = Name(required=True, metadata={"examples": ["Anna"]})
    is_trusted = Flag(metadata={"examples": [True]})
    color = Text(min_length=1, max_length=32, metadata={"examples": ["#0a84ff"]})
    emoji = Text(max_length=32, allow_none=True, metadata={"examples": ["🎬"]})


class PersonChangeSchema(RequestSchema):
    """A change of a person."""

    name = Name(metadata={"examples": ["Anna K."]})
    is_trusted = Flag(metadata={"examples": [True]})
    color = Text(min_length=1, max_length=32, metadata={"examples": ["#ff375f"]})
    emoji = Text(max_length=32, allow_none=True, metadata={"examples": ["🎬"]})


class NewListSchema(RequestSchema):
    """A new list."""

    name = Name(required=True, metadata={"examples": ["Rainy Sundays"]})
    color = Text(min_length=1, max_length=32, metadata={"examples": ["#0a84ff"]})
    icon = Text(min_length=1, max_length=64, metadata={"examples": ["list"]})
    position = Number(low=-(2**31), high=2**31 - 1, whole=True, metadata={"examples": [0]})


class ListChangeSchema(NewListSchema):
    """A change of a list."""

    name = Name(metadata={"examples": ["Rainy Sundays"]})


class NewMovieSchema(RequestSchema):
    """A title to add, by one of its two ids."""

    imdb_id = ImdbId(allow_none=True, metadata={"examples": ["tt0133093"]})
    tmdb_id = Number(low=1, high=2**53 - 1, whole=True, allow_none=True, metadata={"examples": [603]})
    recommender = Name(allow_none=True, metadata={"examples": ["Anna"]})
    media_type = media_type(metadata={"examples": ["movie"]})
    vote_type = VoteType(metadata={"examples": [True]})

    @validates_schema
    def _needs_an_id(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("imdb_id") is None and data.get("tmdb_id") is None:
            raise ValidationError("One of imdb_id and tmdb_id is required.", "imdb_id")


class _MetadataSchema(RequestSchema):
    tmdb_data = Document(allow_none=True)
    omdb_data = Document(allow_none=True)
    media_type = media_type(metadata={"examples": ["movie"]})


class NewRecommendationSchema(_MetadataSchema):
    """Who recommends: a person by id or by name (``person`` is the older spelling of ``person_name``)."""

    person_id = person_id(allow_none=True)
    person_name = Name(allow_none=True, metadata={"examples": ["Anna"]})
    person = Name(allow_none=True)
    date_recommended = Timestamp(allow_none=True, metadata={"examples": [1767225600.0]})
    vote_type = VoteType(metadata={"examples": [True]})

    @validates_schema
    def _needs_a_person(self, data: dict[str, Any], **_: Any) -> None:
        if all(data.get(key) is None for key in ("person_id", "person_name", "person")):
            raise ValidationError("One of person_id, person_name and person is required.", "person_name")


class NewRecommendationsSchema(_MetadataSchema):
    """Several people at once."""

    people = fields.List(Name(), validate=validate.Length(max=MAX_NAMES), metadata={"examples": [["Anna", "Ben"]]})
    person_ids = fields.List(person_id(), validate=validate.Length(max=MAX_NAMES), metadata={"examples": [[]]})
    date_recommended = Timestamp(allow_none=True, metadata={"examples": [1767225600.0]})
    vote_type = VoteType(metadata={"examples": [True]})

    @validates_schema
    def _needs_people(self, data: dict[str, Any], **_: Any) -> None:
        if not data.get("people") and not data.get("person_ids"):
            raise ValidationError("At least one of people and person_ids is required.", "people")


class StatusChangeSchema(RequestSchema):
    """What became of a title."""

    status = fields.String(required=True, validate=validate.OneOf(STATUSES), metadata={"examples": ["watched"]})
    custom_list_id = Text(max_length=36, allow_none=True)


class WatchSchema(RequestSchema):
    """When a title was watched, and how much the user liked it."""

    date_watched = Timestamp(required=True, metadata={"examples": [1767225600.0]})
    my_rating = Number(low=1.0, high=10.0, required=True, metadata={"examples": [8.5]})


class PageSchema(RequestSchema):
    """Paging, when asked for."""

    limit = fields.Integer(validate=validate.Range(1, 1000), metadata={"description": "Most rows to answer."})
    cursor = Text(max_length=500, metadata={"description": "X-Next-Cursor of the page before."})


_SORT_WORDS = [sign + key for key in MOVIE_SORTS for sign in ("", "-")]


class MovieQuerySchema(PageSchema):
    """Which movies to list; everything that is given must fit."""

    status = Text(max_length=60, metadata={"description": "One status or several, comma-separated."})
    person = Text(max_length=400, metadata={"description": "Name or id of a person who recommended it."})
    list = Text(max_length=36, metadata={"description": "Id of the custom list it is on."})
    media_type = media_type()
    q = Text(trim=True, max_length=200, metadata={"description": "Text in title, original title, people or genre."})
    sort = fields.String(
        validate=validate.OneOf(_SORT_WORDS), metadata={"description": "Order; with a leading - descending."}
    )

    @post_load
    def _split_statuses(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if "status" in data:
            data["status"] = tuple(part.strip() for part in data["status"].split(",") if part.strip())
            unknown = [part for part in data["status"] if part not in STATUSES]
            if unknown:
                raise ValidationError(f"Must be one of: {', '.join(STATUSES)}.", "status")
        return data


class SearchSchema(RequestSchema):
    """A search."""

    q = Text(
        required=True, trim=True, min_length=1, max_length=200, metadata={"description": "Words of the title or name."}
    )
    year = fields.Integer(validate=validate.Range(1870, 2200), metadata={"description": "Year of release."})


class DiscoverGenreSchema(RequestSchema):
    """A genre to discover."""

    q = Text(required=True, trim=True, min_length=1, max_length=100, metadata={"description": "Name of the genre."})


class DiscoverPersonSchema(RequestSchema):
    """A person to discover."""

    q = Text(required=True, trim=True, min_length=1, max_length=200, metadata={"description": "Name of the person."})
    role = fields.String(
        load_default="actor",
        validate=validate.OneOf(["actor", "director"]),
        metadata={"description": "What the person does in the titles."},
    )


class DiscoverListSchema(RequestSchema):
    """A ready-made list to discover."""

    kind = fields.String(
        load_default="popular",
        validate=validate.OneOf(["coming_soon", "now_playing", "popular", "top_rated", "trending"]),
        metadata={"description": "Which list."},
    )
    region = fields.String(
        validate=validate.Regexp(r"^[A-Za-z]{2}\Z", error="Not a two-letter country code."),
        metadata={"description": "ISO 3166-1 code of the country whose release dates count."},
    )
    days = fields.Integer(
        validate=validate.Range(1, 365), metadata={"description": "How many days ahead or back to look."}
    )
    time_window = fields.String(
        load_default="week",
        validate=validate.OneOf(["day", "week"]),
        metadata={"description": "Trending over a day or a week."},
    )
