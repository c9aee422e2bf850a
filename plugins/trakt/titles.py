"""The title that an element of Trakt's JSON is about."""

from typing import Any

from movietracker.pluginapi import ImportRow, JsonRow, Kind, content_id, imdb_id, numeric_id, release_year

SOURCE = "trakt"
_KINDS: dict[str, Kind] = {"movie": "movie", "show": "tv", "season": "episode", "episode": "episode"}


def title_row(row: JsonRow, part: str, row_id: str, **facts: Any) -> ImportRow:
    """A row of the film, series, season or episode of an element; its kind is "other" for people and lists.

    Without an id of its own the row has that of its title.
    """
    entity = entity_of(row)
    kind = _KINDS.get(entity, "other")
    return ImportRow(
        source=SOURCE,
        row_id=f"{part}:{row_id or title_id(row, entity)}",
        where=row.where,
        kind=kind,
        title=_name(row, entity) or None,
        year=release_year(row.text(entity, "year")),
        imdb_id=imdb_id(row.text(entity, "ids", "imdb")),
        tmdb_id=numeric_id(row.text(entity, "ids", "tmdb")),
        tvdb_id=numeric_id(row.text(entity, "ids", "tvdb")),
        other_ids=_own_id(row, entity),
        **facts,
    )


def entity_of(row: JsonRow) -> str:
    """What an element is about, which is also the key of its title; counts of plays do not say it."""
    return row.text("type") or next((each for each in _KINDS if row.get(each)), "")


def title_id(row: JsonRow, entity: str) -> str:
    """Trakt's id of a title, or else what is known of it."""
    own = row.text(entity, "ids", "trakt")
    return f"{entity}/{own}" if own else content_id(entity, row.get(entity, "ids"), _name(row, entity))


def _name(row: JsonRow, entity: str) -> str:
    if entity not in ("season", "episode"):
        return row.text(entity, "title") or row.text(entity, "name")
    season = row.text("season", "number") or row.text("episode", "season")
    episode = row.text("episode", "number")
    place = " ".join(filter(None, (season and f"season {season}", episode and f"episode {episode}")))
    return ", ".join(filter(None, (row.text("show", "title"), place)))


def _own_id(row: JsonRow, entity: str) -> tuple[tuple[str, str], ...]:
    own = row.text(entity, "ids", "trakt")
    return ((SOURCE, f"{entity}/{own}"),) if own else ()
