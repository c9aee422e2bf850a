"""Plain CSV files of everything that the user put into their library (docs/moving-out.md has the columns).

Times are Unix seconds, as everywhere else; ratings are as exact as they are stored.
"""

from collections.abc import Iterator

import orjson

from ..backup.document.rankings import rank_pages
from ..records import KIND_OF, Kind
from .cells import Cell, Row, Sheet
from .library import ExportedLibrary, ExportedTitle

TITLES = Sheet(
    "titles",
    (
        *("imdb_id", "tmdb_id", "media_type", "title", "year", "directors", "genres", "runtime", "status"),
        *("custom_list_id", "list", "my_rating", "liked", "tags", "added_at", "last_modified"),
    ),
)
VIEWINGS = Sheet(
    "viewings", ("imdb_id", "title", "id", "watched_on", "watched_at", "rating", "note", "source", "created_at")
)
RECOMMENDATIONS = Sheet("recommendations", ("imdb_id", "title", "person_name", "vote_type", "date_recommended", "note"))
TAGS = Sheet("tags", ("imdb_id", "title", "tag"))
RANKINGS = Sheet("rankings", ("imdb_id", "liked", "position", "ranked_at"))
COMPARISONS = Sheet("comparisons", ("imdb_id", "winner", "loser"))


def _sheet(kind: Kind) -> Sheet:
    """The fields that backups have, the one that tells records apart first."""
    return Sheet(kind.plural, tuple(sorted(kind.document._declared_fields, key=lambda name: name != kind.named_by)))


PEOPLE, LISTS = _sheet(KIND_OF["person"]), _sheet(KIND_OF["list"])
SHEETS = (TITLES, VIEWINGS, RECOMMENDATIONS, TAGS, PEOPLE, LISTS, RANKINGS, COMPARISONS)


def table_rows(library: ExportedLibrary) -> Iterator[tuple[Sheet, Row]]:
    """The rows of all sheets."""
    for title in library.titles():
        yield TITLES, _title(title, library)
        for viewing in title.viewings:
            _, created_at, *said = viewing
            yield VIEWINGS, (title.imdb_id, title.name, *said, created_at)
        for date, person, is_up, note in title.votes:
            yield RECOMMENDATIONS, (title.imdb_id, title.name, person, is_up, date, note)
        for tag in title.tags:
            yield TAGS, (title.imdb_id, title.name, tag)
    for kind, sheet in (("person", PEOPLE), ("list", LISTS)):
        for record in library.records(kind):
            yield sheet, tuple(record[name] for name in sheet.columns)
    yield from _rankings(library)


def _title(title: ExportedTitle, library: ExportedLibrary) -> Row:
    facts = title.facts
    directors, genres = ", ".join(facts.directors), ", ".join(facts.genres.values())
    named: Row = (title.imdb_id, facts.tmdb_id, title.media_type, title.name, title.year, directors, genres)
    on_list: Cell = None if title.list_id is None else library.lists[title.list_id]["name"]
    state = title.status, title.list_id, on_list, title.rating, title.liked, ", ".join(title.tags)
    return (*named, facts.runtime, *state, title.added_at, title.last_modified)


def _rankings(library: ExportedLibrary) -> Iterator[tuple[Sheet, Row]]:
    for page in rank_pages(library.read):
        for place in page:
            imdb_id = place["imdb_id"]
            if imdb_id in library.deleted:
                continue
            yield RANKINGS, (imdb_id, place["liked"], place["position"], place["ranked_at"])
            for each in orjson.loads(orjson.dumps(place.get("comparisons", ()))):
                yield COMPARISONS, (imdb_id, each["winner"], each["loser"])
