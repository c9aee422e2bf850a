"""The user's library as a file for other programs."""

from typing import Any
from zoneinfo import ZoneInfo

from flask import Response
from werkzeug.wsgi import FileWrapper

from .. import clock
from ..backup.catalog.spool import CHUNK_BYTES, Spool
from ..errors import ExportFormatUnknown
from ..exports.formats import MEDIA_TYPES, find_format, write_export
from ..schemas.export import ExportQuerySchema
from ..services.accounts import Account
from ..services.transactions import library_read
from ..state import state
from .backup import DOCUMENT
from .blueprint import ApiBlueprint

blueprint = ApiBlueprint("exports", "/api/export", "The library as a file for other programs")


@blueprint.operation(
    "GET",
    "/<string:format>",
    query=ExportQuerySchema,
    response=DOCUMENT,
    files=[media_type for suffix, media_type in MEDIA_TYPES.items() if suffix != "json"],
    problems=[ExportFormatUnknown],
    etag=True,
)
def export_as(user: Account, query: dict[str, Any], format: str) -> Response:
    """The library to download, for letterboxd, imdb, trakt or trakt-import, as csv, or as json, the backup document."""
    wanted = find_format(format)
    catalog = state().backups.for_requests()
    # Written before it is sent: what fails becomes an error, and a slow client does not keep the snapshot open.
    spool = Spool(catalog.folder)
    try:
        with library_read(user.id) as read:
            write_export(wanted, read, ZoneInfo(query["tz"]), catalog.folder, spool.file)
        reader = spool.reader()
    finally:
        size = spool.size
        spool.close()
    name = wanted.file_name(catalog.schedule.local(clock.now()))
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Content-Length": str(size)}
    return Response(FileWrapper(reader, CHUNK_BYTES), mimetype=wanted.media_type, headers=headers)
