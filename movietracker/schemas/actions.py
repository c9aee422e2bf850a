"""The data of sync actions, as clients queue them. Unknown fields are ignored."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from ..models.movie import STATUSES
from .fields import Document, Flag, ImdbId, Name, Number, Text, Timestamp, VoteType, person_id
from .requests import RequestSchema, media_type


class _ByMovie(RequestSchema):
    imdb_id = ImdbId(required=True, metadata={"examples": ["tt0133093"]})


class _ByPerson(RequestSchema):
    person_id = person_id(allow_none=True)
    person_name = Name(allow_none=True, metadata={"examples": ["Anna"]})
    person = Name(allow_none=True)

    @validates_schema
    def _needs_a_person(self, data: dict[str, Any], **_: Any) -> None:
        if all(data.get(key) is None for key in ("person_id", "person_name", "person")):
            raise ValidationError("One of person_id, person_name and person is required.", "person_name")

    @post_load
    def _join_spellings(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        older = data.pop("person", None)
        if data.get("person_name") is None:
            data["person_name"] = older
        return data


class AddMovieData(_ByMovie):
    """A title to add, and who recommended it."""

    tmdb_id = Number(low=1, high=2**53 - 1, whole=True, allow_none=True)
    recommender = Name(allow_none=True, metadata={"examples": ["Anna"]})
    media_type = media_type()
    vote_type = VoteType()


class AddRecommendationData(_ByMovie, _ByPerson):
    """Who recommends a title."""

    vote_type = VoteType()
    date_recommended = Timestamp(allow_none=True)
    tmdb_data = Document(allow_none=True)
    omdb_data = Document(allow_none=True)
    media_type = media_type()


class RemoveRecommendationData(_ByMovie, _ByPerson):
    """Who no longer recommends a title."""


class UpdateVoteData(_ByMovie, _ByPerson):
    """How somebody recommends a title now."""

    vote_type = VoteType(required=True)


class UpdateStatusData(_ByMovie):
    """What became of a title."""

    status = fields.String(required=True, validate=validate.OneOf(STATUSES), metadata={"examples": ["watched"]})
    custom_list_id = Text(max_length=36, allow_none=True)


class _Rated(_ByMovie):
    my_rating = Number(low=1.0, high=10.0, allow_none=True, metadata={"examples": [8.5]})
    rating = Number(low=1.0, high=10.0, allow_none=True)

    @validates_schema
    def _needs_a_rating(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("my_rating") is None and data.get("rating") is None:
            raise ValidationError("One of my_rating and rating is required.", "my_rating")

    @post_load
    def _join_spellings(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        older = data.pop("rating", None)
        if data.get("my_rating") is None:
            data["my_rating"] = older
        return data


class WatchMovieData(_Rated):
    """That a title was watched, and how it was liked; without a date it was when the user said so."""

    date_watched = Timestamp(allow_none=True)


class UpdateRatingData(_Rated):
    """How a watched title is liked now."""


class _PersonLook(RequestSchema):
    is_trusted = Flag()
    color = Text(min_length=1, max_length=32)
    emoji = Text(max_length=32, allow_none=True)


class AddPersonData(_PersonLook):
    """A person to add."""

    name = Name(required=True, metadata={"examples": ["Anna"]})


class DeletePersonData(RequestSchema):
    """A person to remove, by id or by name."""

    id = person_id(allow_none=True)
    name = Name(allow_none=True, metadata={"examples": ["Anna"]})

    @validates_schema
    def _needs_a_person(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("id") is None and data.get("name") is None:
            raise ValidationError("One of id and name is required.", "name")


class UpdatePersonData(DeletePersonData, _PersonLook):
    """A person to change, by id or by name; ``new_name`` renames."""

    new_name = Name()


class _ListLook(RequestSchema):
    color = Text(min_length=1, max_length=32)
    icon = Text(min_length=1, max_length=64)
    position = Number(low=-(2**31), high=2**31 - 1, whole=True)


class AddListData(_ListLook):
    """A list to add; ``id`` is a UUID that the client made."""

    id = Text(min_length=1, max_length=36, allow_none=True)
    name = Name(required=True, metadata={"examples": ["Rainy Sundays"]})


class DeleteListData(RequestSchema):
    """A list to remove, by id, or by name when the client never learnt the id."""

    id = Text(min_length=1, max_length=36, allow_none=True)
    name = Name(allow_none=True, metadata={"examples": ["Rainy Sundays"]})

    @validates_schema
    def _needs_a_list(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("id") is None and data.get("name") is None:
            raise ValidationError("One of id and name is required.", "id")


class UpdateListData(DeleteListData, _ListLook):
    """A list to change, by id; a name beside the id renames it, a name alone says which list."""
