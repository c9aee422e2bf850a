"""Trakt's export: the ZIP archive, with folders or without, its files, in numbered parts or not, and the CSV."""

import re
from collections.abc import Callable, Mapping

from movietracker.pluginapi import BaseImporter, Member, Rows, Upload, columns_of, json_keys

from .lists import ListNames, favorites, list_rows, watchlist
from .rows import comments, history, plays, ratings
from .table import is_table, table_rows

_NUMBER = re.compile("([0-9]{1,9})")
_ENTITIES = {"movie", "show", "season", "episode"}
_PARTS: Mapping[str, set[str]] = {
    "history": {"id", "action", "type"},
    "ratings": {"rated_at", "rating", "type"},
    "comments": {"comment", "type"},
    "listed": {"rank", "listed_at", "type"},
    "plays": {"plays", "last_watched_at"},
}
_LISTS = {"name", "privacy", "item_count", "ids"}


class TraktImporter(BaseImporter):
    """Reads the parts of an export that say something of films and series."""

    name = "trakt"
    label = "Trakt"

    def reads(self, member: Member) -> bool:
        """Whether a member has the keys or the columns of a part."""
        return _part_of(member) is not None

    def rows(self, upload: Upload) -> Rows:
        """The rows of all parts; the counts of plays only where no history says when they were."""
        members = sorted(upload.members, key=_place)
        names = ListNames(member for member in members if json_keys(member).get("", frozenset()) >= _LISTS)
        yield from names.broken
        parts = [(_part_of(member), member) for member in members]
        has_history = any(part == "history" for part, _ in parts)
        for part, read in _READERS.items():
            for found, member in parts:
                if found == part and not (part == "plays" and has_history):
                    yield from read(member)
        for found, member in parts:
            if found == "list":
                yield from list_rows(member, names)


def _part_of(member: Member) -> str | None:
    """Which part of the export a member is, by its keys; lists are alike, and told apart by Trakt's own names."""
    if is_table(columns_of(member)):
        return "table"
    keys = json_keys(member).get("", frozenset())
    if not keys & _ENTITIES and not keys >= _PARTS["listed"]:
        return None
    part = next((part for part, wanted in _PARTS.items() if wanted <= keys), None)
    if part != "listed":
        return part
    name = member.name.lower().rpartition("/")[2]
    return next((each for each in ("watchlist", "favorites") if name.startswith(f"lists-{each}")), "list")


def _place(member: Member) -> list[tuple[int, str]]:
    """Orders ``history-9`` before ``history-10``."""
    return [(int(part), "") if part[:1].isdecimal() else (0, part) for part in _NUMBER.split(member.name)]


_READERS: Mapping[str, Callable[[Member], Rows]] = {
    "history": history,
    "plays": plays,
    "ratings": ratings,
    "comments": comments,
    "watchlist": watchlist,
    "favorites": favorites,
    "table": table_rows,
}
