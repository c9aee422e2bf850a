"""Files as IMDb exports them: ratings, the watchlist and lists. IMDb itself imports none; other trackers read them.

What is not known, such as the day of a rating, stays blank.
"""

from collections import Counter
from collections.abc import Iterator

from ..schemas.dates import day_of
from .cells import Row, Sheet, whole_rating
from .library import ExportedLibrary, ExportedTitle
from .lists import sheets_of_lists

_TITLE = (
    *("Title", "Original Title", "URL", "Title Type", "IMDb Rating", "Runtime (mins)", "Year", "Genres", "Num Votes"),
    *("Release Date", "Directors"),
)
_LIST = ("Position", "Const", "Created", "Modified", "Description", *_TITLE, "Your Rating", "Date Rated")
_TYPES = {"movie": "Movie", "tv": "TV Series"}

RATINGS = Sheet("ratings", ("Const", "Your Rating", "Date Rated", *_TITLE))
WATCHLIST = Sheet("watchlist", _LIST)
SHEETS = (RATINGS, WATCHLIST)


def imdb_rows(library: ExportedLibrary) -> Iterator[tuple[Sheet, Row]]:
    """The rows of all sheets."""
    lists = sheets_of_lists(library, _LIST, "ls{:06}")  # as IMDb numbers lists
    positions: Counter[Sheet] = Counter()
    for title in library.titles():
        described = _described(title)
        if title.rating is not None:
            yield RATINGS, (title.imdb_id, whole_rating(title.rating), None, *described)
        elif title.is_watched:
            library.left_out["watched titles without a rating (IMDb exports ratings only)"] += 1
        library.left_out["likes and tags (no column has them)"] += title.liked + len(title.tags)
        library.left_out["viewings (IMDb exports ratings only)"] += len(title.viewings)
        sheet = WATCHLIST if title.status == "toWatch" else lists.get(title.list_id or "")
        if sheet is None:
            library.left_out["recommendations of titles on no list"] += len(title.votes)
            continue
        positions[sheet] += 1
        library.left_out["recommendations against a title"] += sum(not vote.is_up for vote in title.votes)
        # Without the rating, since readers take a title of a list that has one as watched.
        yield sheet, (positions[sheet], title.imdb_id, *_listed(title, library), *described, None, None)


def _described(title: ExportedTitle) -> Row:
    facts = title.facts
    rating, votes = facts.imdb or (None, None)
    url = f"https://www.imdb.com/title/{title.imdb_id}/"
    genres, directors = ", ".join(facts.genres.values()), ", ".join(facts.directors)
    kind = _TYPES[title.media_type]
    return (title.name, None, url, kind, rating, facts.runtime, title.year, genres, votes or None, None, directors)


def _listed(title: ExportedTitle, library: ExportedLibrary) -> Row:
    names = ", ".join(vote.person for vote in title.votes if vote.is_up)
    created, modified = (day_of(each, library.zone).isoformat() for each in (title.added_at, title.last_modified))
    return created, modified, f"Recommended by {names}" if names else None
