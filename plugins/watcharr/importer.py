"""Watcharr's JSON: an array of films, series and games with what the user did with each."""

from collections.abc import Iterator
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
    kind_of,
    known_day,
    numeric_id,
    rating_on_ten,
    read_objects,
    release_year,
    rows_of_each,
    status_of,
)

from .plays import plays_of

_KEYS = {"status", "rating", "thoughts"}
_ENTITIES = {"content", "game", "book"}


class WatcharrImporter(BaseImporter):
    """Reads exports with and without marks for plays."""

    name = "watcharr"
    label = "Watcharr"

    def reads(self, member: Member) -> bool:
        """Whether a member is an array of Watcharr's entries."""
        keys = json_keys(member).get("", frozenset())
        return keys >= _KEYS and bool(keys & _ENTITIES)

    def rows_of(self, member: Member) -> Rows:
        """A row for each title, for each time it was watched, and for each episode."""
        return rows_of_each(read_objects(member), _rows_of)


def _rows_of(row: JsonRow) -> Iterator[ImportRow]:
    if row.get("deletedAt"):
        return
    named = _title(row)
    own = row.text("id") or content_id(named["kind"], named["tmdb_id"], named["title"])
    thoughts = row.text("thoughts") or None
    status = status_of(row.text("status"))
    status |= {"review" if status.get("status") == "watched" else "note": thoughts}
    yield ImportRow(
        row_id=f"title/{own}",
        rating=rating_on_ten(row.text("rating"), 10),
        tags=tuple(dict.fromkeys(filter(None, (tag.text("name") for tag in row.rows("tags"))))),
        added_on=known_day(row.text("createdAt")),
        **named,
        **status,
    )
    for play_id, moment in plays_of(row):
        play = f"play/{play_id}" if play_id else f"play/{own}/{content_id(*moment.values())}"
        yield ImportRow(row_id=play, viewing_id=play, is_viewing=True, status="watched", **named, **moment)
    for episode in row.rows("watchedEpisodes"):
        if status_of(episode.text("status")).get("status") == "watched":
            number = f"season {episode.text('seasonNumber')} episode {episode.text('episodeNumber')}"
            yield ImportRow(
                source=WatcharrImporter.name,
                row_id=f"episode/{own}/{number}",
                where=row.where,
                kind="episode",
                title=f"{named['title']}, {number}",
                is_viewing=True,
            )


def _title(row: JsonRow) -> dict[str, Any]:
    entity = next((each for each in ("content", "game", "book") if row.get(each)), "content")
    kind: Kind | None = kind_of(row.text(entity, "type")) if entity == "content" else "other"
    title = row.text(entity, "title") or row.text(entity, "name")
    return {
        "source": WatcharrImporter.name,
        "where": row.where,
        "kind": kind,
        "title": title or None,
        "year": release_year(row.text(entity, "release_date")),
        "imdb_id": imdb_id(row.text(entity, "imdb_id")),
        "tmdb_id": numeric_id(row.text(entity, "tmdbId")),
    }
