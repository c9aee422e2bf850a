"""What changed in a library, in a few words: which records, not what they hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, String, and_, bindparam, cast, false, func, literal, select, true, union_all

from ..events import Change
from ..models import CustomList, Movie, MovieStatus, Person, Tombstone
from ..services.change_clock import Head, LibraryRead
from . import cursor as cursors


@dataclass(frozen=True, slots=True)
class News:
    """The head of a library, a cursor that stands there, and what changed after the number that was asked for."""

    head: Head
    cursor: str
    changes: tuple[Change, ...]


def read_news(read: LibraryRead, after: int | None) -> News:
    """The changes after this number, in their order; None asks for the head alone.

    A movie whose status is deleted counts as deleted.
    """
    head = read.head()
    position = cursors.position_at(read, head.seq) or cursors.BEGINNING
    cursor = cursors.Cursor(read.user_id, head.seq, position).encode()
    if after is None or after >= head.seq:
        return News(head, cursor, ())
    rows = read.execute(_NEWS, after=after)
    return News(head, cursor, tuple(Change(row.kind, row.key, row.is_deleted, row.born_seq > after) for row in rows))


_MOVIES, _STATUS, _TOMBSTONES = Movie.__table__, MovieStatus.__table__, Tombstone.__table__
_PEOPLE, _LISTS = Person.__table__, CustomList.__table__


def _changed(table: Any, kind: Any, key: Any, born_seq: Any, is_deleted: ColumnElement[bool]) -> Any:
    return select(
        kind.label("kind"), key.label("key"), table.c.seq, born_seq.label("born_seq"), is_deleted.label("is_deleted")
    ).where(table.c.user_id == bindparam("of_user"), table.c.seq > bindparam("after"))


_STATUS_OF_MOVIE = and_(_STATUS.c.user_id == _MOVIES.c.user_id, _STATUS.c.imdb_id == _MOVIES.c.imdb_id)
_IS_HIDDEN = func.coalesce(_STATUS.c.status, "") == "deleted"

_NEWS = union_all(
    _changed(_MOVIES, literal("movie"), _MOVIES.c.imdb_id, _MOVIES.c.born_seq, _IS_HIDDEN).outerjoin_from(
        _MOVIES, _STATUS, _STATUS_OF_MOVIE
    ),
    _changed(_PEOPLE, literal("person"), cast(_PEOPLE.c.id, String), _PEOPLE.c.born_seq, false()),
    _changed(_LISTS, literal("list"), _LISTS.c.id, _LISTS.c.born_seq, false()),
    _changed(_TOMBSTONES, _TOMBSTONES.c.kind, _TOMBSTONES.c.key, literal(0), true()),
).order_by("seq")
