"""MovieLens: a table of ratings up to five stars, or of wishes, with ids of IMDb (without tt) and TMDB."""

import re
from collections.abc import Iterator

from movietracker.pluginapi import (
    BrokenRow,
    ImportRow,
    Member,
    TableRow,
    Upload,
    columns_of,
    imdb_id,
    numeric_id,
    rating_on_ten,
    read_table,
)

_COLUMNS = {"movie_id", "imdb_id", "tmdb_id", "average_rating", "title"}
_YEAR_BEHIND = re.compile(r"(.+?)\s*\(([12][0-9]{3})\)")


class MovieLensImporter:
    """A title without a rating is one that is wanted."""

    name = "movielens"
    label = "MovieLens"
    priority = 50

    def recognizes(self, upload: Upload) -> bool:
        """Whether a member has the columns of MovieLens."""
        return any(map(_is_table, upload.members))

    def rows(self, upload: Upload) -> Iterator[ImportRow | BrokenRow]:
        """The rows of all tables."""
        for member in filter(_is_table, upload.members):
            for row in read_table(member):
                yield row if isinstance(row, BrokenRow) else _row(member, row)


def _is_table(member: Member) -> bool:
    return set(columns_of(member)) >= _COLUMNS


def _row(member: Member, row: TableRow) -> ImportRow:
    named = _YEAR_BEHIND.fullmatch(row.get("title"))
    rating = rating_on_ten(row.get("rating"), 5)
    part = "wish" if rating is None else "rating"
    return ImportRow(
        source="movielens",
        row_id=f"{part}:{row.get('movie_id') or row.get('title')}",
        where=member.at(row.line),
        title=(named[1] if named else row.get("title")) or None,
        year=int(named[2]) if named else None,
        imdb_id=imdb_id(row.get("imdb_id")),
        tmdb_id=numeric_id(row.get("tmdb_id")),
        kind="movie",
        rating=rating,
        status="toWatch" if rating is None else "watched",
    )
