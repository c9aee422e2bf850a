"""What Letterboxd's importer takes: films that were watched, the watchlist, and lists, at most 1,000 rows a file.

A row is a viewing. One with a day becomes an entry of the diary; others mark the film as watched. Letterboxd counts in
half stars, which is ten steps, as many as ``Rating10`` has.
"""

from collections.abc import Iterator

from .cells import Cell, Row, Sheet, whole_rating
from .library import ExportedLibrary, ExportedTitle
from .lists import sheets_of_lists
from .writing import Limits

LIMITS = Limits(rows=1000, size=1_000_000)

_FILM = ("tmdbID", "imdbID", "Title", "Year", "Directors")
WATCHED = Sheet("watched-1", (*_FILM, "Rating10", "WatchedDate", "Rewatch", "Tags", "Review"))
WATCHLIST = Sheet("watchlist", _FILM)
SHEETS = (WATCHED, WATCHLIST)


def letterboxd_rows(library: ExportedLibrary) -> Iterator[tuple[Sheet, Row]]:
    """The rows of all sheets."""
    lists = sheets_of_lists(library, _FILM)
    for title in library.titles():
        if not title.is_film:
            library.left_out["series (Letterboxd has films only)"] += 1
            continue
        film = _film(title)
        if title.is_watched:
            for cells in _viewings(title, library):
                yield WATCHED, (*film, *cells)
        elif title.rating is not None:
            library.left_out["ratings of films that are not watched (Letterboxd would take them as watched)"] += 1
        if title.status == "toWatch":
            yield WATCHLIST, film
        if title.list_id is not None:
            yield lists[title.list_id], film
        if title.votes:
            library.left_out["recommendations (no column says who told you)"] += len(title.votes)


def _film(title: ExportedTitle) -> Row:
    return (title.facts.tmdb_id, title.imdb_id, title.name, title.year, ", ".join(title.facts.directors))


def _viewings(title: ExportedTitle, library: ExportedLibrary) -> Iterator[Row]:
    """The cells of each viewing, the oldest first, so that the last rating is the present one, which Letterboxd keeps.

    That one stands with the newest viewing if none was rated, and in a row without a day if the last rated one was
    rated otherwise or no viewing is known.
    """
    present = whole_rating(title.rating)
    ratings = [whole_rating(viewing.rating) for viewing in title.viewings]
    if ratings and not any(ratings):
        ratings[-1] = present
    for viewing, rating in zip(title.viewings, ratings, strict=True):
        day = viewing.day(library.zone)
        rewatch: Cell = None if day is None else viewing is not title.viewings[0]
        yield rating, day, rewatch, None, viewing.note
    last = next(filter(None, reversed(ratings)), None)
    if not ratings or present not in (None, last):
        yield present, None, None, None, None
