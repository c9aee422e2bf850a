"""The sync protocol's requests and responses; those that hold records are completed in api/sync.py by their kinds."""

from typing import Any

from marshmallow import fields, validate

from .fields import Field, ListField, RequestSchema, ResponseSchema, texts, whole_number
from .values import FLAG, MAX_SIGNED, MOMENT, OBJECT, TEXT, WHOLE, text, whole

MAX_ACTIONS = 500

_CURSOR = text("WzEsIjZmMWMyZjBhIiwxMiwiYWJjZCJd", high=100_000)  # the server's decoder says whether it is one
_REV = whole(12, 0, MAX_SIGNED)
_DEVICE = text("Anna's phone", high=100)
_ACTION_ID = text("0b6f6a5e-7c6b-4bb0-9a5c-2f4f8f9c1d11", low=1, high=200)
_ACTION: dict[str, Any] = {"action": "updateMovieStatus", "data": {"imdb_id": "tt0133093", "status": "watched"}}


class EnvelopeSchema(RequestSchema):
    """An action: what the user did, when, and what they were looking at."""

    action = Field(text(_ACTION["action"], low=1, high=100), required=True)
    data = Field(OBJECT, _ACTION["data"], required=True)
    timestamp = Field(MOMENT, description="When the user acted", allow_none=True)
    id = Field(_ACTION_ID, description="Makes it happen exactly once", allow_none=True)
    base_rev = Field(
        _REV, description="rev of the record that the user was looking at; needs a cursor", allow_none=True
    )
    device = Field(
        _DEVICE, description="The client's name for itself: its own earlier changes are no conflict", allow_none=True
    )


class PushSchema(EnvelopeSchema):
    """One action, and where its client stands."""

    cursor = Field(_CURSOR, description="The client's cursor; checked first", allow_none=True)


class BatchSchema(RequestSchema):
    """Several actions in order; each is checked on its own, so that a bad one does not spoil the rest."""

    actions = ListField(fields.Raw(allow_none=True), MAX_ACTIONS, required=True, metadata={"examples": [[_ACTION]]})
    atomic = fields.Boolean(metadata={"description": "All or none"})
    cursor = Field(_CURSOR, description="The client's cursor; checked first", allow_none=True)
    device = Field(_DEVICE, allow_none=True)


class PullSchema(RequestSchema):
    """Pulling by time, as older clients do."""

    since = fields.Float(
        load_default=0.0, metadata={"description": "The timestamp of the last response; 0 for everything"}
    )


class ChangesSchema(RequestSchema):
    """Pulling in pages, by cursor, or by since and offset."""

    cursor = Field(_CURSOR, description="The cursor of the last response")
    since = fields.Float(metadata={"description": "Instead of a cursor: the timestamp of the last complete pull"})
    limit = whole_number("500 at most", 1, default=100)
    offset = whole_number("With since: next_offset of the page before, as it is", 0, MAX_SIGNED, 0)


class ChangesResponseSchema(ResponseSchema):
    """What changed; a client shows it when has_more is false."""

    deleted_movie_ids = texts("Removed, or present with status deleted", ["tt0111161"])
    full_sync = Field(FLAG, False, "Drop what you have, this is everything")
    has_more = Field(FLAG, False)
    next_offset = Field(WHOLE, None, allow_none=True)
    rev = Field(_REV, description="The number of all that was given so far; may be handed back as base_rev")
    timestamp = Field(MOMENT, description="Hand it back as since")
    server_timestamp = Field(MOMENT)
    cursor = Field(_CURSOR, description="Opaque; hand it back", allow_none=True)


class RecordSchema(ResponseSchema):
    """Base of records as they are synced."""

    rev = Field(_REV, description="The record's number; hand it back as base_rev")


class ResultSchema(ResponseSchema):
    """What became of an action."""

    success = Field(FLAG)
    status = fields.String(
        validate=validate.OneOf(["applied", "noop", "conflict", "rejected"]), metadata={"examples": ["applied"]}
    )
    code = Field(TEXT, None, allow_none=True)
    error = Field(TEXT, None, "One plain sentence", allow_none=True)
    last_modified = Field(MOMENT, allow_none=True)
    rev = Field(_REV, 13, allow_none=True)
    conflict = Field(FLAG, False)
    server_state = Field(OBJECT, None, "On a conflict: the record as the server has it", allow_none=True)
    replayed = Field(FLAG, False, "This id was carried out before")
    ignored_fields = texts(
        "Names in the data, and in a batch beside it, that the server does not know, at most 10; missing without any",
        ["emogi"],
        optional=True,
    )


class _PushedSchema(ResponseSchema):
    server_timestamp = Field(MOMENT)
    cursor = Field(_CURSOR)


class PushResponseSchema(ResultSchema, _PushedSchema):
    """What became of the action, and where the server stands."""


class BatchResponseSchema(_PushedSchema):
    """What became of the actions, in order, and where the server stands."""

    results = fields.List(fields.Nested(ResultSchema))


class ActionsSchema(ResponseSchema):
    """An action that clients may queue."""

    action = Field(TEXT, "updateMovieStatus")
    aliases = fields.List(fields.String(), metadata={"examples": [["updateStatus"]]})
    summary = Field(TEXT, "Say what became of a title.")
    data = Field(OBJECT, {"type": "object"}, "JSON Schema of the data")
