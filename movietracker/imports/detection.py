"""Which importer reads a file."""

from collections.abc import Sequence

from ..errors import FormatAmbiguous, FormatUnknown
from ..plugin.importers import Importer
from ..uploads.upload import Upload


def find_importer(importers: Sequence[Importer], upload: Upload, name: str | None = None) -> Importer:
    """The one importer that recognizes an upload, or the one that is named.

    One of a higher priority number yields to those of a lower one. Raises FormatUnknown and FormatAmbiguous.
    """
    if name is not None:
        return _named(importers, name)
    found = [each for each in importers if each.recognizes(upload)]
    chosen = [each for each in found if each.priority == min(each.priority for each in found)]
    if not chosen:
        raise FormatUnknown(f"No importer recognizes this file. There are importers for: {_names(importers)}.")
    if len(chosen) > 1:
        raise FormatAmbiguous(
            f"This can be of several formats: {_names(chosen)}. Say which, or import the files apart."
        )
    return chosen[0]


def _named(importers: Sequence[Importer], name: str) -> Importer:
    for each in importers:
        if each.name == name:
            return each
    raise FormatUnknown(f"There is no importer named {name}. There are importers for: {_names(importers)}.")


def _names(importers: Sequence[Importer]) -> str:
    return ", ".join(f"{each.label} ({each.name})" for each in sorted(importers, key=lambda each: each.name)) or "none"
