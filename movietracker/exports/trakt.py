"""CSV for Trakt: with the columns of its own export, which other trackers read, and with those that its importer takes.

Each row states one fact; times are in ISO 8601, in UTC.
"""

from collections.abc import Iterator

from .cells import Cell, Row, Sheet, moment_text, whole_rating
from .library import ExportedLibrary, ExportedTitle

_TYPES = {"movie": "movie", "tv": "show"}
UNKNOWN = "unknown"

OWN = Sheet(
    "trakt",
    (
        *("type", "action", "title", "year", "trakt", "imdb", "tmdb", "tvdb", "watched_at", "listed_at", "rating"),
        *("rated_at", "season", "episode"),
    ),
)
IMPORT = Sheet("trakt-import", ("imdb_id", "type", "watched_at", "watchlisted_at", "rating", "rated_at"))


def trakt_rows(library: ExportedLibrary) -> Iterator[tuple[Sheet, Row]]:
    """The rows of Trakt's own export."""
    for title in library.titles():
        liked = [("favorites", None, moment_text(title.added_at), None)] if title.liked else []
        for action, watched_at, listed_at, rating in (*_facts(title, library), *liked):
            named = title.name, title.year, None, title.imdb_id, title.facts.tmdb_id, None
            yield OWN, (_TYPES[title.media_type], action, *named, watched_at, listed_at, rating, None, None, None)


def trakt_import_rows(library: ExportedLibrary) -> Iterator[tuple[Sheet, Row]]:
    """The rows that Trakt's importer takes."""
    for title in library.titles():
        rows = [cells for _, *cells in _facts(title, library)]
        if title.rating is not None and len(rows) > 1:
            rating = rows.pop()[-1]
            rows[-1][-1] = rating  # of a title that is on the watchlist or was watched, which the importer expects
        library.left_out["likes (Trakt's importer takes none)"] += title.liked
        for cells in rows:
            yield IMPORT, (title.imdb_id, _TYPES[title.media_type], *cells, None)


def _facts(title: ExportedTitle, library: ExportedLibrary) -> Iterator[tuple[str, Cell, Cell, Cell]]:
    """What is said of a title: the action, when it was watched, when it was put on the watchlist, and the rating."""
    for viewing in title.viewings:
        moment = viewing.time()
        yield "history", UNKNOWN if moment is None else moment_text(moment), None, None
    if title.is_watched and not title.viewings:
        yield "history", UNKNOWN, None, None
    if title.status == "toWatch":
        yield "watchlist", None, moment_text(title.added_at), None
    if title.rating is not None:
        yield "ratings", None, None, whole_rating(title.rating)
    for what, count in (
        ("ratings of viewings that are not the title's (Trakt has one)", _rated(title)),
        ("notes on viewings (no column has them)", sum(each.note is not None for each in title.viewings)),
        ("titles on your own lists (no column has lists)", int(title.list_id is not None)),
        ("tags (no column has them)", len(title.tags)),
        ("recommendations (no column says who told you)", len(title.votes)),
    ):
        library.left_out[what] += count


def _rated(title: ExportedTitle) -> int:
    return sum(each.rating not in (None, title.rating) for each in title.viewings)
