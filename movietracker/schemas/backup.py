"""Backup documents and backups; what holds records is completed in api/backup.py by their kinds.

Documents are described here and read in pieces elsewhere (backup/document/).
"""

from marshmallow import Schema, fields

from .fields import Field, RequestSchema, ResponseSchema, one_word, texts
from .values import FLAG, MOMENT, TEXT, WHOLE, text

ONLY_THEN = "With mode=replace or dry_run=true only"
_FILE_NAME = text("2026-01-31.json", low=1)


class ImportQuerySchema(RequestSchema):
    """How to import."""

    mode = one_word(
        ["merge", "replace"],
        "merge adds what is not there, and of what is there on both sides keeps what changed last; "
        "replace makes the account exactly what the file says, after a safety backup.",
        "merge",
    )
    dry_run = fields.Boolean(
        load_default=False, metadata={"description": "Change nothing, return what would be changed."}
    )


class DocumentAccountSchema(Schema):
    """Whose library a document is, so that files can be told apart."""

    email = Field(TEXT, "anna@example.com")
    username = Field(TEXT, "anna")


class DocumentSchema(Schema):
    """A backup document of version 2. Documents of version 1 are imported too: they hold whole Movies and People."""

    version = Field(WHOLE, 2, required=True)
    exported_at = Field(MOMENT)
    account = fields.Nested(
        DocumentAccountSchema, metadata={"description": "Whose it is; an import ignores it.", "optional": True}
    )


class ImportResultSchema(ResponseSchema):
    """What an import came to; with ``dry_run``, what it would come to. The counts are of records added or changed."""

    success = Field(FLAG)
    imdb_ids_needing_enrichment = texts("Titles without details; they are fetched in the background", ["tt0133093"])
    errors = texts("Empty: a file with faults is refused with 422", [])
    mode = Field(TEXT, "replace", ONLY_THEN, optional=True)
    dry_run = Field(FLAG, description=ONLY_THEN, optional=True)
    safety_backup = Field(_FILE_NAME, description="The backup that was written before a replace", optional=True)
    ignored_fields = texts("Fields of the file that this server does not know, if any", optional=True)
    warnings = texts("What could not be taken over as it is, if any", optional=True)


class BackupSettingsSchema(RequestSchema):
    """Whether the library is backed up every night."""

    backup_enabled = Field(FLAG, required=True)


class BackupSchema(ResponseSchema):
    """A backup at a destination."""

    filename = Field(_FILE_NAME)
    created_at = Field(MOMENT, description="When it was written")
    size_bytes = Field(WHOLE, 48213)
    destination = Field(TEXT, "local")
    verified = Field(FLAG, description="Whether it was read back and restored after it was written")


class BackupListSchema(ResponseSchema):
    """Backups, the newest first; those of a destination that does not respond are left out."""

    backups = fields.List(fields.Nested(BackupSchema))


class RestoreQuerySchema(ImportQuerySchema):
    """How to restore."""

    destination = Field(
        text("local", high=64),
        description="Where to take the file from; without it, where the newest whole one of that name is.",
        load_default=None,
    )
