"""Reading and writing many titles at once, for imports: the rules of library.py, by the set instead of one by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, bindparam, delete, func, select, update

from ..database import insert_rows, upsert
from .change_clock import MOST_KEYS_IN_STATEMENT, LibraryRead, LibraryWrite
from .library import MOVIES, STATUS, VOTES, WATCHED
from .metadata_columns import Metadata, metadata_columns
from .people import vote_field

_MINE = MOVIES.c.user_id == bindparam("of_user")
_KEYS: BindParameter[list[str]] = bindparam("of_keys", expanding=True)

_COUNT = select(func.count()).select_from(MOVIES).where(_MINE)
_IDS = select(MOVIES.c.imdb_id).where(_MINE)
_TITLES = (
    select(
        MOVIES.c.imdb_id,
        MOVIES.c.last_modified,
        MOVIES.c.media_type,
        STATUS.c.status,
        STATUS.c.custom_list_id,
        WATCHED.c.date_watched,
        WATCHED.c.my_rating,
        MOVIES.c.tmdb_data.is_(None),
        MOVIES.c.omdb_data.is_(None),
    )
    .select_from(MOVIES)
    .join(STATUS, (STATUS.c.user_id == MOVIES.c.user_id) & (STATUS.c.imdb_id == MOVIES.c.imdb_id))
    .outerjoin(WATCHED, (WATCHED.c.user_id == MOVIES.c.user_id) & (WATCHED.c.imdb_id == MOVIES.c.imdb_id))
    .where(_MINE, MOVIES.c.imdb_id.in_(_KEYS))
)
_VOTES = select(VOTES.c.imdb_id, VOTES.c.person_id, VOTES.c.date_recommended, VOTES.c.vote_type).where(
    VOTES.c.user_id == bindparam("of_user"), VOTES.c.imdb_id.in_(_KEYS)
)
_VOTERS = _VOTES.with_only_columns(VOTES.c.person_id).distinct()
_REMOVE = delete(MOVIES).where(_MINE, MOVIES.c.imdb_id.in_(_KEYS))  # what hangs on them goes along


def _one(table: Any) -> tuple[Any, Any]:
    return table.c.user_id == bindparam("of_user"), table.c.imdb_id == bindparam("of_movie")


_OF_PERSON = VOTES.c.person_id == bindparam("of_person")
_SET_MEDIA_TYPE = update(MOVIES).where(*_one(MOVIES)).values(media_type=bindparam("new"))
_SET_STATUS = update(STATUS).where(*_one(STATUS)).values(status=bindparam("new"), custom_list_id=bindparam("new_list"))
_UNWATCH = delete(WATCHED).where(*_one(WATCHED))
_WITHDRAW = delete(VOTES).where(*_one(VOTES), _OF_PERSON)
_SET_VOTE = (
    update(VOTES)
    .where(*_one(VOTES), _OF_PERSON)
    .values(date_recommended=bindparam("new_date"), vote_type=bindparam("new"))
)


NO_METADATA = Metadata()


class TitleState(NamedTuple):
    """All that a user says of a title; ``watch`` is (date, rating), ``votes`` maps people's ids to (date, for)."""

    media_type: str
    status: str
    list_id: str | None
    watch: tuple[float, float | None] | None
    votes: dict[int, tuple[float, bool]]


class StoredTitle(NamedTuple):
    """A title as it is stored."""

    state: TitleState
    last_modified: float
    lacks_tmdb: bool
    lacks_omdb: bool


class NewTitle(NamedTuple):
    """A title to be added, as of ``added_at`` (Unix seconds)."""

    imdb_id: str
    state: TitleState
    added_at: float
    metadata: Metadata = NO_METADATA


class ChangedTitle(NamedTuple):
    """A title that is there, to be changed."""

    imdb_id: str
    before: TitleState
    after: TitleState


def count_titles(read: LibraryRead) -> int:
    """How many titles the library holds."""
    count: int = read.execute(_COUNT).scalar_one()
    return count


def ids_of_titles(read: LibraryRead) -> Iterable[str]:
    """The IMDb ids of the library, in no order."""
    ids: Iterable[str] = read.execute(_IDS).scalars()
    return ids


def read_titles(read: LibraryRead, imdb_ids: Sequence[str]) -> dict[str, StoredTitle]:
    """Those of these titles that are there, by IMDb id."""
    votes: defaultdict[str, dict[int, tuple[float, bool]]] = defaultdict(dict)
    titles = {}
    for keys in _chunks(imdb_ids):
        for imdb_id, person_id, date, vote_type in read.fetch_plain(_VOTES, of_keys=keys):
            votes[imdb_id][person_id] = (date, bool(vote_type))
        for imdb_id, last_modified, media_type, status, list_id, date, rating, *lacks in read.fetch_plain(
            _TITLES, of_keys=keys
        ):
            watch = None if date is None else (date, rating)
            state = TitleState(media_type, status, list_id, watch, votes.get(imdb_id, {}))
            titles[imdb_id] = StoredTitle(state, last_modified, *map(bool, lacks))
    return titles


def add_titles(tx: LibraryWrite, titles: Sequence[NewTitle]) -> list[str]:
    """Add titles that are not there; answers the ids of those without details, which are noted for enrichment."""
    clock = tx.created_many("movie", {title.imdb_id: _fields_of(title.state) for title in titles})
    movies, statuses = [], []
    stubs = []
    for title, noted in zip(titles, clock, strict=True):
        state = title.state
        columns = _NO_COLUMNS | metadata_columns(title.metadata) | noted
        known = (tx.user_id, title.imdb_id)
        movies.append((*known, state.media_type, title.added_at, *(columns[name] for name in _MADE_COLUMNS)))
        statuses.append((*known, state.status, state.list_id))
        if columns["tmdb_data"] is None:
            stubs.append(title.imdb_id)
    insert_rows(tx.connection, MOVIES, ("user_id", "imdb_id", "media_type", "added_at", *_MADE_COLUMNS), movies)
    insert_rows(tx.connection, STATUS, ("user_id", "imdb_id", "status", "custom_list_id"), statuses)
    watched = [(tx.user_id, title.imdb_id, *title.state.watch) for title in titles if title.state.watch is not None]
    insert_rows(tx.connection, WATCHED, ("user_id", "imdb_id", "date_watched", "my_rating"), watched)
    _recommend(tx, [(title.imdb_id, *vote) for title in titles for vote in title.state.votes.items()])
    tx.stub(*stubs)
    return stubs


def change_titles(tx: LibraryWrite, titles: Sequence[ChangedTitle]) -> None:
    """Change titles that are there; only what differs is written and noted."""
    changes = _Changes(tx)
    for title in titles:
        changes.take(title)
    changes.write()


def remove_titles(tx: LibraryWrite, imdb_ids: Sequence[str]) -> None:
    """Remove titles, with all that hangs on them."""
    for keys in _chunks(imdb_ids):
        tx.touch_all("person", tx.execute(_VOTERS, of_keys=keys).scalars().all())  # their movie_count
        tx.execute(_REMOVE, of_keys=keys)
    tx.deleted_many("movie", imdb_ids)


_NO_COLUMNS = {"tmdb_data": None, "omdb_data": None, "title": None, "year": None, "search_text": None}
_MADE_COLUMNS = (*_NO_COLUMNS, "seq", "born_seq", "last_modified", "field_changes")

_Vote = tuple[str, int, tuple[float, bool]]


class _Changes:
    """What changing titles comes to, gathered so that each kind of change takes one statement."""

    def __init__(self, tx: LibraryWrite) -> None:
        self.tx = tx
        self.rows: defaultdict[Any, list[dict[str, Any]]] = defaultdict(list)
        self.watched: list[tuple[str, tuple[float, float | None]]] = []
        self.votes: list[_Vote] = []

    def take(self, title: ChangedTitle) -> None:
        """Gather what differs in a title."""
        before, after = title.before, title.after
        fields = []
        if before.media_type != after.media_type:
            self._row(_SET_MEDIA_TYPE, title, new=after.media_type)
            fields.append("metadata")
        if (before.status, before.list_id) != (after.status, after.list_id):
            self._row(_SET_STATUS, title, new=after.status, new_list=after.list_id)
            fields.append("status")
        if before.watch != after.watch:
            if after.watch is None:
                self._row(_UNWATCH, title)
            else:
                self.watched.append((title.imdb_id, after.watch))
            fields.append("rating")
        fields += self._take_votes(title)
        if fields:
            self.tx.touch("movie", title.imdb_id, *fields)

    def _take_votes(self, title: ChangedTitle) -> list[str]:
        fields = []
        before, after = title.before.votes, title.after.votes
        for person_id in before.keys() | after.keys():
            if before.get(person_id) == after.get(person_id):
                continue
            if person_id not in after:
                self._row(_WITHDRAW, title, of_person=person_id)
                self.tx.touch("person", person_id)  # its movie_count
            elif person_id in before:
                date, vote_type = after[person_id]
                self._row(_SET_VOTE, title, of_person=person_id, new_date=date, new=vote_type)
            else:
                self.votes.append((title.imdb_id, person_id, after[person_id]))
            fields.append(vote_field(person_id))
        return fields

    def write(self) -> None:
        """Write what was gathered."""
        for statement, rows in self.rows.items():
            self.tx.connection.execute(statement, rows)
        _watch(self.tx, self.watched)
        _recommend(self.tx, self.votes)

    def _row(self, statement: Any, title: ChangedTitle, **values: Any) -> None:
        self.rows[statement].append({"of_user": self.tx.user_id, "of_movie": title.imdb_id, **values})


def _fields_of(state: TitleState) -> list[str]:
    rated = ["rating"] if state.watch is not None else []
    return ["status", *rated, *map(vote_field, state.votes)]


def _watch(tx: LibraryWrite, watched: Iterable[tuple[str, tuple[float, float | None]]]) -> None:
    rows = [
        {"user_id": tx.user_id, "imdb_id": imdb_id, "date_watched": date, "my_rating": rating}
        for imdb_id, (date, rating) in watched
    ]
    if rows:
        upsert(tx.connection, WATCHED, rows)


def _recommend(tx: LibraryWrite, votes: Sequence[_Vote]) -> None:
    columns = ("user_id", "id", "imdb_id", "person_id", "date_recommended", "vote_type")
    rows = [(tx.user_id, tx.new_id(), imdb_id, person_id, *vote) for imdb_id, person_id, vote in votes]
    insert_rows(tx.connection, VOTES, columns, rows)
    tx.touch_all("person", dict.fromkeys(person_id for _, person_id, _ in votes))  # their movie_count


def _chunks(keys: Sequence[str]) -> Iterable[Sequence[str]]:
    return (keys[start : start + MOST_KEYS_IN_STATEMENT] for start in range(0, len(keys), MOST_KEYS_IN_STATEMENT))
