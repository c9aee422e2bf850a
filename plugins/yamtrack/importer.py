"""Yamtrack's CSV of any age, whose columns are those of its models then, and that of Floppy, which adds lists."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from movietracker.pluginapi import (
    ImportRow,
    Kind,
    Member,
    Places,
    Rows,
    TableImporter,
    TableRow,
    content_id,
    kind_of,
    known_day,
    numeric_id,
    rating_on_ten,
    read_dated_table,
    rows_of_each,
    status_of,
    when_watched,
)

from .lists import ListNames

MAX_REPEATS = 1_000
_DATES = ("end_date", "watch_date", "start_date", "created_at")
_FILMS_AND_SERIES = {"movie", "tv", "anime", ""}


class YamtrackImporter(TableImporter):
    """Reads films and series; one row is one viewing, or one wish."""

    name = "yamtrack"
    label = "Yamtrack"
    columns = frozenset({"media_id", "media_type", "title", "status", "score"})

    def rows_of(self, member: Member) -> Rows:
        """The rows of the table, and places in lists."""
        return rows_of_each(read_dated_table(member, *_DATES), partial(_rows_of, member, ListNames(), Places()))


def _rows_of(member: Member, names: ListNames, places: Places, row: TableRow) -> Iterator[ImportRow]:
    named = _title(member, row)
    own = _own(row)
    match row.get("row_type").lower():
        case "list":
            names.add(row)
        case "list_item":
            yield ImportRow(row_id=f"list:{content_id(row.get('list_uid'), own)}", **named, **names.place_of(row))
        case "" | "media":
            yield from _media(row, own, named, places)


def _media(row: TableRow, own: str, named: dict[str, Any], places: Places) -> Iterator[ImportRow]:
    if named["kind"] in ("episode", "other"):
        times = row.get("end_date", "watch_date"), row.get("start_date")
        yield ImportRow(row_id=f"media:{places.id_of(own, *times)}", is_viewing=True, **named)
        return
    facts = _facts(row)
    times = row.get("end_date", "watch_date") or row.get("start_date"), row.get("status")
    is_dated = facts.get("is_viewing") and ("watched_on" in facts or "watched_at" in facts)
    yield ImportRow(
        row_id=f"media:{places.id_of(own, *times) if is_dated else content_id(own, *times)}", **named, **facts
    )
    repeats = numeric_id(row.get("repeats")) if facts.get("status") == "watched" else None
    for number in range(1, min(repeats or 0, MAX_REPEATS) + 1):
        viewing_id = f"{own}/repeat-{number}"
        yield ImportRow(row_id=viewing_id, viewing_id=viewing_id, is_viewing=True, status="watched", **named)


def _title(member: Member, row: TableRow) -> dict[str, Any]:
    source, own = row.get("source").lower(), row.get("media_id")
    is_tmdb = source == "tmdb" or (not source and row.get("media_type").lower() in ("movie", "tv"))
    kind = _kind(row)
    title = row.get("title")
    if kind == "episode":
        place = " ".join(
            f"{name} {row.get(f'{name}_number')}" for name in ("season", "episode") if row.get(f"{name}_number")
        )
        title = f"{title}, {place}"
    return {
        "source": YamtrackImporter.name,
        "where": member.at(row.line),
        "kind": kind,
        "title": title or None,
        "tmdb_id": numeric_id(own) if is_tmdb else None,
        "other_ids": ((source, own),) if source and own and not is_tmdb else (),
    }


def _kind(row: TableRow) -> Kind | None:
    """A film or series; anime can be either."""
    word = row.get("media_type").lower()
    if word not in _FILMS_AND_SERIES:
        return "episode" if word in ("season", "episode") else "other"
    return None if word == "anime" else kind_of(word)


def _own(row: TableRow) -> str:
    names = ("media_id", "source", "media_type", "season_number", "episode_number", "title")
    return content_id(*map(row.get, names[:5]), "" if row.get("media_id") else row.get("title"))


def _facts(row: TableRow) -> dict[str, Any]:
    """What a row states: when a title was watched, and the score of then; or what is thought of it now."""
    added_on = known_day(row.get("created_at"))
    facts = status_of(row.get("status")) | {"note": row.get("notes") or None, "added_on": added_on}
    score = rating_on_ten(row.get("score"), 10)
    moment = when_watched(row.get("end_date", "watch_date") or row.get("start_date"))
    if facts.get("status") != "watched" or not moment:
        return facts | {"rating": score}
    return facts | moment | {"is_viewing": True, "viewing_rating": score}
