"""Ryot's complete export: one JSON object, of which the array ``metadata`` has films, series and other media."""

from collections.abc import Iterator
from typing import Any

from movietracker.pluginapi import (
    BaseImporter,
    ImportRow,
    JsonRow,
    Kind,
    ListPlace,
    Member,
    Rows,
    content_id,
    json_keys,
    known_day,
    numeric_id,
    rating_on_ten,
    read_objects,
    rows_of_each,
    status_of,
    when_watched,
)

_ITEM = {"lot", "source", "identifier"}
_OTHER_SECTIONS = {"metadata_groups", "measurements", "exercises", "workouts", "workout_templates"}
_SECTIONS = {*_OTHER_SECTIONS, "metadata", "people", "collections"}
_KINDS: dict[str, Kind | None] = {"movie": "movie", "show": "tv", "anime": None}
_OWN_COLLECTIONS = {"in progress", "monitoring", "owned", "reminders", "recommendations"}
_NUMBERS = ("show_season_number", "show_episode_number", "anime_episode_number")


class RyotImporter(BaseImporter):
    """Reads complete exports, and arrays of items as Ryot's importer takes them."""

    name = "ryot"
    label = "Ryot"

    def reads(self, member: Member) -> bool:
        """Whether a member has Ryot's items, or sections that stand before them."""
        keys = json_keys(member)
        return any(keys.get(section, frozenset()) >= _ITEM for section in ("metadata", "")) or (
            len(keys.keys() & _OTHER_SECTIONS) > 0
            and keys.keys() <= {*_OTHER_SECTIONS, "metadata", "people", "collections"}
        )

    def rows_of(self, member: Member) -> Rows:
        """The rows of all items: what was seen, reviews, and places in collections."""
        return rows_of_each(read_objects(member, "metadata", ""), _rows_of)


def _rows_of(row: JsonRow) -> Iterator[ImportRow]:
    named = _title(row)
    own = content_id(row.text("lot"), row.text("source"), row.text("identifier"))
    if named["kind"] == "other":
        yield ImportRow(row_id=f"title/{own}", **named)
        return
    yield from _seen(row, own, named)
    yield from _reviews(row, own, named)
    yield from _collections(row, own, named)


def _title(row: JsonRow) -> dict[str, Any]:
    source, own = row.text("source"), row.text("identifier")
    title = row.text("source_id")
    return {
        "source": RyotImporter.name,
        "where": row.where,
        "kind": _KINDS.get(row.text("lot"), "other"),
        "title": title if title != own else None,
        "tmdb_id": numeric_id(own) if source == "tmdb" else None,
        "other_ids": ((source, own),) if source and own and source not in ("tmdb", "custom") else (),
    }


def _seen(row: JsonRow, own: str, named: dict[str, Any]) -> Iterator[ImportRow]:
    """Each time that the whole title was seen, by its place among those of that day; parts of it are episodes."""
    days: dict[str, int] = {}
    for seen in row.rows("seen_history"):
        ended = seen.text("ended_on") or seen.text("started_on")
        number = " ".join(filter(None, map(seen.text, _NUMBERS)))
        days[f"{number}/{ended}"] = place = days.get(f"{number}/{ended}", 0) + 1
        viewing_id = f"seen/{own}/{content_id(number, ended, place)}"
        if number:
            title = f"{named['title'] or row.text('identifier')}, {number}"
            yield ImportRow(row_id=viewing_id, is_viewing=True, **named | {"kind": "episode", "title": title})
        elif state := _state(seen):
            yield ImportRow(row_id=f"{viewing_id}/begun", **named, **state)
        else:
            moment = when_watched(ended)
            yield ImportRow(
                row_id=viewing_id, viewing_id=viewing_id, is_viewing=True, status="watched", **named, **moment
            )


def _state(seen: JsonRow) -> dict[str, Any]:
    """Why this is no viewing: it was begun and not finished; nothing said means finished."""
    state = status_of(seen.text("state"))
    if "needs_review" in state:
        return state
    progress = rating_on_ten(seen.text("progress"), 100)
    is_finished = state or progress is None or progress == 10
    return {} if is_finished else status_of("in progress")


def _reviews(row: JsonRow, own: str, named: dict[str, Any]) -> Iterator[ImportRow]:
    """What the user thinks of the title, and of its parts, which are left out."""
    for review in row.rows("reviews"):
        if any(map(review.text, _NUMBERS)):
            continue
        rating, text = rating_on_ten(review.text("rating"), 100), review.text("review", "text")
        if rating is not None or text:
            day = review.text("review", "date")
            yield ImportRow(
                row_id=f"review/{own}/{content_id(rating, text, day)}",
                rating=rating,
                review=text or None,
                status="watched",
                added_on=known_day(day),
                **named,
            )


def _collections(row: JsonRow, own: str, named: dict[str, Any]) -> Iterator[ImportRow]:
    """Ryot's own collections are states of the title; the user's are lists."""
    collections = row.get("collections")
    for collection in collections if isinstance(collections, list) else ():
        place = JsonRow(row.where, "", collection if isinstance(collection, dict) else {"collectionName": collection})
        name = place.text("collectionName") or place.text("collection_name")
        added_on = known_day(place.text("createdOn") or place.text("created_on"))
        if not name or name.lower() in _OWN_COLLECTIONS:
            continue
        if name.lower() in ("watchlist", "completed"):
            facts = status_of(name)
        else:
            facts = {"list_place": ListPlace(name, numeric_id(place.text("rank")))}
        yield ImportRow(row_id=f"collection/{content_id(name, own)}", added_on=added_on, **named, **facts)
