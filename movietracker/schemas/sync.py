"""The envelopes of the sync protocol: what is around an action, and what is asked of the change feed."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, validate

from .fields import Number, Text, Timestamp
from .requests import RequestSchema

MAX_ID_LENGTH = 200


def _cursor(description: str, **options: Any) -> Text:
    """Whether it is one is for the server's decoder to say, with a code of its own."""
    return Text(max_length=100_000, metadata={"description": description}, **options)


class EnvelopeSchema(RequestSchema):
    """An action: what the user did, when, and what they were looking at."""

    action = Text(required=True, min_length=1, max_length=100, metadata={"examples": ["updateMovieStatus"]})
    data = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={"examples": [{"imdb_id": "tt0133093", "status": "watched"}]},
    )
    timestamp = Timestamp(allow_none=True, metadata={"examples": [1767225600.25], "description": "When the user acted"})
    id = Text(
        min_length=1,
        max_length=MAX_ID_LENGTH,
        allow_none=True,
        metadata={"examples": ["0b6f6a5e-7c6b-4bb0-9a5c-2f4f8f9c1d11"], "description": "Makes it happen exactly once"},
    )
    base_rev = Number(
        low=0,
        high=2**63 - 1,
        whole=True,
        allow_none=True,
        metadata={"description": "rev of the record that the user was looking at; needs a cursor"},
    )
    device = Text(
        max_length=100,
        allow_none=True,
        metadata={"description": "The client's name for itself: its own earlier changes are no conflict"},
    )


class PushSchema(EnvelopeSchema):
    """One action, and where its client stands."""

    cursor = _cursor("The client's cursor; checked first", allow_none=True)


class BatchSchema(RequestSchema):
    """Several actions in order; each is looked at on its own, so that a bad one does not spoil the rest."""

    actions = fields.List(
        fields.Raw(allow_none=True),
        required=True,
        validate=validate.Length(max=500),
        metadata={
            "examples": [[{"action": "updateMovieStatus", "data": {"imdb_id": "tt0133093", "status": "watched"}}]]
        },
    )
    atomic = fields.Boolean(metadata={"description": "All or none"})
    cursor = _cursor("The client's cursor; checked first", allow_none=True)
    device = Text(max_length=100, allow_none=True)


class PullSchema(RequestSchema):
    """Pulling by time, as older clients do."""

    since = fields.Float(
        load_default=0.0,
        metadata={"description": "The timestamp of the last answer; 0 for everything"},
    )


class ChangesSchema(RequestSchema):
    """Pulling in pages, by cursor, or by since and offset."""

    cursor = _cursor("The cursor of the last answer")
    since = fields.Float(metadata={"description": "Instead of a cursor: the timestamp of the last complete pull"})
    limit = fields.Integer(load_default=100, validate=validate.Range(min=1), metadata={"description": "500 at most"})
    offset = fields.Integer(
        load_default=0,
        validate=validate.Range(0, 2**63 - 1),
        metadata={"description": "With since: next_offset of the page before, as it is"},
    )


def first_message(error: ValidationError) -> str:
    """One plain sentence of what is wrong first."""
    messages: Any = error.messages
    path = []
    while isinstance(messages, dict):
        key = next(iter(messages))
        path.append(str(key))
        messages = messages[key]
    text = messages[0] if isinstance(messages, list) else messages
    return f"{'.'.join(path)}: {text}"
