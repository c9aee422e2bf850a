"""Simkl's CSV, a line for each title: that of its backup, and the form that its importer takes."""

from functools import partial
from typing import Any

from movietracker.pluginapi import (
    ImportRow,
    Kind,
    Member,
    Rows,
    TableRow,
    columns_of,
    content_id,
    imdb_id,
    kind_of,
    numeric_id,
    phrase,
    rating_on_ten,
    read_dated_table,
    release_year,
    row_of_each,
    status_of,
    when_watched,
)

_COLUMNS = frozenset({"title", "type", "watchlist", "lastepwatched", "watcheddate"})


def is_table(member: Member) -> bool:
    """Whether a member has Simkl's columns."""
    return set(columns_of(member)) >= _COLUMNS


def table_rows(member: Member) -> Rows:
    """A row for each line."""
    return row_of_each(read_dated_table(member, "watcheddate"), partial(_row, member))


def _row(member: Member, row: TableRow) -> ImportRow:
    simkl, kind = row.get("simkl_id"), _kind(row)
    return ImportRow(
        source="simkl",
        row_id=f"table/{simkl or content_id(row.get('type'), row.get('title'), row.get('year'))}",
        where=member.at(row.line),
        kind=kind,
        title=row.get("title") or None,
        year=release_year(row.get("year")),
        imdb_id=imdb_id(row.get("imdb", "imdb_id")),
        tmdb_id=numeric_id(row.get("tmdb", "tmdb_id")),
        tvdb_id=numeric_id(row.get("tvdb", "tvdb_id")),
        other_ids=(("simkl", simkl),) if simkl else (),
        rating=rating_on_ten(row.get("rating"), 10),
        note=row.get("memo") or None,
        **_state(row, kind),
    )


def _kind(row: TableRow) -> Kind | None:
    """An anime can be a film or a series, unless episodes of it were watched."""
    is_open = row.get("type").lower() == "anime" and not row.get("lastepwatched")
    return None if is_open else kind_of(row.get("type"))


def _state(row: TableRow, kind: Kind | None) -> dict[str, Any]:
    """The status; a film that was watched has a viewing too, if it is known when."""
    moment = when_watched(row.get("watcheddate"))
    is_watched = bool(moment) or rating_on_ten(row.get("rating"), 10) is not None
    state = status_of(row.get("watchlist")) or ({"status": "watched"} if is_watched else {})
    if not state:
        return {"needs_review": phrase("watched_or_wanted")}
    if kind != "movie" or state.get("status") != "watched" or not moment:
        return state
    return state | moment | {"is_viewing": True}
