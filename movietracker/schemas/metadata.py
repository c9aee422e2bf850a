"""Answers about stored metadata, for the OpenAPI document."""

from __future__ import annotations

from marshmallow import INCLUDE, Schema, fields

from .answers import MOMENT


class UpdatedPartsSchema(Schema):
    """Which parts were fetched and stored just now."""

    tmdb = fields.Boolean(metadata={"examples": [True], "description": "Details"})
    omdb = fields.Boolean(metadata={"examples": [True], "description": "Ratings"})


class RefreshedSchema(Schema):
    """What a refresh achieved."""

    success = fields.Boolean(metadata={"examples": [True]})
    updated = fields.Nested(UpdatedPartsSchema)
    queued = fields.Boolean(
        metadata={"examples": [False], "description": "Whether the server (also) refreshes the title later by itself"}
    )
    last_modified = fields.Float(
        metadata={"examples": [MOMENT], "description": "When the movie changed last (Unix seconds)"}
    )


class ProviderResponseSchema(Schema):
    """A provider's full response, as that provider words it."""

    class Meta:
        """What is in it is the provider's affair."""

        unknown = INCLUDE
