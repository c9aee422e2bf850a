"""The proof that a backup restores: it is restored, and exported again."""

from __future__ import annotations

from pathlib import Path

from ...errors import BackupDamaged, BodyTooLarge, InvalidDocument, MalformedJson
from ..document import same_content
from ..export import export_document
from ..importing import import_into_scratch
from .spool import Spool


def prove(document: Spool, folder: Path) -> None:
    """Restore a document into a scratch database and export it again; raises BackupDamaged unless both agree.

    ``exported_at`` and ``last_modified`` aside: those are the server's own.
    """
    try:
        with document.reader() as source, import_into_scratch(source) as read:
            again = Spool.of(export_document(read), folder)
    except (InvalidDocument, MalformedJson, BodyTooLarge) as problem:
        raise BackupDamaged(f"This file is damaged, or not a backup: {problem.detail}") from problem
    with again, document.reader() as before, again.reader() as after:
        if not same_content(before, after):
            raise BackupDamaged("This file does not come out of a restore as it went in.")
