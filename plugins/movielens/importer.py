"""MovieLens: a table of ratings up to five stars, or of wishes, with ids of IMDb (without tt) and TMDB."""

from functools import partial

from movietracker.pluginapi import (
    ImportRow,
    Member,
    Rows,
    TableImporter,
    TableRow,
    imdb_id,
    numeric_id,
    rating_on_ten,
    read_table,
    row_of_each,
    title_and_year,
)


class MovieLensImporter(TableImporter):
    """A title without a rating is one that is wanted."""

    name = "movielens"
    label = "MovieLens"
    columns = frozenset({"movie_id", "imdb_id", "tmdb_id", "average_rating", "title"})

    def rows_of(self, member: Member) -> Rows:
        """A row for each line."""
        return row_of_each(read_table(member), partial(_row, member))


def _row(member: Member, row: TableRow) -> ImportRow:
    title, year = title_and_year(row.get("title"))
    rating = rating_on_ten(row.get("rating"), 5)
    part = "wish" if rating is None else "rating"
    return ImportRow(
        source="movielens",
        row_id=f"{part}:{row.get('movie_id') or row.get('title')}",
        where=member.at(row.line),
        title=title,
        year=year,
        imdb_id=imdb_id(row.get("imdb_id")),
        tmdb_id=numeric_id(row.get("tmdb_id")),
        kind="movie",
        rating=rating,
        status="toWatch" if rating is None else "watched",
    )
