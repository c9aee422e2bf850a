"""A custom list, as clients send and get it and as a backup holds it."""

from marshmallow import Schema

from .fields import ChangeSchema, Field, OneOfSchema, RequestSchema, ResponseSchema
from .values import COLOR, ICON, MOMENT, NAME, POSITION, UUID

_NAME = "Rainy Sundays"


class ListFields(Schema):
    """What the user sets, apart from the name."""

    color = Field(COLOR)
    icon = Field(ICON)
    position = Field(POSITION)


class ListSchema(ListFields, ResponseSchema):
    """A custom list."""

    id = Field(UUID)
    user_id = Field(UUID)
    name = Field(NAME, _NAME)
    created_at = Field(MOMENT, description="When it was made")
    last_modified = Field(MOMENT, description="When it changed last")


class DocumentListSchema(ListFields):
    """A custom list."""

    id = Field(UUID, required=True)
    name = Field(NAME, _NAME, required=True)
    created_at = Field(MOMENT)
    last_modified = Field(MOMENT)


class NewListSchema(ListFields, RequestSchema):
    """A new list."""

    name = Field(NAME, _NAME, required=True)


class ListChangeSchema(ListFields, RequestSchema):
    """A change of a list."""

    name = Field(NAME, _NAME)


class AddListData(NewListSchema):
    """A list to add; ``id`` is a UUID that the client made."""

    id = Field(UUID, allow_none=True)


class DeleteListData(OneOfSchema):
    """A list to remove, by id, or by name when the client never learnt the id."""

    needed = ("id", "name")
    id = Field(UUID, allow_none=True)
    name = Field(NAME, _NAME, allow_none=True)


class UpdateListData(DeleteListData, ListFields, ChangeSchema):
    """A list to change, by id; a name beside the id renames it, a name alone says which list."""
