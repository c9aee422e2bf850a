"""What the rows of TV Time's tables have in common."""

import re
from typing import Any

from movietracker.pluginapi import (
    TableRow,
    content_id,
    phrase,
    release_year,
    title_and_year,
    when_watched,
)

SOURCE = "tvtime"
DATES = ("watch_date", "created_at", "release_date")
"""Columns of records, which a spreadsheet may have rewritten."""

_SHORT_FORM = re.compile(r".*-?alpha-(.+)")


def film_of(row: TableRow) -> dict[str, Any]:
    """The fields of a film: its title, or the short form of it that TV Time keeps for sorting; it has no other id."""
    title, short = row.get("movie_name"), _SHORT_FORM.fullmatch(row.get("alpha_range_key"))
    facts: dict[str, Any] = {"kind": "movie", "year": release_year(row.get("release_date"))}
    if own := row.get("uuid"):
        facts["other_ids"] = ((SOURCE, own),)
    if title or short is None:
        return facts | {"title": title or None}
    doubt = phrase("title_shortened", tracker="TV Time")
    return facts | {"title": short[1].replace("-", " "), "needs_review": doubt}


def series_name(name: str) -> dict[str, Any]:
    """Title and year of a series, which is called ``Doctor Who (2005)`` if another one has its name."""
    title, year = title_and_year(name)
    return {"title": title, "year": year}


def moment_of_row(row: TableRow) -> dict[str, Any]:
    """When something was watched: the date of watching if it is there, else that of the row."""
    if moment := when_watched(row.get("watch_date")):
        return moment
    seconds = row.get("watch_date_range_key").removeprefix("watch-date-")
    if seconds.isdecimal() and 0 < len(seconds) <= 10 and int(seconds):
        return {"watched_at": float(seconds)}
    return when_watched(row.get("created_at"))


def episode_facts(row: TableRow) -> dict[str, Any]:
    """The fields of an episode; both forms of the export have the same, so that they count once."""
    series = row.get("s_id", "series_id") or row.get("series_name")
    season, episode = row.get("season_number", "s_no"), row.get("episode_number", "ep_no")
    return {
        "row_id": f"episode:{content_id(series, season, episode, row.get('created_at'))}",
        "kind": "episode",
        "title": f"{row.get('series_name') or series}, season {season} episode {episode}",
        "is_viewing": True,
    }
