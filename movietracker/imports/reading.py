"""The rows of an upload, checked, with the recommenders that their texts name."""

from collections.abc import Iterator
from dataclasses import replace

from ..plugin.importers import Importer, ImportRow
from ..uploads.upload import BrokenRow, MemberDamaged, Upload
from .checking import fault_of_row
from .recommenders import find_recommenders


def read_rows(importer: Importer, upload: Upload) -> Iterator[ImportRow | BrokenRow]:
    """The rows of an upload as a stream; what cannot be used comes as a BrokenRow. May raise ImportProblem."""
    yield from upload.broken
    try:
        for row in importer.rows(upload):
            if isinstance(row, BrokenRow):
                yield row
            elif fault := fault_of_row(row):
                yield BrokenRow(str(row.where), fault)
            elif found := find_recommenders(row):
                yield replace(row, recommended_by=(*row.recommended_by, *found))
            else:
                yield row
    except MemberDamaged as error:
        yield BrokenRow("a file", error.reason)
