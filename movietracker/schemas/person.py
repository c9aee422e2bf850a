"""A person who recommends, as clients send and get it and as a backup holds it."""

from marshmallow import Schema, fields

from .fields import ChangeSchema, Field, OneOfSchema, RequestSchema, ResponseSchema
from .movie import MovieSchema
from .trust import TrustSchema
from .values import COLOR, EMOJI, FLAG, ID, MOMENT, NAME, NAME_OR_ID, NUMBER, QUICK_KEY, UUID, WHOLE


class PersonFields(Schema):
    """What the user sets, apart from the name."""

    is_trusted = Field(FLAG)
    color = Field(COLOR)
    emoji = Field(EMOJI, "🎬", allow_none=True)


class PersonSchema(PersonFields, ResponseSchema):
    """Somebody who recommends."""

    id = Field(ID)
    name = Field(NAME)
    user_id = Field(UUID)
    quick_key = Field(QUICK_KEY, "oscar", "Set on the four quick recommenders only", allow_none=True)
    last_modified = Field(MOMENT, description="When it changed last")
    movie_count = Field(WHOLE, 12, "How many titles this person recommended")


class PersonStatsSchema(PersonSchema):
    """A person, and what their recommendations were worth."""

    total_movies = Field(WHOLE, 12, "Those of movies whose status is not deleted, as in all figures")
    watched_movies = Field(WHOLE, 5, "Those of them that were watched")
    average_rating = Field(NUMBER, 7.8, "Average of the user's ratings of them, 1 decimal", allow_none=True)
    trust = fields.Nested(TrustSchema)
    movies = fields.List(fields.Nested(MovieSchema))


class DocumentPersonSchema(PersonFields):
    """Somebody who recommends."""

    name = Field(NAME, required=True)
    quick_key = Field(QUICK_KEY, None, "Set on the four quick recommenders only", allow_none=True)
    last_modified = Field(MOMENT)


class NewPersonSchema(PersonFields, RequestSchema):
    """A new person."""

    name = Field(NAME, required=True)


class PersonChangeSchema(PersonFields, RequestSchema):
    """A change of a person."""

    name = Field(NAME, "Anna K.")


class MergeSchema(RequestSchema):
    """The person whom another one is."""

    into = Field(NAME_OR_ID, "Anna K.", "Who stays: a name, or an id", required=True)


class AddPersonData(NewPersonSchema):
    """A person to add."""


class DeletePersonData(OneOfSchema):
    """A person to remove, by id or by name."""

    needed = ("id", "name")
    id = Field(ID, allow_none=True)
    name = Field(NAME, "Anna", allow_none=True)


class UpdatePersonData(DeletePersonData, PersonFields, ChangeSchema):
    """A person to change, by id or by name; ``new_name`` renames."""

    name = Field(NAME, "Anna", "Who it is, without an id; beside one it says nothing", allow_none=True)
    new_name = Field(NAME, "Anna K.")


class MergePeopleData(MergeSchema, DeletePersonData):
    """A person who goes, by id or by name, and the one who takes over what they said."""
