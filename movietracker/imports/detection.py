"""Which importer reads a file."""

from collections.abc import Sequence

from ..errors import FormatAmbiguous, FormatUnknown
from ..phrases import phrase
from ..plugin.importers import Importer
from ..uploads.upload import Upload


def find_importer(importers: Sequence[Importer], upload: Upload, name: str | None = None) -> Importer:
    """The one importer that recognizes an upload, or the one that is named.

    One of a higher priority number yields to those of a lower one. Raises FormatUnknown and FormatAmbiguous.
    """
    if name is not None:
        return _named(importers, name)
    found = _recognizing(importers, upload)
    chosen = [each for each in found if each.priority == min(each.priority for each in found)]
    if not chosen:
        raise FormatUnknown(f"No importer recognizes this file. There are importers for: {_names(importers)}.")
    if len(chosen) > 1:
        raise FormatAmbiguous(phrase("format_unnamed", formats=_names(chosen)))
    return chosen[0]


def _recognizing(importers: Sequence[Importer], upload: Upload) -> list[Importer]:
    """Those that recognize any member; all look at one before the next, so that each is read once."""
    found: set[str] = set()
    for member in upload.members:
        alone = Upload((member,))
        found |= {each.name for each in importers if each.name not in found and each.recognizes(alone)}
    return [each for each in importers if each.name in found]


def _named(importers: Sequence[Importer], name: str) -> Importer:
    for each in importers:
        if each.name == name:
            return each
    raise FormatUnknown(phrase("importer_unknown", name=name, formats=_names(importers)))


def _names(importers: Sequence[Importer]) -> str:
    return ", ".join(f"{each.label} ({each.name})" for each in sorted(importers, key=lambda each: each.name)) or "none"
