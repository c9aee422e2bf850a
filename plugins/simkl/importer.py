"""Simkl's backup: one JSON object with arrays of films, series and anime, of which some are films; or a table."""

from typing import Any

from movietracker.pluginapi import (
    BaseImporter,
    ImportRow,
    JsonRow,
    Kind,
    Member,
    Rows,
    content_id,
    imdb_id,
    json_keys,
    known_day,
    numeric_id,
    rating_on_ten,
    read_objects,
    release_year,
    rows_of_each,
    status_of,
    when_watched,
)

from .table import is_table, table_rows

_SECTIONS = ("movies", "shows", "anime")
_ENTITIES = ("movie", "show", "anime")
_ANIME_FILMS = {"movie"}
_NO_TITLES = {"music video", "music"}


class SimklImporter(BaseImporter):
    """Reads backups of any age."""

    name = "simkl"
    label = "Simkl"

    def reads(self, member: Member) -> bool:
        """Whether a member has Simkl's arrays of titles with a status, or its columns."""
        keys = json_keys(member)
        has_arrays = any("status" in keys.get(section, ()) and keys[section] & set(_ENTITIES) for section in _SECTIONS)
        return has_arrays or is_table(member)

    def rows_of(self, member: Member) -> Rows:
        """A row for each title, and one for each episode that was watched."""
        if is_table(member):
            return table_rows(member)
        return rows_of_each(read_objects(member, *_SECTIONS), _rows_of)


def _rows_of(row: JsonRow) -> Rows:
    entity = next((each for each in _ENTITIES if row.get(each)), "movie")
    named = _title(row, entity)
    own = named.pop("own")
    again = row.text("rewatch_id")
    yield ImportRow(
        row_id=f"{row.section}/{own}/{again}",
        rating=rating_on_ten(row.text("user_rating"), 10),
        note=row.text("memo", "text") or row.text("memo") or None,
        added_on=known_day(row.text("added_to_watchlist_at")),
        **named,
        **_state(row, named["kind"], own),
    )
    for season in row.rows("seasons"):
        for episode in season.rows("episodes"):
            number = f"season {season.text('number')} episode {episode.text('number')}"
            yield ImportRow(
                source=SimklImporter.name,
                row_id=f"episode/{own}/{number}/{again}",
                where=row.where,
                kind="episode",
                title=f"{named['title']}, {number}",
                is_viewing=True,
            )


def _title(row: JsonRow, entity: str) -> dict[str, Any]:
    ids = {name: row.text(entity, "ids", name) for name in ("imdb", "tmdb", "tvdb")}
    title, simkl = row.text(entity, "title"), row.text(entity, "ids", "simkl")
    return {
        "own": simkl or content_id(title, row.text(entity, "year"), *ids.values()),
        "source": SimklImporter.name,
        "where": row.where,
        "kind": _kind(row),
        "title": title or None,
        "year": release_year(row.text(entity, "year")),
        "imdb_id": imdb_id(ids["imdb"]),
        "tmdb_id": numeric_id(ids["tmdb"]),
        "tvdb_id": numeric_id(ids["tvdb"]),
        "other_ids": (("simkl", simkl),) if simkl else (),
    }


def _kind(row: JsonRow) -> Kind:
    if row.section == "movies":
        return "movie"
    kind = row.text("anime_type").lower()
    if kind in _ANIME_FILMS:
        return "movie"
    return "other" if kind in _NO_TITLES else "tv"


def _state(row: JsonRow, kind: Kind, own: str) -> dict[str, Any]:
    """The status; a film that was completed has a viewing too, if it is known when.

    A series has none: what is known is when its last episode was watched.
    """
    status = status_of(row.text("status"))
    moment = when_watched(row.text("last_watched_at"))
    if kind != "movie" or status.get("status") != "watched" or not moment:
        return status
    return status | moment | {"is_viewing": True, "viewing_id": f"{own}/{row.text('last_watched_at')}"}
