"""A film of Criticker, of whichever form of the export, as a row."""

from typing import NamedTuple

from movietracker.pluginapi import ImportRow, content_id, rating_on_ten, release_year, title_and_year


class Film(NamedTuple):
    """What the export says of a film; the title may have its year behind it."""

    where: str
    title: str
    year: str
    imdb_id: str | None
    rating: str
    review: str
    rated_on: str | None
    address: str


def row_of(best: int, film: Film) -> ImportRow:
    """The row of a film that is rated on a scale to ``best``; the date of the rating is not that of watching."""
    title, year = title_and_year(film.title)
    rating = rating_on_ten(film.rating, best)
    return ImportRow(
        source="criticker",
        row_id=film.imdb_id or content_id(film.title, film.year),
        where=film.where,
        kind="tv" if "/tv/" in film.address else "movie" if "/film/" in film.address else None,
        title=title,
        year=release_year(film.year) or year,
        imdb_id=film.imdb_id,
        # 0 is Criticker's worst score, and no lack of one.
        rating=1.0 if rating is None and film.rating in ("0", "0.0") else rating,
        note=film.review or None,
        status="watched",
        added_on=film.rated_on,
    )
