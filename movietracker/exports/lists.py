"""A sheet for each of the user's own lists, in formats whose trackers import lists."""

import re
from collections.abc import Mapping

from .cells import Sheet
from .library import ExportedLibrary

_MAX_BYTES = 200  # of a name; file systems allow 255 for the whole
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|]+')


def sheets_of_lists(library: ExportedLibrary, columns: tuple[str, ...], numbered: str = "{}") -> Mapping[str, Sheet]:
    """The sheet of each list, named by its number, in a form of its own, and so much of its name as files can have."""
    return {
        list_id: Sheet(f"lists/{numbered.format(number)}", columns, f" - {file_form(each['name'])}")
        for number, (list_id, each) in enumerate(library.lists.items(), 1)
    }


def file_form(name: str) -> str:
    """A name as a file can have it: without signs that a file system forbids, and cut if it is long."""
    return _FORBIDDEN.sub("-", name).encode()[:_MAX_BYTES].decode(errors="ignore").strip(" .") or "list"
