"""What is stored of a title and noted by the change clock when what the user says of it changes.

The rules stand here once, for a single title and for the many of an import: what differs decides which rows are written
and which fields are noted; each kind of row takes one statement, however many titles there are.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import BindParameter, Executable, bindparam, delete, select, update

from ...database import in_chunks
from ...models import MOVIES, RANKINGS, STATUS, TAGS, VIEWINGS, VOTES, WATCHED
from ...models.movie import MAX_NOTE_LENGTH, Status, Viewing, Vote, Watch
from ...text import search_text
from ..change_clock import CLOCK_COLUMNS, LibraryWrite
from ..people import vote_fields
from .columns import of_movie, of_user
from .metadata import Metadata, metadata_columns
from .seen import NOT_SEEN, NOT_WATCHED, Seen, moment_of, viewing_field, watch_record_of
from .tags import NO_TAGS, tag_field

Said = TypeVar("Said", Watch, Vote)

_KEYS: BindParameter[list[str]] = bindparam("of_keys", expanding=True)
_VOTERS = select(VOTES.c.person_id).where(of_user(VOTES), VOTES.c.imdb_id.in_(_KEYS)).distinct()
_REMOVE = delete(MOVIES).where(of_user(MOVIES), MOVIES.c.imdb_id.in_(_KEYS))  # what hangs on them goes along

_SET_MEDIA_TYPE = update(MOVIES).where(of_movie(MOVIES)).values(media_type=bindparam("to_media_type"))
_SET_ADDED = update(MOVIES).where(of_movie(MOVIES)).values(added_at=bindparam("to_added_at"))
_SET_LIKED = update(MOVIES).where(of_movie(MOVIES)).values(liked=bindparam("to_liked"))
_SET_STATUS = update(STATUS).where(of_movie(STATUS)).values({name: bindparam(f"to_{name}") for name in Status._fields})
_SHOW_RANK = (
    update(RANKINGS).where(of_movie(RANKINGS), RANKINGS.c.ranked_at.is_not(None)).values(is_shown=bindparam("to_shown"))
)
_SET_WATCH = update(WATCHED).where(of_movie(WATCHED)).values({name: bindparam(f"to_{name}") for name in Watch._fields})
_UNWATCH = delete(WATCHED).where(of_movie(WATCHED))
_OF_VIEWING = VIEWINGS.c.id == bindparam("of_viewing")
_VIEWING_COLUMNS = (*Viewing._fields, "moment", "search_text")
_SET_VIEWING = (
    update(VIEWINGS)
    .where(of_movie(VIEWINGS), _OF_VIEWING)
    .values({name: bindparam(f"to_{name}") for name in _VIEWING_COLUMNS})
)
_REMOVE_VIEWING = delete(VIEWINGS).where(of_movie(VIEWINGS), _OF_VIEWING)
_VOTE_COLUMNS = (*Vote._fields, "search_text")
_OF_PERSON = VOTES.c.person_id == bindparam("of_person")
_SET_VOTE = (
    update(VOTES).where(of_movie(VOTES), _OF_PERSON).values({name: bindparam(f"to_{name}") for name in _VOTE_COLUMNS})
)
_WITHDRAW = delete(VOTES).where(of_movie(VOTES), _OF_PERSON)
_IS_TAG = TAGS.c.folded == bindparam("of_tag")
_SPELL_TAG = update(TAGS).where(of_movie(TAGS), _IS_TAG).values(tag=bindparam("to_tag"))
_REMOVE_TAG = delete(TAGS).where(of_movie(TAGS), _IS_TAG)

TO_WATCH = Status("toWatch")
NO_METADATA = Metadata()
_NO_METADATA_COLUMNS = dict.fromkeys(("tmdb_data", "omdb_data", "title", "year", "genres", "search_text"))
_MORE_COLUMNS = (*_NO_METADATA_COLUMNS, *CLOCK_COLUMNS)
_pick_more_columns = itemgetter(*_MORE_COLUMNS)
_NO_VOTES: Mapping[int, Vote] = MappingProxyType({})
_TO: dict[type, tuple[str, ...]] = {
    kind: tuple(f"to_{name}" for name in kind._fields) for kind in (Status, Watch, Viewing, Vote)
}


class TitleState(NamedTuple):
    """What a user says of a title, or a part of it; ``votes`` are by the ids of people, ``tags`` by their folded form.

    What is None, or without votes or tags, is not said. What is the same before and after a change stays as it is.
    """

    status: Status | None = None
    seen: Seen | None = None
    votes: Mapping[int, Vote] = _NO_VOTES
    media_type: str | None = None
    liked: bool | None = None
    tags: Mapping[str, str] = NO_TAGS


_NOTHING = TitleState()


class StoredTitle(NamedTuple):
    """A title as it is stored, since ``added_at`` (Unix seconds)."""

    state: TitleState
    added_at: float
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
    """A title that is there, to be changed; ``added_at`` (Unix seconds) is None unless that is to be another time."""

    imdb_id: str
    before: TitleState
    after: TitleState
    added_at: float | None = None


def dated(said: Said, before: Said | None, otherwise: float) -> Said:
    """The same with a date: the one that is said, else the one before, else this one (Unix seconds)."""
    if said[0] is not None:
        return said
    date: Any = otherwise if before is None else before[0]
    return said._replace(**{said._fields[0]: date})


def united(one: Vote, other: Vote) -> Vote:
    """What is left of two votes for a title when those who gave them are one person: the newer one, with both notes.

    Of votes of the same time the first counts. The note of the vote that counts comes first, the other one on a new
    line, unless it is the same; beyond the length of a note the end is cut off.
    """
    later, former = (other, one) if (other.date_recommended or 0) > (one.date_recommended or 0) else (one, other)
    notes = dict.fromkeys(note for note in (later.note, former.note) if note)
    return later._replace(note="\n".join(notes)[:MAX_NOTE_LENGTH].rstrip() or None)


def said_in(data: Mapping[str, Any], kind: type[Said]) -> Said:
    """What a request says of a title."""
    return kind(**{name: data[name] for name in kind._fields if name in data})


def add_titles(tx: LibraryWrite, titles: Sequence[NewTitle]) -> list[str]:
    """Add titles that are not there; returns the ids of those without details, which are noted for enrichment."""
    said = _Said(tx)
    fields = {}
    for title in titles:
        told = ["status"] if title.state.status is not None else []
        fields[title.imdb_id] = told + said.take(title.imdb_id, _NOTHING, title.state)
    movies, statuses, stubs = [], [], []
    for title, noted in zip(titles, tx.created_many("movie", fields), strict=True):
        columns = {**_NO_METADATA_COLUMNS, **metadata_columns(title.metadata), **noted}
        media_type = title.state.media_type or "movie"
        marked = bool(title.state.liked)
        movies.append((title.imdb_id, media_type, title.added_at, marked, *_pick_more_columns(columns)))
        statuses.append((title.imdb_id, *(title.state.status or TO_WATCH)))
        if columns["tmdb_data"] is None:
            stubs.append(title.imdb_id)
    tx.insert_rows(MOVIES, ("imdb_id", "media_type", "added_at", "liked", *_MORE_COLUMNS), movies)
    tx.insert_rows(STATUS, ("imdb_id", *Status._fields), statuses)
    said.write()
    tx.stub(*stubs)
    return stubs


def change_titles(tx: LibraryWrite, titles: Iterable[ChangedTitle]) -> None:
    """Change titles that are there; only what differs is written and noted."""
    said = _Said(tx)
    for imdb_id, before, after, added_at in titles:
        fields = []
        if added_at is not None:
            said.change(_SET_ADDED, imdb_id, to_added_at=added_at)
        if before.media_type != after.media_type:
            said.change(_SET_MEDIA_TYPE, imdb_id, to_media_type=after.media_type)
            fields.append("metadata")
        if before.liked != after.liked:
            said.change(_SET_LIKED, imdb_id, to_liked=after.liked)
        if before.status != after.status:
            assert after.status is not None
            said.change(_SET_STATUS, imdb_id, **_to(after.status))
            is_watched = after.status.status == "watched"
            if before.status is None or (before.status.status == "watched") != is_watched:
                said.change(_SHOW_RANK, imdb_id, to_shown=is_watched)
            fields.append("status")
        fields += said.take(imdb_id, before, after)
        if fields or added_at is not None:
            tx.touch("movie", imdb_id, *fields)
    said.write()


def store(tx: LibraryWrite, imdb_id: str, before: TitleState | None, after: TitleState) -> None:
    """Change one title, or add it when there is none before."""
    if before is None:
        add_titles(tx, [NewTitle(imdb_id, after, tx.wall_time)])
    else:
        change_titles(tx, [ChangedTitle(imdb_id, before, after)])


def remove_titles(tx: LibraryWrite, imdb_ids: Sequence[str]) -> None:
    """Remove titles, with all that hangs on them."""
    for keys in in_chunks(imdb_ids):
        tx.touch_all("person", tx.execute(_VOTERS, of_keys=keys).scalars())  # their movie_count
        tx.execute(_REMOVE, of_keys=keys)
    tx.deleted_many("movie", imdb_ids)


class _Said:
    """What is said of titles, gathered so that each kind of row takes one statement."""

    def __init__(self, tx: LibraryWrite) -> None:
        self._tx = tx
        self._changes: defaultdict[Executable, list[dict[str, Any]]] = defaultdict(list)
        self._watches: list[tuple[Any, ...]] = []
        self._viewings: list[tuple[Any, ...]] = []
        self._votes: list[tuple[Any, ...]] = []
        self._voters: dict[int, None] = {}
        self._tags: list[tuple[str, str, str]] = []

    def change(self, statement: Executable, imdb_id: str, **values: Any) -> None:
        """Have a statement about a title run with these values."""
        self._changes[statement].append({"of_movie": imdb_id, **values})

    def take(self, imdb_id: str, before: TitleState, after: TitleState) -> list[str]:
        """Gather how marks, viewings, rating and votes differ; returns the fields that the change clock notes."""
        fields = ["liked"] if bool(before.liked) != bool(after.liked) else []
        if before.tags != after.tags:
            fields += self._take_tags(imdb_id, before.tags, after.tags)
        if before.seen != after.seen:
            fields += self._take_seen(imdb_id, before.seen or NOT_SEEN, after.seen or NOT_SEEN)
        for person_id, vote in after.votes.items():
            known = before.votes.get(person_id)
            if vote == known:
                continue
            fields += _fields_of(person_id, known, vote)
            if known is None:
                self._votes.append((self._tx.new_id(), imdb_id, person_id, *vote, _searched(vote.note)))
                self._voters[person_id] = None
            else:
                self.change(_SET_VOTE, imdb_id, of_person=person_id, **_to(vote), to_search_text=_searched(vote.note))
        if before.votes:  # a check that saves a set for each title of an import
            for person_id in before.votes.keys() - after.votes.keys():
                fields += _fields_of(person_id, before.votes[person_id], None)
                self.change(_WITHDRAW, imdb_id, of_person=person_id)
                self._voters[person_id] = None
        return fields

    def _take_tags(self, imdb_id: str, before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
        changed = [folded for folded, tag in after.items() if before.get(folded) != tag]
        for folded in changed:
            if folded in before:
                self.change(_SPELL_TAG, imdb_id, of_tag=folded, to_tag=after[folded])
            else:
                self._tags.append((imdb_id, folded, after[folded]))
        removed = [folded for folded in before if folded not in after]
        for folded in removed:
            self.change(_REMOVE_TAG, imdb_id, of_tag=folded)
        return [tag_field(folded) for folded in (*changed, *removed)]

    def _take_seen(self, imdb_id: str, before: Seen, after: Seen) -> list[str]:
        fields = [] if before.my_rating == after.my_rating else ["rating"]
        for viewing_id, viewing in after.viewings.items():
            known = before.viewings.get(viewing_id)
            if known is None:
                fields.append(viewing_field(viewing_id))
                self._viewings.append((imdb_id, viewing_id, *viewing, moment_of(viewing), _searched(viewing.note)))
            elif viewing != known:
                fields += [viewing_field(viewing_id, name) for name in differing_fields(known, viewing)]
                more = {"to_moment": moment_of(viewing), "to_search_text": _searched(viewing.note)}
                self.change(_SET_VIEWING, imdb_id, of_viewing=viewing_id, **_to(viewing), **more)
        for viewing_id in before.viewings.keys() - after.viewings.keys():
            fields.append(viewing_field(viewing_id))
            self.change(_REMOVE_VIEWING, imdb_id, of_viewing=viewing_id)
        self._take_watch_record(imdb_id, watch_record_of(before), watch_record_of(after))
        return fields

    def _take_watch_record(self, imdb_id: str, before: Watch, after: Watch) -> None:
        if before == after:
            return
        if after == NOT_WATCHED:
            self.change(_UNWATCH, imdb_id)
        elif before == NOT_WATCHED:
            self._watches.append((imdb_id, *after))
        else:
            self.change(_SET_WATCH, imdb_id, **_to(after))

    def write(self) -> None:
        """Write what was gathered; the titles are there by now."""
        for statement, rows in self._changes.items():
            self._tx.execute_many(statement, rows)
        # The checks save a tenth of the time of a queued action, of which most change one row.
        if self._watches:  # a server of the previous version may have made some, without a viewing
            watched = ("imdb_id", *Watch._fields)
            self._tx.upsert(WATCHED, [dict(zip(watched, row, strict=True)) for row in self._watches])
        if self._viewings:
            self._tx.insert_rows(VIEWINGS, ("imdb_id", "id", *_VIEWING_COLUMNS), self._viewings)
        if self._votes:
            self._tx.insert_rows(VOTES, ("id", "imdb_id", "person_id", *_VOTE_COLUMNS), self._votes)
        if self._tags:
            self._tx.insert_rows(TAGS, ("imdb_id", "folded", "tag"), self._tags)
        self._tx.touch_all("person", self._voters)  # their movie_count


def _fields_of(person_id: int, before: Vote | None, after: Vote | None) -> Iterator[str]:
    """The fields that a change of a person's vote is noted under; making and removing one is a change of both."""
    of_vote, of_note = vote_fields(person_id)
    if before is None or after is None or before[:2] != after[:2]:
        yield of_vote
    if before is None or after is None or before.note != after.note:
        yield of_note


def differing_fields(before: Viewing, after: Viewing) -> list[str]:
    """The names of the fields in which two viewings differ."""
    return [name for name, old, new in zip(Viewing._fields, before, after, strict=True) if old != new]


def _searched(note: str | None) -> str | None:
    """What is stored of a note to be searched."""
    return search_text([note]) if note else None


def _to(values: Status | Watch | Viewing | Vote) -> dict[str, Any]:
    """The parameters of an UPDATE to these values."""
    return dict(zip(_TO[type(values)], values, strict=True))
