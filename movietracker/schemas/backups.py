"""Backups on the server: settings, list, restore."""

from __future__ import annotations

from marshmallow import Schema, fields

from .answers import MOMENT
from .backup import ImportQuerySchema
from .fields import Flag, Text
from .requests import RequestSchema


class BackupSettingsSchema(RequestSchema):
    """Whether the library is backed up every night."""

    backup_enabled = Flag(required=True, metadata={"examples": [True]})


class BackupSchema(Schema):
    """A backup at a destination."""

    filename = fields.String(required=True, metadata={"examples": ["2026-01-31.json"]})
    created_at = fields.Float(
        required=True, metadata={"examples": [MOMENT], "description": "When it was written (Unix seconds)"}
    )
    size_bytes = fields.Integer(required=True, metadata={"examples": [48213]})
    destination = fields.String(required=True, metadata={"examples": ["local"]})
    verified = fields.Boolean(
        required=True,
        metadata={"examples": [True], "description": "Whether it was read back and restored after it was written"},
    )


class BackupListSchema(Schema):
    """Backups, the newest first; those of a destination that does not answer are left out."""

    backups = fields.List(fields.Nested(BackupSchema), required=True)


class RestoreQuerySchema(ImportQuerySchema):
    """How to restore."""

    destination = Text(
        max_length=64,
        load_default=None,
        metadata={
            "description": "Where to take the file from; without it, where the newest whole one of that name is."
        },
    )
