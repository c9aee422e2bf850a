"""What a user's library holds that trust is computed from: each table read once, by set."""

from collections import defaultdict
from collections.abc import Callable, Container, Mapping, Sequence
from operator import itemgetter
from types import MappingProxyType
from typing import NamedTuple, cast

from sqlalchemy import select

from ..memory import give_back
from ..models import MOVIES, PEOPLE, RANKINGS, STATUS, VOTES, WATCHED
from ..services.library_read import LibraryRead
from ..services.movies.columns import TITLES, of_user
from .facts import NOTHING, Facts, facts_of

LARGE_LIBRARY = 5000
"""Titles whose details are so large, 10 MB as a rule, that their memory is returned once they are read.

After ten requests for the figures of 20,000 titles a worker has 32 MiB more than at its start; without it, 65.
"""

_TITLES = (
    select(
        *(MOVIES.c.imdb_id, MOVIES.c.title, MOVIES.c.year, MOVIES.c.media_type, STATUS.c.status),
        *(STATUS.c.custom_list_id, WATCHED.c.date_watched, WATCHED.c.my_rating, RANKINGS.c.liked, RANKINGS.c.order_key),
        *(MOVIES.c.liked, MOVIES.c.tmdb_data, MOVIES.c.omdb_data),
    )
    .select_from(TITLES)
    .where(of_user(MOVIES), STATUS.c.status != "deleted")
)
_VOTES = select(VOTES.c.imdb_id, VOTES.c.person_id, VOTES.c.vote_type, VOTES.c.date_recommended).where(of_user(VOTES))
_PEOPLE = select(PEOPLE.c.id, PEOPLE.c.name, PEOPLE.c.is_trusted).where(of_user(PEOPLE))


class TitleVote(NamedTuple):
    """What a person said of a title: for it or against it, and when (Unix seconds)."""

    person_id: int
    is_up: bool
    date: float


class Title(NamedTuple):
    """A title of the library that is not deleted.

    ``moment`` is that of the newest viewing (Unix seconds), ``liked`` and ``order_key`` are its place in the ranking;
    ``is_marked`` says that the user marked it as liked.
    """

    imdb_id: str
    name: str | None
    year: str | None
    media_type: str
    status: str
    list_id: str | None
    moment: float | None
    rating: float | None
    liked: bool | None
    order_key: str | None
    facts: Facts
    votes: Sequence[TitleVote]
    is_marked: bool = False

    @property
    def decade(self) -> int | None:
        """The year that the decade of its release begins with."""
        return None if self.year is None else int(self.year) // 10 * 10

    @property
    def is_watched(self) -> bool:
        """Whether the user has seen it, which they may want to again."""
        return self.status == "watched" or self.moment is not None

    @property
    def is_to_watch(self) -> bool:
        """Whether it may be watched next: it is on the watchlist, or on a list of the user's own and not seen."""
        return self.status == "toWatch" or (self.status == "custom" and not self.is_watched)


_LIKED = Title._fields.index("liked")

VoteRow = tuple[str, int, bool, float]
"""The title, the person, whether it is for it, and when (Unix seconds)."""


class Recommender(NamedTuple):
    """A person, and whether the user marked them as trusted."""

    person_id: int
    name: str
    is_trusted: bool


class Library(NamedTuple):
    """Titles by IMDb id in the order of their ids, and people by id in the order of theirs."""

    titles: Mapping[str, Title]
    people: Mapping[int, Recommender]


def read_library(read: LibraryRead) -> Library:
    """The titles of a user that are not deleted, with their votes, and the people."""
    votes: defaultdict[str, list[TitleVote]] = defaultdict(list)
    for imdb_id, person_id, is_up, date in read_votes(read):
        votes[imdb_id].append(TitleVote(person_id, bool(is_up), date))
    for of_title in votes.values():
        of_title.sort()
    return Library(read_titles(read, votes), read_people(read))


def read_titles(
    read: LibraryRead,
    votes: Mapping[str, Sequence[TitleVote]] = MappingProxyType({}),
    facts_of: Callable[[str | None, str | None], Facts] = facts_of,
    of: Container[str] | None = None,
) -> dict[str, Title]:
    """The titles of a user that are not deleted, by IMDb id in order, with these votes.

    ``facts_of`` gives the facts in details and ratings; with ``of``, those of these titles only.
    """
    titles = {}
    for row in sorted(read.fetch(_TITLES), key=itemgetter(0)):
        imdb_id, liked, order_key, is_marked, *known = row[0], *row[_LIKED:]
        facts = facts_of(*known) if of is None or imdb_id in of else NOTHING
        is_liked = None if liked is None else bool(liked)
        said = facts, votes.get(imdb_id, ()), bool(is_marked)
        titles[imdb_id] = Title._make((*row[:_LIKED], is_liked, order_key, *said))
    if len(titles) >= LARGE_LIBRARY:
        give_back()
    return titles


def read_votes(read: LibraryRead) -> list[VoteRow]:
    """All votes of a user, in no order; on SQLite with 0 and 1 for what is true."""
    return cast(list[VoteRow], read.fetch(_VOTES))


def read_people(read: LibraryRead) -> dict[int, Recommender]:
    """The people of a user by id, in order."""
    return {key: Recommender(key, name, bool(trusted)) for key, name, trusted in sorted(read.fetch(_PEOPLE))}
