"""The user's data as a document: downloaded, and brought back."""

from __future__ import annotations

from collections.abc import Callable, Generator
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from typing import Any

from flask import Response, request

from .. import clock, errors
from ..backup.export import export_document, file_name
from ..backup.importing import import_document
from ..backup.parsing import MAX_UNPACKED_BYTES, Readable
from ..backup.vault.restore import write_safety_backup
from ..schemas.backup import DocumentSchema, ImportQuerySchema, ImportResultSchema
from ..services.accounts import Account
from ..services.transactions import library_read
from ..state import state
from .blueprint import ApiBlueprint, View
from .limits import importing
from .replies import reply

blueprint = ApiBlueprint("backup", __name__, url_prefix="/api/backup", description="Export, import and backups")

PROBLEMS_OF_IMPORT = [
    errors.InvalidDocument,
    errors.Invalid,
    errors.DestinationFailed,
    errors.DestinationUnreachable,
    errors.DestinationNotConfigured,
    errors.TooManyRequests,
]
_FILE = {"type": "string", "format": "binary"}
_BODY = {
    "required": True,
    "description": (
        "A document of version 1 or 2, plain or compressed with gzip (with or without Content-Encoding), as the body "
        f"or as the file of a form; at most 32 MiB as sent and {MAX_UNPACKED_BYTES // 2**20} MiB unpacked."
    ),
    "content": {
        "application/json": {"schema": DocumentSchema},
        "application/gzip": {"schema": _FILE},
        "multipart/form-data": {"schema": {"type": "object", "properties": {"file": _FILE}, "required": ["file"]}},
    },
}
_takes_a_document: Callable[[View], View] = blueprint.doc(requestBody=_BODY)


@blueprint.endpoint("GET", "/export", answer=DocumentSchema, etag=True)
def export(user: Account) -> Response:
    """The library as a document to download: movies, people and lists, without ids of this server."""
    chunks = _document(user.id)
    beginning = next(chunks)  # what fails at once is answered as an error, not as a torn download
    name = file_name(datetime.fromtimestamp(clock.now(), UTC).strftime("%Y-%m-%d"))
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    response = Response(chain([beginning], chunks), mimetype="application/json", headers=headers)
    response.call_on_close(chunks.close)
    return response


@blueprint.endpoint("POST", "/import", answer=ImportResultSchema, problems=PROBLEMS_OF_IMPORT)
@importing
@blueprint.arguments(ImportQuerySchema, location="query")
@_takes_a_document
def import_(user: Account, how: dict[str, Any]) -> Response:
    """Bring a document into the library, all of it or, when anything in it is wrong, nothing."""
    keep_safe = partial(write_safety_backup, state().vault.for_requests())
    return reply(import_document(user.id, _uploaded(), safety_backup=keep_safe, **how).to_json())


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
