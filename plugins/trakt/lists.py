"""The watchlist, favorites and lists; what they note of a title often says who recommended it."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from movietracker.pluginapi import (
    BrokenRow,
    ImportRow,
    JsonRow,
    ListPlace,
    Member,
    Rows,
    content_id,
    kept,
    known_day,
    numeric_id,
    phrase,
    rating_on_ten,
    read_objects,
    row_of_each,
)

from .titles import title_row

MAX_LISTS = 10_000
_LIST = re.compile(r"lists-list-([0-9]+)(?:-(.+?))?(?:\.json)?", re.IGNORECASE)


class ListNames:
    """Names and descriptions of lists by Trakt's ids, from the files that have the user's and shared lists."""

    def __init__(self, members: Iterable[Member]) -> None:
        self.broken: list[BrokenRow] = []
        self._lists: dict[int, tuple[str, str | None]] = {}
        for member in members:
            for row in read_objects(member):
                if len(self._lists) + len(self.broken) >= MAX_LISTS:
                    break
                if isinstance(row, BrokenRow):
                    self.broken.append(row)
                elif number := numeric_id(row.get("ids", "trakt")):
                    self._lists[number] = kept(row.text("name")) or "", kept(row.text("description"))

    def list_of(self, member: Member) -> tuple[str, str | None] | None:
        """The name and description of the list that a member holds; None if nothing says which it is."""
        found = _LIST.fullmatch(member.name.rpartition("/")[2])
        if found is None:
            return None
        name, description = self._lists.get(int(found[1]), ("", None))
        return name or (found[2] or found[1]).replace("-", " "), description


def watchlist(member: Member) -> Rows:
    """Wishes."""
    return _listed(member, "watchlist", lambda _: {"status": "toWatch"})


def favorites(member: Member) -> Rows:
    """Titles that the user likes."""
    return _listed(member, "favorite", lambda _: {"liked": True})


def list_rows(member: Member, names: ListNames) -> Rows:
    """The titles of a list in its order; a file that does not say which list it is may be the watchlist."""
    known = names.list_of(member)
    if known is None:
        doubt = phrase("list_or_watchlist")
        return _listed(member, "listed", lambda _: {"needs_review": doubt})
    name, description = known

    def place(row: JsonRow) -> Mapping[str, Any]:
        return {"list_place": ListPlace(name, numeric_id(row.get("rank")), description)}

    return _listed(member, f"list:{content_id(name)}", place)


def _listed(member: Member, part: str, facts: Callable[[JsonRow], Mapping[str, Any]]) -> Rows:
    def made(row: JsonRow) -> ImportRow:
        said = {"note": row.text("notes") or None, "rating": rating_on_ten(row.text("my_rating"), 10)}
        return title_row(row, part, row.text("id"), added_on=known_day(row.text("listed_at")), **said, **facts(row))

    return row_of_each(read_objects(member), made)
