"""What a library holds that is exported: titles in the order in which they were added, with all that hangs on them."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import tzinfo
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Table, bindparam, select

from ..database import in_chunks
from ..models import MOVIES, STATUS, TAGS, VIEWINGS, VOTES, WATCHED
from ..records import KIND_OF
from ..schemas.dates import day_of, noon_of_first_day
from ..schemas.movie import tags_by_movie
from ..services.library_read import LibraryRead
from ..services.movies.columns import TAG_COLUMNS, of_user, same_title
from ..services.movies.listing import NAMES_OF_PEOPLE
from ..trust.facts import Facts, facts_of

_DAY_LENGTH = len("YYYY-MM-DD")


def _in_page(table: Table) -> ColumnElement[bool]:
    return table.c.imdb_id.in_(bindparam("of_titles", expanding=True))


# Put in the order in which they were added here, since no index has that.
_ADDED = select(MOVIES.c.added_at, MOVIES.c.imdb_id).where(of_user(MOVIES))
_TITLES = (
    select(
        *(MOVIES.c.imdb_id, MOVIES.c.media_type, MOVIES.c.title, MOVIES.c.year, STATUS.c.status),
        *(STATUS.c.custom_list_id, WATCHED.c.my_rating, MOVIES.c.added_at, MOVIES.c.last_modified),
        *(MOVIES.c.liked, MOVIES.c.tmdb_data, MOVIES.c.omdb_data),
    )
    .select_from(MOVIES.join(STATUS, same_title(STATUS)).outerjoin(WATCHED, same_title(WATCHED)))
    .where(of_user(MOVIES), _in_page(MOVIES))
)
_VIEWINGS = select(
    *(VIEWINGS.c.imdb_id, VIEWINGS.c.moment, VIEWINGS.c.created_at, VIEWINGS.c.id, VIEWINGS.c.watched_on),
    *(VIEWINGS.c.watched_at, VIEWINGS.c.rating, VIEWINGS.c.note, VIEWINGS.c.source),
).where(of_user(VIEWINGS), _in_page(VIEWINGS))
_VOTES = select(
    *(VOTES.c.imdb_id, VOTES.c.date_recommended, VOTES.c.person_id, VOTES.c.vote_type, VOTES.c.note),
).where(of_user(VOTES), _in_page(VOTES))

_TAGS = select(*TAG_COLUMNS).where(of_user(TAGS), _in_page(TAGS))


class ExportedViewing(NamedTuple):
    """A viewing; the first three fields are what viewings are sorted by. Times are Unix seconds."""

    moment: float
    created_at: float
    id: str
    watched_on: str | None
    watched_at: float | None
    rating: float | None
    note: str | None
    source: str | None

    def day(self, zone: tzinfo) -> str | None:
        """The day on which it was (YYYY-MM-DD), in ``zone`` if only a moment says it; None if the day is not known."""
        if self.watched_on is not None and len(self.watched_on) == _DAY_LENGTH:
            return self.watched_on
        return None if self.watched_at is None else day_of(self.watched_at, zone).isoformat()

    def time(self) -> float | None:
        """When it was, which is noon UTC if only the day is known; None if not even that is."""
        if self.watched_at is not None or self.watched_on is None or len(self.watched_on) < _DAY_LENGTH:
            return self.watched_at
        return noon_of_first_day(self.watched_on)


class ExportedVote(NamedTuple):
    """What a person said of a title: when (Unix seconds), whether for it, and in which words."""

    date: float
    person: str
    is_up: bool
    note: str | None


class ExportedTitle(NamedTuple):
    """A title that is not deleted; viewings and votes stand in the order of their times, which are Unix seconds."""

    imdb_id: str
    media_type: str
    name: str | None
    year: str | None
    status: str
    list_id: str | None
    rating: float | None
    added_at: float
    last_modified: float
    liked: bool
    facts: Facts
    viewings: list[ExportedViewing]
    votes: list[ExportedVote]
    tags: list[str]

    @property
    def is_film(self) -> bool:
        """Whether it is a film, not a series."""
        return self.media_type == "movie"

    @property
    def is_watched(self) -> bool:
        """Whether the user has seen it, which they may want to again."""
        return self.status == "watched" or bool(self.viewings)


class ExportedLibrary:
    """A library that is being exported; ``left_out`` counts what is not, by a phrase that says what and why.

    Days are those of ``zone``. ``lists`` are the user's own lists as backups have them, by id, in their order.
    """

    def __init__(self, read: LibraryRead, zone: tzinfo) -> None:
        self.read = read
        self.zone = zone
        self.left_out: Counter[str] = Counter()
        self.deleted: set[str] = set()
        self.lists = {each["id"]: each for each in self.records("list")}

    def records(self, kind_name: str) -> list[dict[str, Any]]:
        """The people or lists, in the order that backups have."""
        kind = KIND_OF[kind_name]
        return sorted(kind.read(self.read, None), key=itemgetter(*kind.order))

    def titles(self) -> Iterator[ExportedTitle]:
        """The titles that are not deleted, which are noted, and counted as left out."""
        names: dict[int, str] = dict(self.read.fetch(NAMES_OF_PEOPLE))
        for page in in_chunks([imdb_id for _, imdb_id in sorted(map(tuple, self.read.fetch(_ADDED)))]):
            viewings = _viewings_by_title(self.read.fetch(_VIEWINGS, of_titles=page))
            votes = _votes_by_title(self.read.fetch(_VOTES, of_titles=page), names)
            tags = tags_by_movie(self.read.fetch(_TAGS, of_titles=page))
            found = {imdb_id: told for imdb_id, *told in self.read.fetch(_TITLES, of_titles=page)}
            for imdb_id in filter(found.__contains__, page):
                *shown, liked, tmdb_data, omdb_data = found[imdb_id]
                hanging = viewings.get(imdb_id, []), votes.get(imdb_id, []), tags.get(imdb_id, [])
                title = ExportedTitle._make((imdb_id, *shown, bool(liked), facts_of(tmdb_data, omdb_data), *hanging))
                if title.status != "deleted":
                    yield title
                    continue
                self.deleted.add(imdb_id)
                self.left_out["titles that you have deleted"] += 1


def _viewings_by_title(rows: list[tuple[Any, ...]]) -> Mapping[str, list[ExportedViewing]]:
    found: defaultdict[str, list[ExportedViewing]] = defaultdict(list)
    for imdb_id, *viewing in rows:
        found[imdb_id].append(ExportedViewing(*viewing))
    for viewings in found.values():
        viewings.sort(key=lambda each: each[:3])
    return found


def _votes_by_title(rows: list[tuple[Any, ...]], names: Mapping[int, str]) -> Mapping[str, list[ExportedVote]]:
    found: defaultdict[str, list[ExportedVote]] = defaultdict(list)
    for imdb_id, date, person_id, is_up, note in rows:
        found[imdb_id].append(ExportedVote(date, names[person_id], bool(is_up), note))
    for votes in found.values():
        votes.sort(key=lambda each: each[:2])
    return found
