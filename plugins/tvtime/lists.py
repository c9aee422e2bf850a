"""TV Time's lists, each a cell of printed Go maps: films by TV Time's own ids, series by those of TheTVDB."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from movietracker.pluginapi import (
    BrokenRow,
    ImportRow,
    ListPlace,
    Member,
    Rows,
    content_id,
    kept,
    numeric_id,
    read_table,
)

from .titles import SOURCE

MAX_PLACES = 10_000
_MAP = re.compile(r"map\[([^\[\]]*)\]")
_FIELD = re.compile(r"(?:^|\s)(id|type|uuid):(\S+)")


@dataclass(frozen=True, slots=True)
class _Place:
    where: str
    list_key: str
    name: str
    description: str | None
    position: int
    is_film: bool
    title_id: str


class Lists:
    """The lists of an export; it learns the titles of their places while the other parts are read."""

    def __init__(self, members: Iterable[Member]) -> None:
        self._broken: list[BrokenRow] = []
        self._places: list[_Place] = []
        for member in members:
            for place in _places_of(member):
                if len(self._places) + len(self._broken) >= MAX_PLACES:
                    break
                if isinstance(place, BrokenRow):
                    self._broken.append(place)
                else:
                    self._places.append(place)
        self._wanted = {(place.is_film, place.title_id) for place in self._places}
        self._titles: dict[tuple[bool, str], tuple[str | None, int | None]] = {}

    def noted(self, rows: Rows) -> Rows:
        """The same rows; those of titles that are in a list are remembered."""
        for row in rows:
            if self._wanted and isinstance(row, ImportRow) and row.kind in ("movie", "tv"):
                own = row.other_ids[0][1] if row.other_ids else str(row.tvdb_id)
                key = row.kind == "movie", own
                if key in self._wanted:
                    self._titles.setdefault(key, (kept(row.title or ""), row.year))
            yield row

    def rows(self) -> Rows:
        """The places of all lists."""
        yield from self._broken
        for place in self._places:
            yield self._row(place)

    def _row(self, place: _Place) -> ImportRow:
        title, year = self._titles.get((place.is_film, place.title_id), (None, None))
        is_favorite = place.list_key.startswith("favorite-")
        return ImportRow(
            source=SOURCE,
            row_id=f"list:{content_id(place.list_key, place.title_id)}",
            where=place.where,
            kind="movie" if place.is_film else "tv",
            title=title,
            year=year,
            tvdb_id=None if place.is_film else numeric_id(place.title_id),
            other_ids=((SOURCE, place.title_id),) if place.is_film else (),
            liked=True if is_favorite else None,
            list_place=None if is_favorite else ListPlace(place.name, place.position, place.description),
        )


def _places_of(member: Member) -> Iterator[_Place | BrokenRow]:
    for row in read_table(member):
        if isinstance(row, BrokenRow):
            yield row
        elif row.get("type") == "list":
            key = kept(row.get("s_key")) or ""
            for position, printed in enumerate(_MAP.findall(row.get("objects")), 1):
                fields = dict(_FIELD.findall(printed))
                is_film = fields.get("type") == "movie"
                if title_id := fields.get("uuid" if is_film else "id"):
                    name, description = kept(row.get("name")) or key, kept(row.get("description"))
                    own = kept(title_id) or ""
                    yield _Place(member.at(row.line), key, name, description, position, is_film, own)
