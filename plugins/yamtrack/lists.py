"""The lists of Floppy, a program made from Yamtrack: a row for each list, then one for each of its places."""

from collections import Counter
from typing import Any

from movietracker.pluginapi import (
    ListPlace,
    TableRow,
    content_id,
    kept,
    known_day,
    phrase,
)

MAX_LISTS = 10_000


class ListNames:
    """Names and descriptions of lists by hashes of their ids, and how many places of each were read."""

    def __init__(self) -> None:
        self._lists: dict[str, tuple[str, str | None]] = {}
        self._count: Counter[str] = Counter()

    def add(self, row: TableRow) -> None:
        """A row that describes a list."""
        if len(self._lists) < MAX_LISTS:
            told = kept(row.get("list_name")) or "", kept(row.get("list_description"))
            self._lists[content_id(row.get("list_uid"))] = told

    def place_of(self, row: TableRow) -> dict[str, Any]:
        """The fields of a row that is a place in a list; places are in the order of the list."""
        own = content_id(row.get("list_uid"))
        name, description = self._lists.get(own, (row.get("list_name"), None))
        self._count[own] += 1
        if not name:
            return {"needs_review": phrase("list_unknown")}
        return {
            "list_place": ListPlace(name, self._count[own], description),
            "note": row.get("notes") or None,
            "added_on": known_day(row.get("created_at")),
        }
