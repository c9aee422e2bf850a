"""A sheet for each of the user's own lists, in formats whose trackers import lists."""

import re
from collections.abc import Mapping

from .cells import Sheet
from .library import ExportedLibrary

_MAX_NAME = 50


def sheets_of_lists(library: ExportedLibrary, columns: tuple[str, ...], numbered: str = "{}") -> Mapping[str, Sheet]:
    """The sheet of each list, named by its number, in a form of its own, and so much of its name as a file can have."""
    return {
        list_id: Sheet(f"lists/{numbered.format(number)}-{_file_name(each['name'])}", columns)
        for number, (list_id, each) in enumerate(library.lists.items(), 1)
    }


def _file_name(name: str) -> str:
    return re.sub(r"\W+", "-", name.lower())[:_MAX_NAME].strip("-") or "list"
