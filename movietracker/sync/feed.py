"""The change feed: what changed in a library after a number, in the order of the numbers, whole or in pages.

The head is read first, then the rows up to it, in one snapshot. A record that changes while a client pages gets a later
number and comes again; none is missed. The cost is in proportion to the changes, not to the library: each kind is read
by its index on (user_id, seq).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import BindParameter, Integer, bindparam, select, union_all

from ..models import CustomList, Movie, Person, Tombstone
from ..prepared import Prepared
from ..services import lists, movies, people
from ..services.change_clock import Head, LibraryRead
from ..services.movie_statements import MovieFilter

TOMBSTONES = Tombstone.__table__

_AFTER: BindParameter[int] = bindparam("after")
_UP_TO: BindParameter[int] = bindparam("up_to")
_BASE: BindParameter[int] = bindparam("base")


@dataclass(slots=True)
class Changes:
    """What changed after ``after``, up to ``reached``: records ready to be dumped, and the keys of what was deleted.

    ``reached`` is the number up to which nothing is missing; ``has_more`` says whether ``head`` is beyond it.
    """

    head: Head
    reached: int
    has_more: bool
    movies: list[dict[str, Any]] = field(default_factory=list)
    people: list[dict[str, Any]] = field(default_factory=list)
    lists: list[dict[str, Any]] = field(default_factory=list)
    deleted_movies: list[str] = field(default_factory=list)
    deleted_people: list[int] = field(default_factory=list)
    deleted_lists: list[str] = field(default_factory=list)


_MOVIES, _PEOPLE, _LISTS = Movie.__table__, Person.__table__, CustomList.__table__


def _numbers(table: Any) -> Any:
    in_range = (table.c.seq > _AFTER, table.c.seq <= _UP_TO)
    return select(table.c.seq).where(table.c.user_id == bindparam("of_user"), *in_range)


_TOMBSTONE_NUMBERS = _numbers(TOMBSTONES).where(TOMBSTONES.c.seq > _BASE)
_ALL_NUMBERS = union_all(*map(_numbers, (_MOVIES, _PEOPLE, _LISTS)), _TOMBSTONE_NUMBERS).order_by("seq")
_FIRST_NUMBERS = Prepared(_ALL_NUMBERS.limit(bindparam("most", type_=Integer)))
_TOMBSTONES = Prepared(_TOMBSTONE_NUMBERS.add_columns(TOMBSTONES.c.kind, TOMBSTONES.c.key).order_by(TOMBSTONES.c.seq))


def read_changes(read: LibraryRead, after: int, *, base: int = 0, limit: int | None = None) -> Changes:
    """What changed after this number; the first ``limit`` changes of it.

    ``base``: a client whose first pull began at that head had no records deleted before it, so their tombstones are
    left out.
    """
    head = read.head()
    reached, has_more = head.seq, False
    if limit is not None and after < head.seq:
        between = {"after": after, "up_to": head.seq, "base": base}
        numbers = read.execute(_FIRST_NUMBERS, most=limit + 1, **between).scalars()
        has_more = len(numbers) > limit
        reached = numbers[limit - 1] if has_more else head.seq
    changes = Changes(head, reached, has_more)
    if after < reached:
        _fill(read, changes, after, base)
    return changes


def read_everything(read: LibraryRead) -> Changes:
    """The whole library."""
    head = read.head()
    changes = Changes(head, head.seq, has_more=False)
    changes.movies = movies.list_movies(read, MovieFilter(), with_rev=True).movies
    changes.people = people.list_people(read, with_rev=True)
    changes.lists = lists.list_lists(read, with_rev=True)
    return changes


def _fill(read: LibraryRead, changes: Changes, after: int, base: int) -> None:
    between = (after, changes.reached)
    changes.movies = movies.list_movies(read, MovieFilter(changed=between), with_rev=True).movies
    changes.people = people.list_people(read, with_rev=True, changed=between)
    changes.lists = lists.list_lists(read, with_rev=True, changed=between)
    deleted: dict[str, list[str]] = {"movie": [], "person": [], "list": []}
    for row in read.execute(_TOMBSTONES, after=after, up_to=changes.reached, base=base):
        deleted[row.kind].append(row.key)
    changes.deleted_movies = deleted["movie"]
    changes.deleted_people = [int(key) for key in deleted["person"]]
    changes.deleted_lists = deleted["list"]
