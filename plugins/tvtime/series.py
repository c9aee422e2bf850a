"""The second form of TV Time's records (tracking-prod-records-v2), episodes and series; and the table of series."""

from functools import partial
from typing import Any

from movietracker.pluginapi import (
    BEGUN,
    ImportRow,
    Member,
    Rows,
    TableRow,
    content_id,
    is_yes,
    known_day,
    numeric_id,
    read_dated_table,
    rows_of_each,
)

from .titles import DATES, SOURCE, episode_facts, film_of, moment_of_row, series_name


def read_series(member: Member) -> Rows:
    """Episodes that were watched, and series that are followed; the rest are counts."""
    return rows_of_each(read_dated_table(member, *DATES), partial(_of_record, member))


def read_show_data(member: Member) -> Rows:
    """Series of an export that has no second form of the records."""
    return rows_of_each(read_dated_table(member, *DATES), partial(_of_show, member))


def _of_record(member: Member, row: TableRow) -> Rows:
    if row.get("key").startswith(("watch-", "rewatch-")):
        facts = _film_facts(row) if row.get("movie_name") else episode_facts(row)
        yield ImportRow(source=SOURCE, where=member.at(row.line), **facts, **moment_of_row(row))
    elif row.get("key").startswith("user-series-") and (facts := _series_facts(row)):
        yield _series(member, row, row.get("s_id"), row.get("series_name"), facts)


def _of_show(member: Member, row: TableRow) -> Rows:
    if facts := _show_facts(row):
        yield _series(member, row, row.get("tv_show_id"), row.get("tv_show_name"), facts)


def _film_facts(row: TableRow) -> dict[str, Any]:
    own = content_id(row.get("key"), row.get("uuid"), row.get("movie_name"), row.get("created_at"))
    return film_of(row) | {"row_id": own, "viewing_id": own, "is_viewing": True, "status": "watched"}


def _series_facts(row: TableRow) -> dict[str, Any]:
    """A series that is wanted, or that was begun; none for one that is no longer followed and was not begun."""
    if is_yes(row.get("is_for_later")):
        return {"status": "toWatch"}
    return _begun_or_wanted(row.get("ep_watch_count"), is_followed=is_yes(row.get("is_followed")))


def _show_facts(row: TableRow) -> dict[str, Any]:
    facts = _begun_or_wanted(row.get("nb_episodes_seen"), is_followed=is_yes(row.get("is_followed")))
    return facts | {"liked": True} if is_yes(row.get("is_favorited")) else facts


def _begun_or_wanted(episodes: str, *, is_followed: bool) -> dict[str, Any]:
    if numeric_id(episodes):
        return {"needs_review": BEGUN}
    return {"status": "toWatch"} if is_followed else {}


def _series(member: Member, row: TableRow, own: str, name: str, facts: dict[str, Any]) -> ImportRow:
    return ImportRow(
        source=SOURCE,
        row_id=f"series:{own or name}",
        where=member.at(row.line),
        kind="tv",
        tvdb_id=numeric_id(own),
        added_on=known_day(row.get("created_at")),
        **series_name(name),
        **facts,
    )
