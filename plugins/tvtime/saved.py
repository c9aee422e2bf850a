"""What programs such as TV Time Liberator saved of TV Time: tables, and JSON of films, series, lists and favorites."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from movietracker.pluginapi import (
    ImportRow,
    JsonRow,
    Kind,
    ListPlace,
    Member,
    Rows,
    TableRow,
    content_id,
    imdb_id,
    is_yes,
    kind_of,
    known_day,
    numeric_id,
    read_dated_table,
    read_objects,
    release_year,
    row_of_each,
    rows_of_each,
    status_of,
    when_watched,
)

from .films import MAX_REWATCHES
from .titles import SOURCE, series_name


def saved_table(member: Member) -> Rows:
    """Films, series, and episodes, which have a season or say so; a row without a type is of a film."""
    return rows_of_each(read_dated_table(member, "watched_at", "created_at"), partial(_of_line, member))


def saved_films(member: Member) -> Rows:
    """Films with their ids."""
    return rows_of_each(read_objects(member), lambda row: _film(row.where, _of_object(row), _ids(row)))


def saved_series(member: Member) -> Rows:
    """Series, and their episodes that were watched."""
    return rows_of_each(read_objects(member), _series)


def saved_lists(member: Member) -> Rows:
    """The places of lists."""
    return rows_of_each(read_objects(member), _places)


def saved_favorites(member: Member) -> Rows:
    """Titles that the user likes."""
    return row_of_each(read_objects(member), lambda row: _named(row, f"favorite:{_own(row)}", liked=True))


def _of_line(member: Member, row: TableRow) -> Iterator[ImportRow]:
    where, own = member.at(row.line), row.get("uuid", "imdb_id", "tvdb_id")
    ids: dict[str, Any] = {"imdb_id": imdb_id(row.get("imdb_id")), "tvdb_id": numeric_id(row.get("tvdb_id"))}
    kind = kind_of(row.get("type"))
    if row.get("season") or row.get("episode") or kind == "episode":
        if is_yes(row.get("is_watched")):
            yield _episode(where, row.get("title"), row.get("season"), row.get("episode"), own)
    elif kind == "tv":
        named: dict[str, Any] = {"source": SOURCE, "where": where, "kind": "tv"} | series_name(row.get("title")) | ids
        is_wanted = is_yes(row.get("is_watchlisted"))
        followed: dict[str, Any] = {} if "is_watchlisted" in row.cells else {"status": "toWatch"}
        state = {"status": "watched"} if is_yes(row.get("is_watched")) else status_of(row.get("status")) or followed
        if state and not (is_wanted and "needs_review" in state):
            yield ImportRow(row_id=f"series:{own}", **named, **state)
        if is_wanted:
            yield ImportRow(row_id=f"wish:{own}", status="toWatch", **named)
    else:
        yield from _film(where, _of_table(row), ids)


def _series(row: JsonRow) -> Iterator[ImportRow]:
    own = row.text("uuid") or row.text("id", "tvdb") or row.text("title")
    facts = series_name(row.text("title")) | _ids(row) | (status_of(row.text("status")) or {"status": "toWatch"})
    if row.get("is_favorite") is True:
        facts["liked"] = True
    yield ImportRow(source=SOURCE, row_id=f"series:{own}", where=row.where, kind="tv", **facts)
    for season in row.rows("seasons"):
        for episode in season.rows("episodes"):
            if episode.get("is_watched") is True:
                yield _episode(row.where, row.text("title"), season.text("number"), episode.text("number"), own)


def _places(row: JsonRow) -> Iterator[ImportRow]:
    name, description = row.text("name"), row.text("description") or None
    for position, item in enumerate(row.rows("items"), 1):
        place = ListPlace(name, position, description)
        yield _named(item, f"list:{content_id(name, _own(item))}", list_place=place)


def _of_table(row: TableRow) -> dict[str, Any]:
    return {name: row.get(name) for name in ("uuid", "title", "year", "created_at", "watched_at", "rewatch_count")} | {
        "is_watched": is_yes(row.get("is_watched")),
        "is_favorite": is_yes(row.get("is_favorite")),
        "is_wanted": is_yes(wanted) if (wanted := row.cells.get("is_watchlisted")) is not None else None,
    }


def _of_object(row: JsonRow) -> dict[str, Any]:
    return {name: row.text(name) for name in ("uuid", "title", "year", "created_at", "watched_at", "rewatch_count")} | {
        "is_watched": row.get("is_watched") is True,
        "is_favorite": row.get("is_favorite") is True,
        "is_wanted": row.get("is_watchlisted"),
    }


def _film(where: str, film: dict[str, Any], ids: dict[str, Any]) -> Iterator[ImportRow]:
    """A film that was watched, with a viewing for each time, that is wanted, or both.

    If the file does not say what is wanted, it is what was not watched.
    """
    own = film["uuid"] or content_id(film["title"], film["year"], *ids.values())
    named: dict[str, Any] = {
        "source": SOURCE,
        "where": where,
        "kind": "movie",
        "title": film["title"] or None,
        "year": release_year(film["year"]),
        "other_ids": ((SOURCE, film["uuid"]),) if film["uuid"] else (),
    } | ids
    about = named | {"added_on": known_day(film["created_at"]), "liked": True if film["is_favorite"] else None}
    is_wanted = not film["is_watched"] if film["is_wanted"] is None else film["is_wanted"]
    if film["is_watched"]:
        moment = when_watched(film["watched_at"])
        viewing = moment | {"is_viewing": True, "viewing_id": f"watch-{own}-0"} if moment else {}
        yield ImportRow(row_id=f"film:{own}", status="watched", **about, **viewing)
    elif film["is_favorite"] and not is_wanted:
        yield ImportRow(row_id=f"film:{own}", **about)
    if is_wanted:
        yield ImportRow(row_id=f"wish:{own}", status="toWatch", **about)
    again = min(numeric_id(film["rewatch_count"]) or 0, MAX_REWATCHES) if film["is_watched"] else 0
    for number in range(1, again + 1):
        viewing_id = f"rewatch-{own}-{number}"
        yield ImportRow(row_id=viewing_id, viewing_id=viewing_id, is_viewing=True, status="watched", **named)


def _episode(where: str, series: str, season: str, episode: str, own: str) -> ImportRow:
    row_id = f"episode:{content_id(own, series, season, episode)}"
    title = f"{series}, season {season} episode {episode}" if season or episode else series
    return ImportRow(source=SOURCE, row_id=row_id, where=where, kind="episode", title=title, is_viewing=True)


def _named(row: JsonRow, row_id: str, **facts: Any) -> ImportRow:
    kind: Kind = "movie" if row.text("type") == "movie" else "tv"
    tvdb_id = numeric_id(row.text("tvdb"))
    added_on = known_day(row.text("created_at"))
    own = ((SOURCE, row.text("uuid")),) if row.text("uuid") else ()
    return ImportRow(
        source=SOURCE,
        row_id=row_id,
        where=row.where,
        kind=kind,
        tvdb_id=tvdb_id,
        other_ids=own,
        added_on=added_on,
        **series_name(row.text("title")),
        **facts,
    )


def _own(row: JsonRow) -> str:
    return row.text("uuid") or content_id(row.text("type"), row.text("title"))


def _ids(row: JsonRow) -> dict[str, Any]:
    return {"imdb_id": imdb_id(row.text("id", "imdb")), "tvdb_id": numeric_id(row.text("id", "tvdb"))}
