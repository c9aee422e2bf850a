"""TMDB's CSV of ratings, and of the watchlist, which has the same columns and no ratings."""

from collections.abc import Iterator
from typing import Any

from movietracker.pluginapi import (
    BrokenRow,
    ImportRow,
    Member,
    TableRow,
    Upload,
    columns_of,
    content_id,
    imdb_id,
    kind_of,
    known_day,
    numeric_id,
    rating_on_ten,
    read_table,
    release_year,
)

_COLUMNS = {"tmdb id", "imdb id", "type", "name", "your rating", "date rated"}

Rows = Iterator[ImportRow | BrokenRow]


class TmdbImporter:
    """Reads both files; rated episodes are marked as such."""

    name = "tmdb"
    label = "TMDB"
    priority = 50

    def recognizes(self, upload: Upload) -> bool:
        """Whether a member has TMDB's columns."""
        return any(set(columns_of(member)) >= _COLUMNS for member in upload.members)

    def rows(self, upload: Upload) -> Rows:
        """A row for each line."""
        for member in upload.members:
            if set(columns_of(member)) >= _COLUMNS:
                for row in read_table(member):
                    yield row if isinstance(row, BrokenRow) else _row(member, row)


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
