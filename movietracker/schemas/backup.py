"""Backup documents and what becomes of them, for the OpenAPI document; the documents themselves are read in pieces."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from ..models.movie import MEDIA_TYPES, STATUSES
from .answers import MOMENT, UUID
from .requests import RequestSchema


def _example(example: object, description: str | None = None) -> dict[str, object]:
    return {"examples": [example], **({"description": description} if description else {})}


class ImportQuerySchema(RequestSchema):
    """How to import."""

    mode = fields.String(
        load_default="merge",
        validate=validate.OneOf(["merge", "replace"]),
        metadata={
            "description": "merge adds what is not there, and of what is there on both sides keeps what changed last; "
            "replace makes the account exactly what the file says, after a safety backup."
        },
    )
    dry_run = fields.Boolean(
        load_default=False, metadata={"description": "Change nothing, answer with what would be changed."}
    )


class DocumentVoteSchema(Schema):
    """A recommendation."""

    person_name = fields.String(metadata=_example("Anna"))
    date_recommended = fields.Float(metadata=_example(MOMENT))
    vote_type = fields.Boolean(metadata=_example(True, "true is an upvote"))


class DocumentWatchSchema(Schema):
    """When the user watched a title, and how much they liked it."""

    date_watched = fields.Float(metadata=_example(MOMENT))
    my_rating = fields.Float(allow_none=True, metadata=_example(8.5, "1.0 to 10.0"))


class DocumentMovieSchema(Schema):
    """A title."""

    imdb_id = fields.String(required=True, metadata=_example("tt0133093"))
    media_type = fields.String(validate=validate.OneOf(MEDIA_TYPES), metadata=_example("movie"))
    status = fields.String(validate=validate.OneOf(STATUSES), metadata=_example("watched"))
    custom_list_id = fields.String(allow_none=True, metadata=_example(None))
    last_modified = fields.Float(metadata=_example(MOMENT))
    recommendations = fields.List(fields.Nested(DocumentVoteSchema))
    watch_history = fields.Nested(DocumentWatchSchema, allow_none=True)


class DocumentPersonSchema(Schema):
    """Somebody who recommends."""

    name = fields.String(required=True, metadata=_example("Anna"))
    is_trusted = fields.Boolean(metadata=_example(True))
    color = fields.String(metadata=_example("#0a84ff"))
    emoji = fields.String(allow_none=True, metadata=_example("🎬"))
    quick_key = fields.String(allow_none=True, metadata=_example(None, "Set on the four quick recommenders only"))
    last_modified = fields.Float(metadata=_example(MOMENT))


class DocumentListSchema(Schema):
    """A custom list."""

    id = fields.String(required=True, metadata=_example(UUID))
    name = fields.String(required=True, metadata=_example("Rainy Sundays"))
    color = fields.String(metadata=_example("#0a84ff"))
    icon = fields.String(metadata=_example("list"))
    position = fields.Integer(metadata=_example(0))
    created_at = fields.Float(metadata=_example(MOMENT))
    last_modified = fields.Float(metadata=_example(MOMENT))


class DocumentSchema(Schema):
    """A backup document of version 2. Documents of version 1 are imported too: they hold whole Movies and People."""

    version = fields.Integer(required=True, metadata=_example(2))
    exported_at = fields.Float(metadata=_example(MOMENT))
    movies = fields.List(fields.Nested(DocumentMovieSchema), required=True)
    people = fields.List(fields.Nested(DocumentPersonSchema), required=True)
    lists = fields.List(fields.Nested(DocumentListSchema), required=True)


class CountsSchema(Schema):
    """Counts by kind."""

    movies = fields.Integer(metadata=_example(142))
    people = fields.Integer(metadata=_example(8))
    lists = fields.Integer(metadata=_example(3))


class ImportResultSchema(Schema):
    """What an import came to; with ``dry_run``, what it would come to. The counts are of records added or changed."""

    success = fields.Boolean(required=True, metadata=_example(True))
    imported_counts = fields.Nested(CountsSchema, required=True)
    movies_imported = fields.Integer(required=True, metadata=_example(142, "imported_counts again, for older clients"))
    people_imported = fields.Integer(required=True, metadata=_example(8))
    lists_imported = fields.Integer(required=True, metadata=_example(3))
    imdb_ids_needing_enrichment = fields.List(
        fields.String(),
        required=True,
        metadata=_example(["tt0133093"], "Titles without details; they are fetched in the background"),
    )
    errors = fields.List(
        fields.String(), required=True, metadata=_example([], "Empty: a file with faults is answered with 422")
    )
    mode = fields.String(metadata={"description": "With mode=replace or dry_run=true only, like the next five"})
    dry_run = fields.Boolean()
    added = fields.Nested(CountsSchema)
    changed = fields.Nested(CountsSchema)
    removed = fields.Nested(CountsSchema)
    kept = fields.Nested(CountsSchema)
    safety_backup = fields.String(metadata={"description": "The backup that was written before a replace"})
    ignored_fields = fields.List(
        fields.String(), metadata={"description": "Fields of the file that this server does not know, if any"}
    )
    warnings = fields.List(fields.String(), metadata={"description": "What could not be taken over as it is, if any"})
