"""Reading a user's movies: by set, never by object, with stored JSON spliced into the response.

A list takes five statements however long it is: the movies with status and watch record, their viewings, their tags,
their votes, and the names of people. Rows are the driver's own tuples, since SQLAlchemy's rows with access by name take
longer than everything else together (2,000 movies: 61 ms of CPU with them, 28 ms without, 20 ms for plain sqlite3 and
orjson).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import BindParameter, Select, bindparam, func, select

from ...database import MAX_KEYS, Rows, in_chunks
from ...errors import MovieNotFound
from ...models import MOVIES, STATUS, TAGS, VIEWINGS, VOTES, WATCHED
from ...models.movie import Status, Viewing, Vote, Watch
from ...schemas.movie import movie_json, recommendations_by_movie, tags_by_movie, viewings_by_movie
from ...text import search_forms
from ..library_read import LibraryRead
from .columns import (
    STATUS_COLUMNS,
    TAG_COLUMNS,
    TITLES,
    VIEWING_CONTENT,
    VOTE_CONTENT,
    WATCH_COLUMNS,
    of_movie,
    of_user,
)
from .listing import (
    ALL_TAGS,
    ALL_VIEWINGS,
    ALL_VOTES,
    NAMES_OF_PEOPLE,
    ONE_MOVIE,
    SOME_MOVIES,
    SOME_VOTES,
    VOTES_OF_ONE_MOVIE,
    MovieFilter,
    listing,
    of_selection,
)
from .seen import Seen
from .storing import StoredTitle, TitleState

MOST_NAMED = 4 * MAX_KEYS
"""The most movies that one statement names to read what hangs on them; beyond, reading all is cheaper.

1,415 of 20,000 movies found by a search: 56 ms of CPU, 192 by reading all votes and viewings.
"""

_SOME = MovieFilter(limit=MOST_NAMED)

Said = TypeVar("Said", Status, Watch, Vote)

_STATUS = select(*STATUS_COLUMNS).where(of_movie(STATUS))
_WATCH = select(*WATCH_COLUMNS).where(of_movie(WATCHED))
_VIEWINGS = ALL_VIEWINGS.where(of_movie(VIEWINGS))
_TAGS = ALL_TAGS.where(of_movie(TAGS))
_VOTE = select(*VOTE_CONTENT).where(of_movie(VOTES), VOTES.c.person_id == bindparam("of_person"))
_COUNT = select(func.count()).select_from(MOVIES).where(of_user(MOVIES))
_IDS = select(MOVIES.c.imdb_id).where(of_user(MOVIES))
_KEYS: BindParameter[list[str]] = bindparam("of_keys", expanding=True)
_STORED_TITLES = (
    select(
        MOVIES.c.imdb_id,
        MOVIES.c.added_at,
        MOVIES.c.last_modified,
        MOVIES.c.tmdb_data.is_(None),
        MOVIES.c.omdb_data.is_(None),
        MOVIES.c.media_type,
        MOVIES.c.liked,
        *STATUS_COLUMNS,
        WATCHED.c.my_rating,
    )
    .select_from(TITLES)
    .where(of_user(MOVIES), MOVIES.c.imdb_id.in_(_KEYS))
)
_VOTES_OF_TITLES = select(VOTES.c.imdb_id, VOTES.c.person_id, *VOTE_CONTENT).where(
    of_user(VOTES), VOTES.c.imdb_id.in_(_KEYS)
)
_VIEWINGS_OF_TITLES = select(VIEWINGS.c.imdb_id, VIEWINGS.c.id, *VIEWING_CONTENT).where(
    of_user(VIEWINGS), VIEWINGS.c.imdb_id.in_(_KEYS)
)

_TAGS_OF_TITLES = select(*TAG_COLUMNS).where(of_user(TAGS), TAGS.c.imdb_id.in_(_KEYS))


class MoviePage(NamedTuple):
    """Movies ready to be dumped by orjson; ``last`` is where the next page goes on, None at the end."""

    movies: list[dict[str, Any]]
    last: tuple[Any, str] | None = None


def list_movies(read: LibraryRead, wanted: MovieFilter, *, with_rev: bool = False) -> MoviePage:
    """The movies that fit, in order; ``with_rev`` adds each one's number, for the sync protocol."""
    if wanted.texts:
        wanted = replace(wanted, named=_people_named(read, wanted.texts))
    rows = read.fetch(listing(wanted.shape), **wanted.values)
    if wanted.changed is not None:
        rows.sort(key=itemgetter(0))
    last = None
    if wanted.limit is not None and len(rows) > wanted.limit:
        rows = rows[: wanted.limit]
        last = (rows[-1][-1], rows[-1][0])
    return MoviePage(_movies(read, wanted, rows, with_rev), last)


def movies_by_id(read: LibraryRead, imdb_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Those of these movies that are in the library, by IMDb id."""
    if len(imdb_ids) > MOST_NAMED:
        found = list_movies(read, MovieFilter()).movies
    else:
        found = _movies(read, _SOME, read.fetch(SOME_MOVIES, of_keys=imdb_ids), with_rev=False)
    by_id = {movie["imdb_id"]: movie for movie in found}
    return {imdb_id: by_id[imdb_id] for imdb_id in imdb_ids if imdb_id in by_id}


def get_movie(read: LibraryRead, imdb_id: str, *, with_rev: bool = False) -> dict[str, Any]:
    """One movie; ``with_rev`` adds its number, for the sync protocol. Raises MovieNotFound."""
    rows = read.fetch(ONE_MOVIE, of_movie=imdb_id)
    if not rows:
        raise MovieNotFound
    recommendations, viewings = list_recommendations(read, imdb_id), list_viewings(read, imdb_id)
    tags = sorted(tags_of(read, imdb_id).values())
    return movie_json(rows[0], recommendations, viewings, tags, read.user_id, with_rev)


def list_recommendations(
    read: LibraryRead, imdb_id: str, person_ids: Iterable[int] | None = None
) -> list[dict[str, Any]]:
    """The votes for one movie, the oldest first; or those of these people, in their order."""
    votes = _in_order(read.fetch(VOTES_OF_ONE_MOVIE, of_movie=imdb_id))
    names = {vote[2]: vote[-1] for vote in votes}
    recommendations = recommendations_by_movie(votes, names, read.user_id).get(imdb_id, [])
    if person_ids is None:
        return recommendations
    made = {recommendation["person_id"]: recommendation for recommendation in recommendations}
    return [made[person_id] for person_id in person_ids]


def list_viewings(read: LibraryRead, imdb_id: str) -> list[dict[str, Any]]:
    """The viewings of one movie, the newest first."""
    return viewings_by_movie(read.fetch(_VIEWINGS, of_movie=imdb_id)).get(imdb_id, [])


def status_of(read: LibraryRead, imdb_id: str) -> Status | None:
    """Status and custom list of a title, None when it is not in the library."""
    return _said(Status, read.execute(_STATUS, of_movie=imdb_id))


def watch_of(read: LibraryRead, imdb_id: str) -> Watch:
    """The moment of a title's newest viewing, and its rating; None for what there is none of."""
    return _said(Watch, read.execute(_WATCH, of_movie=imdb_id)) or Watch()


def seen_of(read: LibraryRead, imdb_id: str) -> Seen:
    """What was seen of a title: its rating and its viewings."""
    rows = read.fetch(_VIEWINGS, of_movie=imdb_id)
    return Seen(watch_of(read, imdb_id).my_rating, {row[1]: Viewing(*row[2:-1]) for row in rows})


def tags_of(read: LibraryRead, imdb_id: str) -> dict[str, str]:
    """The tags of a title as they are shown, by their folded form."""
    return {folded: tag for _, folded, tag in read.fetch(_TAGS, of_movie=imdb_id)}


def vote_of(read: LibraryRead, imdb_id: str, person_id: int) -> Vote | None:
    """A person's vote for or against a title, None when there is none."""
    return _said(Vote, read.execute(_VOTE, of_movie=imdb_id, of_person=person_id))


def _said(made: Callable[..., Said], rows: Rows) -> Said | None:
    row = rows.one_or_none()
    return None if row is None else made(*row)


def count_titles(read: LibraryRead) -> int:
    """How many titles the library holds."""
    count: int = read.execute(_COUNT).scalar_one()
    return count


def ids_of_titles(read: LibraryRead) -> list[str]:
    """The IMDb ids of the library, in no order."""
    return read.execute(_IDS).scalars()


def read_titles(read: LibraryRead, imdb_ids: Sequence[str]) -> dict[str, StoredTitle]:
    """What the user said of those of these titles that are there, by IMDb id."""
    votes: defaultdict[str, dict[int, Vote]] = defaultdict(dict)
    viewings: defaultdict[str, dict[str, Viewing]] = defaultdict(dict)
    tags: defaultdict[str, dict[str, str]] = defaultdict(dict)
    titles = {}
    for keys in in_chunks(imdb_ids):
        for imdb_id, folded, tag in read.fetch(_TAGS_OF_TITLES, of_keys=keys):
            tags[imdb_id][folded] = tag
        for imdb_id, viewing_id, *viewing in read.fetch(_VIEWINGS_OF_TITLES, of_keys=keys):
            viewings[imdb_id][viewing_id] = Viewing(*viewing)
        for imdb_id, person_id, date, vote_type, note in read.fetch(_VOTES_OF_TITLES, of_keys=keys):
            votes[imdb_id][person_id] = Vote(date, bool(vote_type), note)
        for row in read.fetch(_STORED_TITLES, of_keys=keys):
            imdb_id, added_at, last_modified, lacks_tmdb, lacks_omdb, media_type, liked, *rest = row
            status, list_id, my_rating = rest
            seen = Seen(my_rating, viewings.get(imdb_id, {}))
            marks = bool(liked), tags.get(imdb_id, {})
            state = TitleState(Status(status, list_id), seen, votes.get(imdb_id, {}), media_type, *marks)
            titles[imdb_id] = StoredTitle(state, added_at, last_modified, bool(lacks_tmdb), bool(lacks_omdb))
    return titles


def _movies(
    read: LibraryRead, wanted: MovieFilter, rows: list[tuple[Any, ...]], with_rev: bool
) -> list[dict[str, Any]]:
    if not rows:
        return []
    votes = _votes_of(read, wanted, rows)
    viewings = viewings_by_movie(_of_movies(read, ALL_VIEWINGS, wanted, rows))
    tags = tags_by_movie(_of_movies(read, ALL_TAGS, wanted, rows))
    user_id = read.user_id
    return [
        movie_json(row, votes.get(row[0], ()), viewings.get(row[0], ()), tags.get(row[0], ()), user_id, with_rev)
        for row in rows
    ]


def _people_named(read: LibraryRead, texts: Sequence[str]) -> tuple[int, ...]:
    """The people whose names hold one of these texts."""
    names = read.fetch(NAMES_OF_PEOPLE)
    return tuple(key for key, name in names if any(text in form for form in search_forms(name) for text in texts))


def _in_order(votes: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The oldest first. With ORDER BY id SQLite reads all votes of the user in that order, to pick a few."""
    return sorted(votes, key=itemgetter(1))


def _votes_of(
    read: LibraryRead, wanted: MovieFilter, rows: list[tuple[Any, ...]]
) -> Mapping[str, list[dict[str, Any]]]:
    """The votes of these movies by IMDb id, the oldest first."""
    votes = read.fetch(ALL_VOTES) if wanted.is_everything else _in_order(_of_movies(read, SOME_VOTES, wanted, rows))
    names: dict[int, str] = dict(read.fetch(NAMES_OF_PEOPLE)) if votes else {}
    return recommendations_by_movie(votes, names, read.user_id)


def _of_movies(
    read: LibraryRead, hanging: Select[Any], wanted: MovieFilter, rows: list[tuple[Any, ...]]
) -> list[tuple[Any, ...]]:
    """What hangs on these movies, or on all where that is cheaper."""
    selected = of_selection(wanted.shape, hanging)
    if selected is not None:
        return read.fetch(selected, **wanted.values)
    if wanted.is_everything or len(rows) > MOST_NAMED:
        return read.fetch(hanging)
    return read.fetch(hanging.where(hanging.selected_columns.imdb_id.in_([row[0] for row in rows])))
