"""Export and import of the user's library as a document, and the backups of it on the server."""

from collections.abc import Generator
from functools import partial
from itertools import chain
from typing import Any

from flask import Response, request
from marshmallow import Schema, fields

from .. import clock, errors
from ..backup.catalog.restore import list_backups, restore, write_safety_backup
from ..backup.document.export import export_document
from ..backup.document.importing import import_document
from ..backup.document.parsing import MAX_UNPACKED_BYTES, RANKINGS, REQUIRED_SECTIONS, SECTIONS, Readable
from ..records import KINDS
from ..schemas import backup as schemas
from ..schemas.fields import Field
from ..schemas.ranking import DocumentRankSchema
from ..schemas.values import WHOLE
from ..services.accounts import Account, is_backup_enabled, set_backup_enabled
from ..services.transactions import library_read
from ..state import state
from .blueprint import ApiBlueprint
from .importing import budget_of_request, one_at_a_time
from .limits import importing

blueprint = ApiBlueprint("backup", "/api/backup", "Export, import and backups")

_PROBLEMS_OF_IMPORT = [
    errors.InvalidDocument,
    errors.DestinationFailed,
    errors.DestinationUnreachable,
    errors.DestinationNotConfigured,
]
_PROBLEMS_OF_RESTORE = [errors.BackupNotFound, errors.BackupDamaged, errors.WrongPassphrase, *_PROBLEMS_OF_IMPORT]
DOCUMENT = schemas.DocumentSchema.from_dict(
    {
        kind.plural: fields.List(fields.Nested(kind.document), required=kind.plural in REQUIRED_SECTIONS)
        for kind in KINDS
    }
    | {RANKINGS: fields.List(fields.Nested(DocumentRankSchema), metadata={"optional": True})},
    name="Document",
)
_COUNTS = Schema.from_dict({section: Field(WHOLE, 42) for section in SECTIONS}, name="Counts")
_ONLY_THEN = {"description": schemas.ONLY_THEN, "optional": True}
_RESULT = schemas.ImportResultSchema.from_dict(
    {
        "imported_counts": fields.Nested(_COUNTS),
        **{f"{section}_imported": Field(WHOLE, 42, "imported_counts again, for older clients") for section in SECTIONS},
        **{name: fields.Nested(_COUNTS, metadata=_ONLY_THEN) for name in ("added", "changed", "removed", "kept")},
    },
    name="ImportResult",
)
_FILE = {"type": "string", "format": "binary"}
_BODY = {
    "required": True,
    "description": (
        "A document of version 1 or 2, plain or compressed with gzip (with or without Content-Encoding), as the body "
        f"or as the file of a form; at most {MAX_UNPACKED_BYTES // 2**20} MiB, as sent and unpacked."
    ),
    "content": {
        "application/json": {"schema": DOCUMENT},
        "application/octet-stream": {"schema": _FILE},
        "multipart/form-data": {"schema": {"type": "object", "properties": {"file": _FILE}, "required": ["file"]}},
    },
}


@blueprint.operation("GET", "/export", response=DOCUMENT, etag=True)
def export(user: Account) -> Response:
    """The library as a document to download: movies, people and lists, without ids of this server."""
    chunks = _document(user.id)
    beginning = next(chunks)  # an early failure becomes an error, not a truncated download
    day = state().backups.for_requests().schedule.local(clock.now())  # as in the names of backups
    name = f"moviemanager-export-{day:%Y-%m-%d}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    response = Response(chain([beginning], chunks), mimetype="application/json", headers=headers)
    response.call_on_close(chunks.close)
    return response


@blueprint.operation(
    "POST",
    "/import",
    query=schemas.ImportQuerySchema,
    body=_BODY,
    response=_RESULT,
    problems=_PROBLEMS_OF_IMPORT,
    limits=[importing],
    max_body=MAX_UNPACKED_BYTES,
)
def import_(user: Account, how: dict[str, Any]) -> dict[str, Any]:
    """Bring a document into the library, all of it or, when anything in it is wrong, nothing."""
    keep_safe = partial(write_safety_backup, state().backups.for_requests())
    budget = budget_of_request()
    with one_at_a_time(user.id):
        return import_document(user.id, _uploaded(), safety_backup=keep_safe, budget=budget, **how).to_json()


@blueprint.operation("GET", "/settings", response=schemas.BackupSettingsSchema)
def settings(user: Account) -> dict[str, Any]:
    """Whether the library is backed up every night."""
    return {"backup_enabled": is_backup_enabled(user.id)}


@blueprint.operation("PUT", "/settings", body=schemas.BackupSettingsSchema, response=schemas.BackupSettingsSchema)
def change_settings(user: Account, body: dict[str, Any]) -> dict[str, Any]:
    """Switch the nightly backup on or off; existing backups stay."""
    set_backup_enabled(user.id, body["backup_enabled"])
    return body


@blueprint.operation("GET", "/list", response=schemas.BackupListSchema)
def list_all(user: Account) -> dict[str, Any]:
    """The user's backups at all destinations, the newest first."""
    catalog = state().backups.for_requests()
    return {"backups": list_backups(catalog.ready(), user.id, only_trusted=catalog.cipher.is_on)}


@blueprint.operation(
    "POST",
    "/restore/<string:filename>",
    query=schemas.RestoreQuerySchema,
    response=_RESULT,
    problems=_PROBLEMS_OF_RESTORE,
    limits=[importing],
)
def restore_one(user: Account, how: dict[str, Any], filename: str) -> dict[str, Any]:
    """Bring a backup from the list back into the library, all of it or, when anything is wrong, nothing."""
    catalog = state().backups.for_requests()
    names = [destination.name for destination in catalog.ready()]
    if how["destination"] not in (None, *names):
        raise errors.Invalid.field("destination", f"Must be one of: {', '.join(names)}.")
    with one_at_a_time(user.id):
        return restore(catalog, user.id, filename, **how).to_json()


def _document(user_id: str) -> Generator[bytes, None, None]:
    with library_read(user_id) as read:
        yield from export_document(read)


def _uploaded() -> Readable:
    """The body as it comes in, or the file of a form; raises Invalid when the form has none."""
    if request.mimetype != "multipart/form-data":
        return request.stream
    files = request.files
    chosen = files.get("file") or next(iter(files.values()), None)
    if chosen is None:
        raise errors.Invalid.field("file", "is missing")
    return chosen.stream
