"""TMDB's CSV of ratings, and of the watchlist, which has the same columns and no ratings."""

from functools import partial
from typing import Any

from movietracker.pluginapi import (
    ImportRow,
    Member,
    Rows,
    TableImporter,
    TableRow,
    content_id,
    imdb_id,
    kind_of,
    known_day,
    numeric_id,
    rating_on_ten,
    read_dated_table,
    release_year,
    row_of_each,
)


class TmdbImporter(TableImporter):
    """Reads both files; rated episodes are marked as such."""

    name = "tmdb"
    label = "TMDB"
    columns = frozenset({"tmdb id", "imdb id", "type", "name", "your rating", "date rated"})

    def rows_of(self, member: Member) -> Rows:
        """A row for each line."""
        return row_of_each(read_dated_table(member, "date rated", "release date"), partial(_row, member))


def _row(member: Member, row: TableRow) -> ImportRow:
    facts = _facts(row)
    is_episode = bool(row.get("season number", "episode number"))
    title = row.get("type"), row.get("tmdb id") or content_id(row.get("imdb id"), row.get("name"))
    return ImportRow(
        source=TmdbImporter.name,
        row_id=f"{facts['status']}:{content_id(*title, is_episode)}",
        where=member.at(row.line),
        kind="episode" if is_episode else kind_of(row.get("type")),
        title=row.get("name") or None,
        year=release_year(row.get("release date")),
        imdb_id=imdb_id(row.get("imdb id")),
        tmdb_id=numeric_id(row.get("tmdb id")),
        added_on=known_day(row.get("date rated")),
        **facts,
    )


def _facts(row: TableRow) -> dict[str, Any]:
    """Who rated a title has seen it, at no known time; a title without a rating is wanted."""
    rating = rating_on_ten(row.get("your rating"), 10)
    return {"status": "toWatch"} if rating is None else {"status": "watched", "rating": rating}
