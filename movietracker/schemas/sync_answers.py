"""What the sync endpoints answer, for the OpenAPI document."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from .answers import MOMENT, UUID, ListSchema, MovieSchema, PersonSchema

CURSOR = "WzEsIjZmMWMyZjBhIiwxMiwiYWJjZCJd"


def _rev() -> fields.Integer:
    return fields.Integer(metadata={"examples": [12], "description": "The record's number; hand it back as base_rev"})


class SyncedMovieSchema(MovieSchema):
    """A title, with its number."""

    rev = _rev()


class SyncedPersonSchema(PersonSchema):
    """A person, with their number."""

    rev = _rev()


class SyncedListSchema(ListSchema):
    """A list, with its number."""

    rev = _rev()


class IdsSchema(Schema):
    """Keys of each kind."""

    movies = fields.List(fields.String(), metadata={"examples": [["tt0133093"]]})
    people = fields.List(fields.Integer(), metadata={"examples": [[10000005]]})
    lists = fields.List(fields.String(), metadata={"examples": [[UUID]]})


class ChangesAnswerSchema(Schema):
    """What changed; a client shows it when has_more is false."""

    movies = fields.List(fields.Nested(SyncedMovieSchema))
    people = fields.List(fields.Nested(SyncedPersonSchema))
    lists = fields.List(fields.Nested(SyncedListSchema))
    deleted_movie_ids = fields.List(
        fields.String(),
        metadata={"examples": [["tt0111161"]], "description": "Removed, or present with status deleted"},
    )
    deleted = fields.Nested(IdsSchema)
    live_ids = fields.Nested(IdsSchema, metadata={"description": "On a full answer: all there is; drop the rest"})
    full_sync = fields.Boolean(metadata={"examples": [False], "description": "Drop what you have, this is everything"})
    has_more = fields.Boolean(metadata={"examples": [False]})
    next_offset = fields.Integer(allow_none=True, metadata={"examples": [None]})
    rev = fields.Integer(
        metadata={
            "examples": [12],
            "description": "The number of all that was given so far; may be handed back as base_rev",
        }
    )
    timestamp = fields.Float(metadata={"examples": [MOMENT], "description": "Hand it back as since"})
    server_timestamp = fields.Float(metadata={"examples": [MOMENT]})
    cursor = fields.String(allow_none=True, metadata={"examples": [CURSOR], "description": "Opaque; hand it back"})


class ResultSchema(Schema):
    """What became of an action."""

    success = fields.Boolean(metadata={"examples": [True]})
    status = fields.String(
        validate=validate.OneOf(["applied", "noop", "conflict", "rejected"]), metadata={"examples": ["applied"]}
    )
    code = fields.String(allow_none=True, metadata={"examples": [None]})
    error = fields.String(allow_none=True, metadata={"examples": [None], "description": "One plain sentence"})
    last_modified = fields.Float(allow_none=True, metadata={"examples": [MOMENT]})
    rev = fields.Integer(allow_none=True, metadata={"examples": [13]})
    conflict = fields.Boolean(metadata={"examples": [False]})
    server_state = fields.Dict(
        allow_none=True, metadata={"examples": [None], "description": "On a conflict: the record as the server has it"}
    )
    replayed = fields.Boolean(metadata={"examples": [False], "description": "This id was carried out before"})


class PushAnswerSchema(ResultSchema):
    """What became of the action, and where the server stands."""

    server_timestamp = fields.Float(metadata={"examples": [MOMENT]})
    cursor = fields.String(metadata={"examples": [CURSOR]})


class BatchAnswerSchema(Schema):
    """What became of the actions, in order, and where the server stands."""

    results = fields.List(fields.Nested(ResultSchema))
    server_timestamp = fields.Float(metadata={"examples": [MOMENT]})
    cursor = fields.String(metadata={"examples": [CURSOR]})


class ActionsSchema(Schema):
    """An action that clients may queue."""

    action = fields.String(metadata={"examples": ["updateMovieStatus"]})
    aliases = fields.List(fields.String(), metadata={"examples": [["updateStatus"]]})
    summary = fields.String(metadata={"examples": ["Say what became of a title."]})
    data = fields.Dict(metadata={"examples": [{"type": "object"}], "description": "JSON Schema of the data"})
