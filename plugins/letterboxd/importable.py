"""The format that Letterboxd imports, which other trackers write for it: films with ids, a row a viewing.

A row with a day or a review is a viewing; another says that the film was seen, and how it is rated now. A later export
may say more of a film, so viewings are known by film and day, and those without a day by film and review.
"""

import re
from collections.abc import Callable

from movietracker.pluginapi import (
    ImportRow,
    ListPlace,
    Member,
    Places,
    Rows,
    TableRow,
    columns_of,
    content_id,
    imdb_id,
    numeric_id,
    partial_date,
    phrase,
    plain_text,
    rating_on_ten,
    read_dated_table,
    release_year,
    row_of_each,
    words_of,
)

from .rows import SOURCE, film_row

_IDS = {"letterboxduri", "tmdbid", "imdbid"}
_OF_VIEWINGS = {"rating", "rating10", "watcheddate", "rewatch", "tags", "review"}
_NUMBERED = re.compile(r"^[0-9]+(?:-[0-9]+)? - ")
_COLUMNS = {*_IDS, "title", "year", "directors", *_OF_VIEWINGS}

Read = Callable[[Member, TableRow, str], ImportRow]


def is_importable(member: Member) -> bool:
    """Whether a member has columns of the format and no others, one of them by its own name for an id or a day."""
    columns = set(columns_of(member)) - {""}
    return columns <= _COLUMNS and not columns.isdisjoint({*_IDS, "watcheddate", "rating10"})


def importable_rows(member: Member) -> Rows:
    """The rows of a file of viewings, of the watchlist or of a list, as which it is known by its columns and place."""
    places = Places()
    read = _reader_of(member)

    def made(row: TableRow) -> ImportRow:
        return read(member, row, f"importable:{places.id_of(member.name, *row.cells.values())}")

    return row_of_each(read_dated_table(member, "watcheddate"), made)


def _reader_of(member: Member) -> Read:
    if not _OF_VIEWINGS.isdisjoint(columns_of(member)):
        return _viewing
    if "lists" in member.name.lower().split("/")[:-1]:
        return _place
    return _wish if "watchlist" in member.name.lower() else _film


def _viewing(member: Member, row: TableRow, row_id: str) -> ImportRow:
    day = partial_date(row.get("watcheddate"))
    review = plain_text(row.get("review")) or None
    rating = rating_on_ten(row.get("rating10"), 10) or rating_on_ten(row.get("rating"), 5)
    is_viewing = bool(day or review)
    film = row.get("imdbid", "tmdbid", "letterboxduri") or (row.get("title"), row.get("year"))
    return _row(
        member,
        row,
        row_id,
        is_viewing=is_viewing,
        viewing_id=f"importable:{content_id(film, review)}" if review and not day else None,
        watched_on=day,
        viewing_rating=rating if is_viewing else None,
        rating=None if is_viewing else rating,
        review=review,
        tags=words_of(row.get("tags")),
        status="watched",
    )


def _place(member: Member, row: TableRow, row_id: str) -> ImportRow:
    name = _NUMBERED.sub("", member.name.rpartition("/")[2].rpartition(".")[0])
    return _row(member, row, row_id, list_place=ListPlace(name, row.line))


def _wish(member: Member, row: TableRow, row_id: str) -> ImportRow:
    return _row(member, row, row_id, status="toWatch")


def _film(member: Member, row: TableRow, row_id: str) -> ImportRow:
    return _row(member, row, row_id, needs_review=phrase("watched_or_wanted"))


def _row(member: Member, row: TableRow, row_id: str, **facts: object) -> ImportRow:
    address = row.get("letterboxduri")
    title = {
        "kind": "movie",
        "title": row.get("title") or None,
        "year": release_year(row.get("year")),
        "imdb_id": imdb_id(row.get("imdbid")),
        "tmdb_id": numeric_id(row.get("tmdbid")),
        "other_ids": ((SOURCE, address),) if address else (),
    }
    return film_row(member, row, title, row_id=row_id, **facts)
