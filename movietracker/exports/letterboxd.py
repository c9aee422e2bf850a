"""What Letterboxd's importer takes: films that were watched, the watchlist, and lists, at most 1,000 rows a file.

A row is a viewing. One with a day becomes an entry of the diary; others mark the film as watched. Letterboxd counts in
half stars, which is ten steps, as many as ``Rating10`` has. Reviews are HTML; tags stand between commas.
"""

from collections.abc import Iterator
from html import escape

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
        library.left_out["likes (Letterboxd's importer takes none)"] += title.liked
        library.left_out["tags with a comma, and of films that are not watched"] += len(title.tags) - len(_tags(title))


def _film(title: ExportedTitle) -> Row:
    return (title.facts.tmdb_id, title.imdb_id, title.name, title.year, ", ".join(title.facts.directors))


def _tags(title: ExportedTitle) -> list[str]:
    """The tags that there is a place for."""
    return [tag for tag in title.tags if "," not in tag] if title.is_watched else []


def _viewings(title: ExportedTitle, library: ExportedLibrary) -> Iterator[Row]:
    """The cells of each viewing that has a day or a note, the oldest first, then the film's, unless those say it all.

    Letterboxd gives the film the last rating that it reads.
    """
    told = [(each, day) for each in title.viewings if (day := each.day(library.zone)) or each.note]
    library.left_out["viewings without a day or a note (they only mark the film as watched)"] += len(
        title.viewings
    ) - len(told)
    tags = ", ".join(_tags(title)) or None
    for viewing, day in told:
        rewatch: Cell = None if day is None else viewing is not title.viewings[0]
        review = None if viewing.note is None else escape(viewing.note, quote=False)
        yield whole_rating(viewing.rating), day, rewatch, tags if viewing is told[-1][0] else None, review
    present = whole_rating(title.rating)
    is_said = bool(told) and all(day for _, day in told) and present == whole_rating(told[-1][0].rating)
    if not told or (present is not None and not is_said):
        yield present, None, None, None if told else tags, None
